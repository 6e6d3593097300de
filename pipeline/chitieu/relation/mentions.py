"""Mentions: the labelled spans of an article as the relation model sees them, with their place, wording and reading."""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
from spacy.tokens import Doc

from chitieu.article import Span
from chitieu.labels import Label
from chitieu.period import Period, find_periods, resolve_periods
from chitieu.quantity import Quantity, find_quantities, read_quantity
from chitieu.relation.organisations import find_organisations
from chitieu.relation.words import capitals, norms, offsets, text_of

Ints = npt.NDArray[np.int64]

_MONEY = 10**9


@dataclass(frozen=True, slots=True)
class Mention:
    """A span, its tokens (`first` inclusive, `last` exclusive) and the quantity or period that it reads as.

    `marked` tells a span of the tagger's, or the annotator's, from one that was found beside them.
    """

    span: Span
    first: int
    last: int
    text: str
    quantity: Quantity | None = None
    period: Period | None = None
    marked: bool = True

    @property
    def offsets(self) -> tuple[int, int]:
        """Start and end in code points."""
        return self.span.start, self.span.end


@dataclass(frozen=True, slots=True)
class Mentions:
    """The mentions of one doc by label, each list in text order; and what was read of the doc to find them.

    Attributes:
        values, orgs, years: the mentions.
        text: the doc's.
        words: the norm of each token.
        capitals: how each token is written, as `chitieu.relation.words.capitals` tells it.
        offsets: start and end of each token in code points, shape (tokens, 2).
    """

    values: tuple[Mention, ...]
    orgs: tuple[Mention, ...]
    years: tuple[Mention, ...]
    text: str
    words: list[str]
    capitals: list[int]
    offsets: Ints


def find_mentions(
    doc: Doc,
    spans: Sequence[Span],
    published: date | None = None,
    title: str | None = None,
    *,
    text: str | None = None,
) -> Mentions:
    """Read the spans of a doc as mentions.

    Time expressions that the grammar of periods finds, and organisations that their writing gives away, are added where
    no span covers them: a tagger trained on articles where only some are marked misses others, and which one governs is
    the relation model's to say. So are figures that read as quantities and stand in no time expression: whether they
    are a fact's is the relation model's to say, too. A VALUE that reads as no quantity is left out, since nothing could
    be written in its row.

    Args:
        doc: the tokenised article.
        spans: labelled, non-overlapping, in text order, aligned with the doc's tokens.
        published: publication date, for relative time expressions.
        title: headline, where it stands apart from the text.
        text: the doc's, where it is at hand.
    """
    text = text_of(doc) if text is None else text
    words, written_as = norms(doc), capitals(doc)
    by_label: dict[Label, list[Span]] = {label: [] for label in Label}
    for span in spans:
        by_label[span.label].append(span)
    taken = sorted((span.start, span.end) for span in spans)
    years = _with_more(by_label[Label.YEAR], find_periods(text), taken, Label.YEAR)
    periods = resolve_periods(text, [(span.start, span.end) for span in years], published, title)
    place = offsets(doc)
    edges: list[list[int]] = place.tolist()
    starts = [start for start, _ in edges]
    written = ((edges[first][0], edges[last - 1][1]) for first, last in find_organisations(doc, words, written_as))
    orgs = _with_more(by_label[Label.ORG], written, taken, Label.ORG)

    given = set(taken)

    def mention(span: Span, quantity: Quantity | None = None, period: Period | None = None) -> Mention:
        first = max(bisect.bisect_right(starts, span.start) - 1, 0)
        last = max(bisect.bisect_left(starts, span.end), first + 1)
        marked = (span.start, span.end) in given
        return Mention(span, first, last, text[span.start : span.end], quantity, period, marked)

    dated = sorted({*taken, *((span.start, span.end) for span in years)})
    values = []
    for span in _with_more(by_label[Label.VALUE], find_quantities(text), dated, Label.VALUE):
        quantity = read_quantity(text[span.start : span.end])
        if quantity is not None:
            values.append(mention(span, quantity=quantity))
    return Mentions(
        values=tuple(values),
        orgs=tuple(map(mention, orgs)),
        years=tuple(mention(span, period=period) for span, period in zip(years, periods, strict=True)),
        text=text,
        words=words,
        capitals=written_as,
        offsets=place,
    )


def unit_meant(quantity: Quantity | None) -> str | None:
    """The canonical unit; `321 tỷ`, which names none, is money, for nothing else is counted in thousand millions."""
    if quantity is None:
        return None
    if quantity.canonical_unit is None and quantity.value >= _MONEY:
        return "đồng"
    return quantity.canonical_unit


def said(mention: Mention) -> object:
    """What a mention says, so that mentions that say the same count as one answer: a period, a name, or itself."""
    if mention.span.label is Label.YEAR and mention.period is not None:
        return mention.period
    if mention.span.label is Label.ORG:
        return " ".join(mention.text.lower().split())
    return mention.offsets


def _with_more(
    spans: list[Span], found: Iterable[tuple[int, int]], taken: list[tuple[int, int]], label: Label
) -> list[Span]:
    """Spans of one label, and what was found beside them that overlaps no span of any label (`taken`, sorted)."""
    starts = [start for start, _ in taken]
    more = list(spans)
    for start, end in found:
        at = bisect.bisect_left(starts, end)
        if at == 0 or taken[at - 1][1] <= start:
            more.append(Span(start, end, label))
    return sorted(more)
