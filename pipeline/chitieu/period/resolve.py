"""Dating every time expression of an article from the whole discourse."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from chitieu.period.expression import Anchor, Expression, read
from chitieu.period.folding import fold
from chitieu.period.timeline import DatedYear, Present, Tense, dated_years, infer_present
from chitieu.period.value import Period

_AFTER = re.compile(r"\s?,?\s?(?:của\s|trong\s)?(?:năm\s(?:(?:19|20)\d\d|nay|ngoái|trước|tới)|(?:năm\s)?[/-]\s?(?:19|20)\d\d)(?!\d)")
_COMPARED = re.compile(r"(?:\bso|so với|bằng|hơn)\s(?:với\s)?(?:\w+\s){0,2}?$")
_FOCUS_REACH = 600


def resolve_periods(
    text: str,
    mentions: Sequence[tuple[int, int]],
    published: date | None,
    title: str | None = None,
) -> list[Period | None]:
    """Resolve the time expressions of one article.

    Args:
        text: the article as stored.
        mentions: (start, end) of each expression in code points of `text`, in any order.
        published: its publication date.
        title: its headline, where that stands apart from the text.

    Returns:
        One period a mention, in the order given; None where the article doesn't tell.
    """
    folded = fold(text)
    years = dated_years(folded.text)
    if published is not None:
        present = Present(published.year, published.month, published.day, certain=True)
    else:
        present = infer_present(years, dated_years(fold(title).text) if title else ())
    discourse = _Discourse(folded.text, years, present)
    periods: list[Period | None] = [None] * len(mentions)
    for index in sorted(range(len(mentions)), key=lambda i: mentions[i]):
        start, end = mentions[index]
        periods[index] = discourse.resolve(folded.folded(start), folded.folded(end))
    return periods


class _Discourse:
    """What has been dated so far, while an article is read from its start."""

    def __init__(self, text: str, years: Sequence[DatedYear], present: Present) -> None:
        self.text = text
        self.years = years
        self.present = present
        self.cursor = 0
        self.last: Period | None = None

    def resolve(self, start: int, end: int) -> Period | None:
        mention = self.text[start:end].strip()
        expression = read(mention)
        if expression.anchor in {Anchor.CONTEXT, Anchor.DATE, Anchor.SAME} and not expression.years:
            more = _AFTER.match(self.text, end, end + 24)
            if more:
                expression = read(mention + more[0])
        period = self._date(expression, start)
        compared = expression.anchor is Anchor.SAME or bool(_COMPARED.search(self.text[max(0, start - 24) : start]))
        if period is not None and not compared:
            self.last = period
        return period

    def _date(self, expression: Expression, start: int) -> Period | None:
        anchor = expression.anchor
        if anchor is Anchor.EXPLICIT:
            return build(expression, expression.years[-1], self.present.year)
        if anchor is Anchor.SAME:
            governing = self.last or (Period.of_year(self.present.year) if self.present.year else None)
            return same_period(expression, governing) if governing else None
        year = self.present.year if anchor in {Anchor.PRESENT, Anchor.PAST, Anchor.NONE} else self._context_year(expression, start)
        if year is None:
            return None
        if expression.unit:
            return self._unit(expression, year)
        return build(expression, year + expression.offset, self.present.year)

    def _context_year(self, expression: Expression, start: int) -> int | None:
        """Return the year of the last explicit one that governs here, or the present one."""
        while self.cursor < len(self.years) and self.years[self.cursor].start < start:
            self.cursor += 1
        present = self.present.year
        for item in reversed(self.years[max(0, self.cursor - 6) : self.cursor]):
            if start - item.start > _FOCUS_REACH:
                break
            if item.tense is Tense.PAST and (present is None or item.year <= present):
                return item.year
        return self._not_ahead(expression, present)

    def _not_ahead(self, expression: Expression, year: int | None) -> int | None:
        """Take a month that the present hasn't reached as the year before's."""
        if year is not None and self.present.certain and expression.at > self.present.month and not expression.offset:
            return year - 1
        return year

    def _unit(self, expression: Expression, year: int) -> Period | None:
        size = expression.unit
        if size == 1 and self.last is not None and self.last.months == 1 and not expression.offset:
            return self.last
        if size == 3 and self.last is not None and self.last.months == 3 and not expression.offset:
            return self.last
        return Period.of_year(year)


def build(expression: Expression, year: int, present: int | None) -> Period:
    """Return the period of an expression whose year is known."""
    if expression.from_year and expression.years:
        first, last = min(expression.years), max(expression.years)
        if len(expression.years) == 1 and present is not None and present >= first:
            last = present
        return Period.of_years(first, last)
    if expression.span > 1:
        return Period.of_years(year - expression.span, year)
    if expression.span < 0:
        return Period.of_years(year, year - expression.span) if expression.span < -1 else Period.of_year(year + 1)
    if expression.months:
        return Period.of_months(year, *expression.months)
    return Period.of_year(year)


def same_period(expression: Expression, governing: Period) -> Period:
    """Return the period of a `cùng kỳ`-like expression, counted from the period it is compared with."""
    return governing.shift(years=-1)
