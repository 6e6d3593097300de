"""Facts as they are compared: gold and predicted in one form, numbers and words read out."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from chitieu.annotation.gold import AnnotatedArticle, AnnotatedSpan, GoldFact
from chitieu.errors import AnnotationError
from chitieu.facts.fact import Fact, Offsets
from chitieu.facts.readout import read_metric, read_quantities
from chitieu.labels import Label
from chitieu.quantity import Quantity


@dataclass(frozen=True, slots=True)
class Row:
    """One fact to compare.

    Attributes:
        span: offsets of the value.
        value: the number; None where the words could not be read as one. `value_high` is the upper end of a range.
        years: gold: the years that count as right, empty where none can be known; predicted: its year, or empty.
        optional: gold only: counts neither for nor against a system.
    """

    span: Offsets
    value: float | None
    value_high: float | None
    unit: str | None
    metric: str | None
    org: str | None
    years: tuple[int, ...]
    status: str
    kind: str
    bound: str
    optional: bool = False


def gold_rows(article: AnnotatedArticle) -> list[Row]:
    """The gold facts of an article, read out (guidelines §4), in the order of their values.

    A VALUE that can't be read stays, with `value` None: it is gold all the same, and a system can but miss it.
    """
    spans = article.spans_by_id()
    values = [(span.start, span.end) for span in article.spans if span.label is Label.VALUE]
    quantities = read_quantities(article.article.text, values)
    rows = [_gold_row(article, fact, spans, quantities) for fact in article.facts]
    return sorted(rows, key=lambda row: row.span)


def predicted_rows(facts: Iterable[Fact | Mapping[str, Any]]) -> list[Row]:
    """Predicted facts, in the order of their values; derived ones are left out, since the text does not state them.

    Args:
        facts: facts, or the JSON objects of fact-schema.md §2.

    Raises:
        AnnotationError: C206 an object is no fact.
    """
    objects = [fact.to_dict() if isinstance(fact, Fact) else fact for fact in facts]
    rows = [_predicted_row(fact) for fact in objects if not fact.get("derived")]
    return sorted(rows, key=lambda row: (row.span, repr(row)))  # by content, so that the order given does not matter


def _gold_row(
    article: AnnotatedArticle,
    fact: GoldFact,
    spans: Mapping[str, AnnotatedSpan],
    quantities: Mapping[Offsets, Quantity | None],
) -> Row:
    def surface(span_id: str) -> str:
        return unicodedata.normalize("NFC", article.surface(spans[span_id]))

    value = spans[fact.value]
    quantity = quantities[value.start, value.end]
    pieces = [(spans[piece].start, surface(piece)) for piece in fact.metric]
    metric: str | None = " ".join(words for _, words in sorted(pieces)) or None
    if quantity is not None:
        of = None if fact.of is None else spans[fact.of]
        of_quantity = None if of is None else quantities[of.start, of.end]
        of_read = (of.start, of_quantity) if of is not None and of_quantity is not None else None
        metric = read_metric((value.start, quantity), pieces, of_read, fact.kind)
    high = None if quantity is None else quantity.value_high
    return Row(
        span=(value.start, value.end),
        value=None if quantity is None else float(quantity.value),
        value_high=None if high is None else float(high),
        unit=None if quantity is None else quantity.unit,
        metric=metric,
        org=None if fact.org is None else surface(fact.org),
        years=fact.years,
        status=fact.status.value,
        kind=fact.kind.value,
        bound=fact.bound.value,
        optional=fact.optional,
    )


def _predicted_row(fact: Mapping[str, Any]) -> Row:
    try:
        start, end = fact["evidence"]["value"]
        year = fact.get("year")
        return Row(
            span=(int(start), int(end)),
            value=_number(fact.get("value")),
            value_high=_number(fact.get("value_high")),
            unit=_text(fact.get("unit")),
            metric=_text(fact.get("metric")),
            org=_text(fact.get("org")),
            years=() if year is None else (int(year),),
            status=str(fact.get("status")),
            kind=str(fact.get("kind")),
            bound=str(fact.get("bound") or "exact"),
        )
    except (KeyError, TypeError, ValueError) as error:
        reason = f"{type(error).__name__} {error}"
        raise AnnotationError(
            "C206", f"not a fact: {reason}", place=str(fact.get("article_id")), remedy="see fact-schema.md §2"
        ) from None


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _text(value: Any) -> str | None:
    if value is not None and not isinstance(value, str):
        raise TypeError(f"expected text, found {value!r}")
    return value
