"""Learning the weights of `present.json` from annotated articles; needed for training only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np

from chitieu.period.expression import Anchor, read
from chitieu.period.folding import fold
from chitieu.period.present import candidates, features, signs
from chitieu.period.timeline import dated_years

_NEWTON_STEPS = 12
Example = tuple[list[int], list[dict[str, float]], dict[int, float]]


def present_votes(article: Mapping[str, Any]) -> dict[int, float]:
    """Return how much the gold facts of an annotated article speak for each year as its present."""
    if article.get("published"):
        return {date.fromisoformat(article["published"]).year: 1.0}
    spans = {span["id"]: span for span in article["spans"]}
    votes: dict[int, float] = {}
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
            votes[year - offset] = votes.get(year - offset, 0.0) + weight / len(fact["years"])
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

    weights = np.zeros(len(names))
    for _ in range(_NEWTON_STEPS):  # the penalised likelihood is strictly concave: Newton's steps converge in a few
        gradient, curvature = -2 * strength * weights, 2 * strength * np.eye(len(names))
        for matrix, target in blocks:
            score = matrix @ weights
            chance = np.exp(score - score.max())
            chance /= chance.sum()
            gradient += matrix.T @ (target - chance)
            centred = matrix - chance @ matrix
            curvature += (centred * chance[:, None]).T @ centred
        weights += np.linalg.solve(curvature, gradient)
    return {name: round(float(w), 3) for name, w in zip(names, weights, strict=True) if abs(w) >= 0.005}
