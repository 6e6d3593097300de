"""From the links of an article to its facts: numbers, periods, bounds and metrics read out, each with its evidence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from chitieu.facts.fact import Evidence, Fact, Offsets
from chitieu.facts.readout import composed, read_metric, read_quantities
from chitieu.labels import Kind
from chitieu.period import Period, article_present, resolve_base, resolve_periods
from chitieu.quantity import Quantity, read_bound
from chitieu.relation.links import Links, Times

_BEFORE, _BEHIND = 48, 32  # characters beside a value that can bound it; the longest cue has under 30
_LONGEST_SENTENCE_PART = 1_000  # characters before or behind the value
_LONGEST_ABBREVIATION = 12  # characters, with the white space before a list item's number
_SENTENCE_END = re.compile(r"[.!?…][\"”’»)\]]*(?=\s)|\n")
# A stop behind these ends no sentence: an initial, a title, the number of a list item.
_ABBREVIATION = re.compile(r"(?:(?<!\w)(?:[A-ZĐ]|[Tt][Pp]|T[XTS]|ThS|P?GS|BS|KS)|(?:\A|\n)[ \t]*\d{1,3})\Z")


@dataclass(frozen=True, slots=True)
class Discourse:
    """What the facts of one article share: its words, and what its values and times read as."""

    text: str
    quantities: Mapping[Offsets, Quantity | None]
    times: Times


def assemble_facts(
    article_id: str,
    text: str,
    links: Sequence[Links],
    times: Times,
) -> list[Fact]:
    """Facts in the order of their values. A VALUE that reads as no quantity gives none.

    Args:
        article_id: for the facts' ids.
        text: as stored; all offsets count its code points.
        links: what belongs together.
        times: what the article's time expressions read as (`read_times`).
    """
    values = sorted({span for link in links for span in (link.value, link.of) if span})
    discourse = Discourse(text, read_quantities(text, values), times)
    facts = (_assemble(article_id, link, discourse) for link in sorted(links, key=lambda link: link.value))
    return [fact for fact in facts if fact is not None]


def read_times(text: str, spans: Iterable[Offsets], published: date | None = None, title: str | None = None) -> Times:
    """Read the time expressions of an article; all that are known should be given, since they date one another.

    Args:
        text: as stored.
        spans: offsets of the time expressions.
        published: publication date.
        title: headline, where it stands apart from the text.
    """
    mentions = sorted(set(spans))
    periods = dict(zip(mentions, resolve_periods(text, mentions, published, title), strict=True))
    return Times(periods, article_present(text, title, published).year)


def _assemble(article_id: str, link: Links, discourse: Discourse) -> Fact | None:
    text = discourse.text
    start, end = link.value
    quantity = discourse.quantities[link.value]
    if quantity is None:
        return None
    of = None if link.of is None else discourse.quantities[link.of]
    metric = read_metric(
        (start, quantity),
        [(piece[0], text[piece[0] : piece[1]]) for piece in link.metric],
        (link.of[0], of) if link.of and of else None,
        link.kind,
    )
    period = discourse.times.periods[link.year] if link.year else None
    if period is None and link.year is None and discourse.times.present is not None:
        period = Period.of_year(discourse.times.present)
    base = _base(link, period, discourse)
    left, right = sentence_around(text, start, end)
    return Fact(
        article_id=article_id,
        org=None if link.org is None else composed(text[link.org[0] : link.org[1]]),
        metric=metric,
        value=quantity.value,
        value_high=quantity.value_high,
        unit=quantity.unit,
        bound=read_bound(text[max(0, start - _BEFORE) : start], text[end : end + _BEHIND], quantity),
        year=None if period is None else period.year,
        period=None if period is None else str(period),
        base_year=base,
        status=link.status,
        kind=link.kind,
        dir=link.dir if link.kind in {Kind.CHANGE, Kind.COMPLETION} else None,
        confidence=None if link.confidence is None else round(link.confidence, 4),
        sentence=text[left:right],
        evidence=Evidence(link.value, link.metric, link.of, link.org, link.year, link.base, link.cue),
    )


def _base(link: Links, period: Period | None, discourse: Discourse) -> int | None:
    """The year that a change compares with."""
    if link.base is None:
        return None
    if period is not None:
        return resolve_base(period, discourse.text[link.base[0] : link.base[1]]).year
    base = discourse.times.periods[link.base]
    return None if base is None else base.year


def sentence_around(text: str, start: int, end: int) -> Offsets:
    """Offsets of the sentence that holds a span: up to a stop or a line break on both sides, white space left out."""
    left = window = max(0, start - _LONGEST_SENTENCE_PART)
    for match in _SENTENCE_END.finditer(text, window, start):
        if match.group() == "\n" or not _abbreviated(text, window, match.start()):
            left = match.end()
    right = min(len(text), end + _LONGEST_SENTENCE_PART)
    for match in _SENTENCE_END.finditer(text, end, right):
        if match.group() == "\n":
            right = match.start()
            break
        if not _abbreviated(text, end, match.start()) or text[match.end() : match.end() + 1] == "\n":
            right = match.end()
            break
    while left < start and text[left].isspace():
        left += 1
    while right > end and text[right - 1].isspace():
        right -= 1
    return left, right


def _abbreviated(text: str, start: int, stop: int) -> bool:
    """Whether what stands before a stop, no further back than `start`, is an abbreviation."""
    return _ABBREVIATION.search(text, max(start, stop - _LONGEST_ABBREVIATION), stop) is not None
