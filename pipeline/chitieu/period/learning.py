"""Learning the weights of `present.json` from annotated articles; needed for training only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
from scipy.optimize import minimize

from chitieu.period.expression import Anchor, read
from chitieu.period.folding import fold
from chitieu.period.present import candidates, features, signs
from chitieu.period.timeline import dated_years

Example = tuple[list[int], list[dict[str, float]], dict[int, float]]


def present_votes(article: Mapping[str, Any]) -> dict[int, float]:
    """Return how much the gold facts of an annotated article speak for each year as its present."""
    if article.get("published"):
        return {date.fromisoformat(article["published"]).year: 1.0}
    spans = {span["id"]: span for span in article["spans"]}
    votes: Counter[int] = Counter()
    for fact in article["facts"]:
        if fact["optional"] or not fact["years"]:
            continue
        offset, weight = 0, 1.0
        if fact["year"]:
            span = spans[fact["year"]]
            expression = read(fold(article["text"][span["start"] : span["end"]]).text)
            if expression.span or expression.anchor in {Anchor.EXPLICIT, Anchor.SAME, Anchor.PAST, Anchor.NONE}:
                continue
            offset = expression.offset
            weight = 1.0 if expression.anchor is Anchor.PRESENT else 0.3
        for year in fact["years"]:
            votes[year - offset] += weight / len(fact["years"])
    total = sum(votes.values())
    return {year: n / total for year, n in votes.items()}


def example(article: Mapping[str, Any]) -> Example | None:
    """Return candidates, their features and the votes for them; None where the article teaches nothing."""
    votes = present_votes(article)
    text = fold(article["text"]).text
    years, title = dated_years(text), dated_years(fold(article["title"] or "").text)
    choices = candidates([*years, *title])
    if not set(votes) & set(choices) or len(choices) < 2:
        return None
    season = signs(text)
    return choices, [features(year, years, title, season) for year in choices], votes


def learn_present(examples: Sequence[Example], strength: float = 2.0) -> dict[str, float]:
    """Fit the conditional logit.

    Args:
        examples: what `example` returns.
        strength: L2 penalty on the squared weights.

    Returns:
        A weight for each feature.
    """
    names = sorted({name for _, rows, _ in examples for row in rows for name in row})
    column = {name: i for i, name in enumerate(names)}
    blocks = []
    for choices, rows, votes in examples:
        matrix = np.zeros((len(rows), len(names)))
        for i, row in enumerate(rows):
            for name, value in row.items():
                matrix[i, column[name]] = value
        target = np.array([votes.get(year, 0.0) for year in choices])
        blocks.append((matrix, target / target.sum()))

    def loss(weights: np.ndarray[Any, Any]) -> tuple[float, np.ndarray[Any, Any]]:
        value, gradient = strength * float(weights @ weights), 2 * strength * weights
        for matrix, target in blocks:
            score = matrix @ weights
            score -= score.max()
            chance = np.exp(score)
            total = chance.sum()
            chance /= total
            value -= float(target @ (score - np.log(total)))
            gradient = gradient - matrix.T @ (target - chance)
        return value, gradient

    best = minimize(loss, np.zeros(len(names)), jac=True, method="L-BFGS-B", options={"maxiter": 300})
    return {name: round(float(w), 3) for name, w in zip(names, best.x, strict=True) if abs(w) >= 0.005}
