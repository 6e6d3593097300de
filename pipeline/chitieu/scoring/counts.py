"""Counts, and the precision, recall and F1 that they give."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chitieu.annotation.gold import AnnotatedArticle
from chitieu.facts.fact import Fact
from chitieu.scoring.match import FIELDS, match_facts
from chitieu.scoring.rows import Row, gold_rows, predicted_rows


@dataclass(frozen=True, slots=True)
class Count:
    """How many were right, of how many predicted and how many gold; an accuracy has both the same."""

    correct: int = 0
    predicted: int = 0
    gold: int = 0

    def __add__(self, other: Count) -> Count:
        return Count(self.correct + other.correct, self.predicted + other.predicted, self.gold + other.gold)

    @property
    def precision(self) -> float:
        """Share of the predicted that is right; 0 where nothing was predicted."""
        return self.correct / self.predicted if self.predicted else 0.0

    @property
    def recall(self) -> float:
        """Share of the gold that was found; 0 where there is none."""
        return self.correct / self.gold if self.gold else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall; 0 where both are."""
        total = self.predicted + self.gold
        return 2 * self.correct / total if total else 0.0


@dataclass(frozen=True, slots=True)
class Measure:
    """One line of a score sheet, counted article by article so that articles can be resampled.

    Attributes:
        section: what is scored: `facts`, `fields over matched values`, `spans, exact` …
        name: the line in it.
        counts: one for each article, always in the order of the gold articles.
        is_accuracy: predicted and gold are the same number: one share instead of precision and recall.
        note: what a reader must know to read it rightly.
    """

    section: str
    name: str
    counts: tuple[Count, ...]
    is_accuracy: bool = False
    note: str | None = None

    @property
    def total(self) -> Count:
        """Over all articles."""
        return sum(self.counts, Count())


FACT_LINES = ("value found", "value and unit", "core", "full")


def count_facts(predicted: Sequence[Row], gold: Sequence[Row]) -> dict[str, Count]:
    """The counts of one article: `value found`, `value and unit`, `core`, `full`, and each field over matched values.

    Optional gold facts are left out, and so are the predictions that match one.
    """
    matches = match_facts(predicted, gold)
    on_optional = [match for match in matches if gold[match.gold].optional]
    counted = [match.agreement for match in matches if not gold[match.gold].optional]
    n_predicted = len(predicted) - len(on_optional)
    n_gold = sum(not row.optional for row in gold)
    right = {
        "value found": len(counted),
        "value and unit": sum(agreement.value for agreement in counted),
        "core": sum(agreement.core for agreement in counted),
        "full": sum(agreement.full for agreement in counted),
    }
    counts = {name: Count(right[name], n_predicted, n_gold) for name in FACT_LINES}
    for field in FIELDS:
        agreeing = sum(getattr(agreement, field) for agreement in counted)
        counts[field] = Count(agreeing, len(counted), len(counted))
    return counts


def fact_measures(
    gold: Sequence[AnnotatedArticle], predicted: Mapping[str, Iterable[Fact | Mapping[str, Any]]]
) -> list[Measure]:
    """Score predicted facts against gold articles (guidelines §7).

    Args:
        gold: the articles; each counts, whether anything was predicted for it or not.
        predicted: facts by article id; an article that is missing has none.

    Raises:
        AnnotationError: C206 something predicted is no fact; C207 facts were predicted for articles that are not gold.
    """
    require_known(gold, predicted)
    per_article = [count_facts(predicted_rows(predicted.get(article.id, ())), gold_rows(article)) for article in gold]
    facts = [Measure("facts", name, tuple(counts[name] for counts in per_article)) for name in FACT_LINES]
    fields = [
        Measure("fields over matched values", name, tuple(counts[name] for counts in per_article), is_accuracy=True)
        for name in FIELDS
    ]
    return facts + fields


def require_known(gold: Sequence[AnnotatedArticle], predicted: Mapping[str, object]) -> None:
    """Predictions for an article that is not gold would go uncounted: say so.

    Raises:
        AnnotationError: C207.
    """
    from chitieu.errors import AnnotationError

    unknown = sorted(set(predicted) - {article.id for article in gold})
    if unknown:
        shown = ", ".join(unknown[:5])
        raise AnnotationError(
            "C207",
            f"predictions for {len(unknown)} articles that are not among the gold: {shown}",
            remedy="score what was tagged",
        )
