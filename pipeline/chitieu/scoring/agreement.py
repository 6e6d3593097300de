"""How far two annotations of the same articles agree: facts, their fields, and spans, one against the other.

Neither is gold. F1 is the same whichever comes first; precision and recall change places. For that, two rules of the
score against gold are made even-handed: a year agrees if the two share an acceptable one (or neither can know it), and
a fact that either marks as optional is left out on both sides.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from chitieu.annotation.gold import AnnotatedArticle
from chitieu.article import Span
from chitieu.errors import AnnotationError
from chitieu.scoring.bootstrap import DRAWS
from chitieu.scoring.counts import FACT_LINES, Count, Measure
from chitieu.scoring.errors import Disagreement
from chitieu.scoring.match import FIELDS, Agreement, agree
from chitieu.scoring.pairing import pair_overlapping
from chitieu.scoring.report import Report, make_report
from chitieu.scoring.rows import Row, gold_rows
from chitieu.scoring.spans import span_measures

SYSTEM = "A/B"


@dataclass(frozen=True, slots=True)
class AgreementReport:
    """Scores of two annotations of the same articles, and where they part.

    Attributes:
        report: counts of A against B over the articles that both have.
        disagreements: facts of one alone (`predicted` is A's, `gold` is B's), and pairs with fields that differ.
        optional: facts left out because one of the two marks them as optional, by annotation.
        only_a: ids of articles that B lacks; they count nowhere. `only_b` likewise.
    """

    report: Report
    disagreements: tuple[Disagreement, ...]
    optional: tuple[int, int]
    only_a: tuple[str, ...]
    only_b: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """As JSON: the scores, and every disagreement with both readings."""
        return {
            **self.report.to_dict(),
            "left out as optional": {"A": self.optional[0], "B": self.optional[1]},
            "articles only in A": list(self.only_a),
            "articles only in B": list(self.only_b),
            "disagreements": [
                {
                    "article_id": d.article_id,
                    "wrong": list(d.wrong),
                    "A": _row_dict(d.predicted),
                    "B": _row_dict(d.gold),
                }
                for d in self.disagreements
            ],
        }


def agreement(
    first: Iterable[AnnotatedArticle], second: Iterable[AnnotatedArticle], draws: int = DRAWS
) -> AgreementReport:
    """Hold one annotation (A) against another (B) of the same articles.

    Args:
        first: A.
        second: B.
        draws: resamples of the bootstrap over articles.

    Raises:
        AnnotationError: C204 an article stands twice in one of them; C209 no article is in both, or one has another
            text in A than in B.
    """
    a, b = _by_id(first), _by_id(second)
    shared = [article_id for article_id in b if article_id in a]
    if not shared:
        raise AnnotationError("C209", "no article is in both annotations", remedy="articles are told by their id")
    for article_id in shared:
        if a[article_id].article.text != b[article_id].article.text:
            raise AnnotationError("C209", "the two annotations are of different texts", place=article_id)
    compared = [compare(a[article_id], b[article_id]) for article_id in shared]
    spans: Mapping[str, list[Span]] = {
        article_id: [Span(span.start, span.end, span.label) for span in a[article_id].spans] for article_id in shared
    }
    measures = [Measure("facts", name, tuple(counts[name] for counts, _, _ in compared)) for name in FACT_LINES]
    measures += [
        Measure("fields over paired values", name, tuple(counts[name] for counts, _, _ in compared), is_accuracy=True)
        for name in FIELDS
    ]
    measures += span_measures([b[article_id] for article_id in shared], spans)
    return AgreementReport(
        report=make_report("agreement", {SYSTEM: measures}, draws),
        disagreements=tuple(item for _, items, _ in compared for item in items),
        optional=(sum(left[0] for *_, left in compared), sum(left[1] for *_, left in compared)),
        only_a=tuple(sorted(set(a) - set(b))),
        only_b=tuple(sorted(set(b) - set(a))),
    )


def _by_id(articles: Iterable[AnnotatedArticle]) -> dict[str, AnnotatedArticle]:
    found: dict[str, AnnotatedArticle] = {}
    for article in articles:
        if article.id in found:
            raise AnnotationError(
                "C204", f"article id {article.id!r} stands twice in one annotation", remedy="drop one"
            )
        found[article.id] = article
    return found


def compare(
    first: AnnotatedArticle, second: AnnotatedArticle
) -> tuple[dict[str, Count], list[Disagreement], tuple[int, int]]:
    """One article's counts, its disagreements in text order, and how many optional facts each side left out."""
    a, b = gold_rows(first), gold_rows(second)
    pairs = pair_overlapping([row.span for row in a], [row.span for row in b])
    partner_a, partner_b = dict(pairs), {j: i for i, j in pairs}
    left_a = {i for i, row in enumerate(a) if row.optional or (i in partner_a and b[partner_a[i]].optional)}
    left_b = {j for j, row in enumerate(b) if row.optional or (j in partner_b and a[partner_b[j]].optional)}
    agreed = [(i, j, agree_evenly(a[i], b[j])) for i, j in pairs if i not in left_a]
    n_a, n_b = len(a) - len(left_a), len(b) - len(left_b)
    right = {
        "value found": len(agreed),
        "value and unit": sum(fields.value for *_, fields in agreed),
        "core": sum(fields.core for *_, fields in agreed),
        "full": sum(fields.full for *_, fields in agreed),
    }
    counts = {name: Count(right[name], n_a, n_b) for name in FACT_LINES}
    for name in FIELDS:
        counts[name] = Count(sum(getattr(fields, name) for *_, fields in agreed), len(agreed), len(agreed))
    items = [Disagreement(first.id, b[j], a[i], fields.wrong()) for i, j, fields in agreed if fields.wrong()]
    items += [Disagreement(first.id, None, row) for i, row in enumerate(a) if i not in partner_a and i not in left_a]
    items += [Disagreement(first.id, row, None) for j, row in enumerate(b) if j not in partner_b and j not in left_b]
    return counts, sorted(items, key=_position), (len(left_a), len(left_b))


def agree_evenly(a: Row, b: Row) -> Agreement:
    """Which fields of two annotated facts agree; the same whichever comes first."""
    years = bool(set(a.years) & set(b.years)) or not (a.years or b.years)
    return replace(agree(a, b), year=years)


def describe(item: Disagreement, text: str) -> str:
    """A disagreement in a line: article, line and words of the value, and both readings where they differ."""
    row = item.predicted or item.gold
    if row is None:
        return item.article_id
    start, end = row.span
    where = f"{item.article_id}, text line {text.count(chr(10), 0, start) + 1}: {text[start:end]!r}"
    if item.predicted is None or item.gold is None:
        return f"{where}: a fact in {'B' if item.predicted is None else 'A'} only"
    return f"{where}: " + "; ".join(
        f"{name} {_reading(item.predicted, name)} / {_reading(item.gold, name)}" for name in item.wrong
    )


def _reading(row: Row, name: str) -> str:
    if name == "value":
        number = "unreadable" if row.value is None else f"{row.value:,.10g}"
        high = "" if row.value_high is None else f"–{row.value_high:,.10g}"
        return f"{number}{high} {row.unit or ''}".strip()
    value = row.years if name == "year" else getattr(row, name)
    return ",".join(map(str, value)) or "none" if isinstance(value, tuple) else repr(value) if value else "none"


def _row_dict(row: Row | None) -> dict[str, Any] | None:
    if row is None:
        return None
    names = ("value", "value_high", "unit", "metric", "org", "status", "kind", "bound")
    return {"span": list(row.span), **{name: getattr(row, name) for name in names}, "years": list(row.years)}


def _position(item: Disagreement) -> tuple[int, int]:
    row = item.predicted or item.gold
    return row.span if row else (0, 0)
