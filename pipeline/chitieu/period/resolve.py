"""Dating every time expression of an article from the whole discourse."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from chitieu.period.expression import Anchor, Expression, is_just_past, read, term_is_ahead
from chitieu.period.folding import fold
from chitieu.period.heading import is_plan, ruling_line
from chitieu.period.present import Present, infer_present
from chitieu.period.season import aimed_after, aimed_before, past_year, whole_year
from chitieu.period.timeline import DatedYear, Tense, dated_years
from chitieu.period.value import Period, PeriodError

_AFTER = re.compile(
    r"\s?,?\s?(?:của\s|trong\s)?(?:năm\s(?:(?:19|20)\d\d|nay|ngoái|trước|tới)|(?:năm\s)?[/-]\s?(?:19|20)\d\d)(?!\d)"
)
_COMPARED = re.compile(r"(?:\bso|so với|bằng|hơn)\s(?:với\s)?(?:\w+\s){0,2}?$")
_PLANNED = re.compile(r"(?:\bsẽ\b|dự kiến|kế hoạch|phấn đấu|mục tiêu|sắp)[^.;\n]*$")
_STOP = re.compile(r"[.;\n](?!\d)")
_AT_ONCE = re.compile(r"cùng\s(?:thời gian|thời điểm|giai đoạn)(?:\s(?:này|đó))?")
_CONTRAST = re.compile(r"trong kh[iì](?:\sđó)?,?\s[^.,;()\n]{0,40}$")
_PAIR_WIDTH = 16  # characters from the first digit of one year to that of the next, `2016 đến năm 2020` at most
# A month further ahead than this is the year before's. 0 costs 7 of the 73 bare dates of the dated training articles;
# 1 to 8 do equally well there, so 3 is a middle that keeps `tháng 12` in January and `tháng 6` in April right.
_MONTHS_AHEAD = 3


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
        present = infer_present(folded.text, years, dated_years(fold(title).text) if title else ())
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
        self.focus: int | None = None
        self.focus_at = 0
        self.last: Period | None = None
        self.term: Period | None = None
        self.month: Period | None = None

    def resolve(self, start: int, end: int) -> Period | None:
        mention = self.text[start:end].strip()
        expression = read(mention)
        if expression.anchor in {Anchor.CONTEXT, Anchor.DATE, Anchor.SAME} and not expression.years:
            more = _AFTER.match(self.text, end, end + 24)
            if more:
                expression = read(mention + more[0])
        try:
            period = self._date(expression, mention, start)
        except PeriodError:  # a stretch that leaves the calendar: `50 năm tới` in an article dated 9999
            return None
        compared = expression.anchor is Anchor.SAME or bool(_COMPARED.search(self.text[max(0, start - 24) : start]))
        if expression.at and period is not None and not compared:
            self.month = Period.of_months(period.year, expression.at, expression.at)
        if period is not None and period.months > 12:
            self.term = period
        elif period is not None and not compared:
            self.last = period
        return period

    def _date(self, expression: Expression, mention: str, start: int) -> Period | None:
        anchor, present = expression.anchor, self.present.year
        self._advance(start)
        if anchor is Anchor.EXPLICIT:
            return build(expression, expression.years[-1], present)
        if anchor is Anchor.SAME:
            governing = self.last or (Period.of_year(present) if present else None)
            if governing and _AT_ONCE.fullmatch(mention) and not _COMPARED.search(self.text, max(0, start - 24), start):
                return governing
            return resolve_base(governing, expression) if governing else None
        if expression.unit:
            return self._unit(expression, is_just_past(mention))
        if expression.later and (told := self.focus) and told + expression.later <= (present or 0):
            return Period.of_year(told + expression.later)
        if expression.event and (told := self._event_year(expression.event)):
            return Period.of_year(told)
        year = self._year(expression, start, start + len(mention))
        if year is None or present is None:
            return None
        if expression.edge and (term := self.term) is not None:
            return Period.of_year(term.start[0] if expression.edge < 0 else term.year)
        if expression.term and (term := self.term) is not None:
            if term_is_ahead(mention):
                return _term_after(term) if term.year <= present else term
            return _term_before(term) if is_just_past(mention) and term.year > present else term
        return build(expression, year + expression.offset, present)

    def _year(self, expression: Expression, start: int, end: int) -> int | None:
        """Return the year that an expression without one is counted from."""
        anchor, present = expression.anchor, self.present.year
        if expression.cycle >= 0:
            return _cycle_year(expression.cycle, present)
        if anchor is Anchor.PAST:
            return past_year(self.present, self.focus)
        if anchor is Anchor.CONTEXT and not expression.months and not expression.at:
            aimed = aimed_before(self.text, start) or aimed_after(self.text, end)
            if expression.nth:
                told = self.focus if self.focus and not aimed else present
                return told + expression.nth - 1 if told else None
            if aimed and self.present.certain:
                return present
            near = self.focus is not None and "\n" not in self.text[self.focus_at : start]
            return whole_year(self.present, self.focus, near)
        if _PLANNED.search(self.text[max(0, start - 80) : start]) or expression.rest:
            return present
        if aimed_after(self.text, end) or self._said_in_sentence(start) or self._is_planned_list(start):
            return present
        return self._not_ahead(expression, present)

    def _event_year(self, event: str) -> int | None:
        """Return the first year that stands in one sentence with an event."""
        for item in self.years:
            if item.tense in {Tense.SAME, Tense.BASE, Tense.SPAN}:
                continue
            before = _STOP.split(self.text[max(0, item.start - 120) : item.start])[-1]
            after = _STOP.split(self.text[item.start + 4 : item.start + 80], maxsplit=1)[0]
            if event in before or event in after:
                return item.year
        return None

    def _said_in_sentence(self, start: int) -> bool:
        """Whether the sentence has named the present year before an offset."""
        for item in reversed(self.years[: self.cursor]):
            if start - item.start > 200 or _STOP.search(self.text, item.start, start):
                return False
            if item.year == self.present.year and not item.exact and item.tense not in {Tense.SAME, Tense.BASE}:
                return True
        return False

    def _is_planned_list(self, start: int) -> bool:
        line = ruling_line(self.text, start)
        return line is not None and is_plan(self.text[line[0] : line[1]])

    def _advance(self, start: int) -> None:
        """Take in the explicit years before an offset: the last one reported, and the last stretch of years."""
        while self.cursor < len(self.years) and self.years[self.cursor].start < start:
            item = self.years[self.cursor]
            if item.tense is Tense.PAST and (self.present.year is None or item.year <= self.present.year):
                if not self._is_aside(item.start):
                    self.focus, self.focus_at = item.year, item.start
            if item.tense is Tense.SPAN and self.cursor:
                first = self.years[self.cursor - 1]
                if item.start - first.start < _PAIR_WIDTH and first.year < item.year:
                    self.term = Period.of_years(first.year, item.year)
            self.cursor += 1

    def _is_aside(self, start: int) -> bool:
        """Whether a year dates only what stands beside it: in brackets, or `trong khi năm 2019 …`."""
        before = self.text[max(0, start - 60) : start]
        return before.rfind("(") > before.rfind(")") or _CONTRAST.search(before) is not None

    def _not_ahead(self, expression: Expression, year: int | None) -> int | None:
        """Take a month that is far ahead of the present as one of the year before (`tháng 12` in January)."""
        months = expression.months
        first = months[0] if months and months[0] > 1 else expression.at
        ahead = first > self.present.month + _MONTHS_AHEAD
        if year is not None and self.present.certain and ahead and not expression.offset:
            return year - 1
        return year

    def _unit(self, expression: Expression, just_past: bool) -> Period | None:
        """Date `tháng này`, `quý trước`: units from the last period of that length, or from the present one."""
        size, last = expression.unit, self.month if expression.unit == 1 else self.last
        if last is not None and last.months == size and size in {1, 3}:
            return last if just_past else last.shift(months=size * expression.offset)
        year, month = self.present.year, self.present.month
        if year is None:
            return None
        if size not in {1, 3} or not month:
            return Period.of_year(year)
        if not self.present.certain and expression.offset == 0 and last is not None:
            year = last.year
        first = month - (month - 1) % size
        return Period.of_months(year, first, first + size - 1).shift(months=size * expression.offset)


def _term_before(term: Period) -> Period:
    """Return the term before one: 2015/2020 before 2020/2025, and 2016/2020 before 2021/2025."""
    length = term.year - term.start[0]
    overlap = 0 if length == 4 else 1  # congresses share the year in which they meet, plans don't
    return Period.of_years(term.start[0] - length - 1 + overlap, term.start[0] - 1 + overlap)


def _term_after(term: Period) -> Period:
    length = term.year - term.start[0]
    first = term.year + (1 if length == 4 else 0)
    return Period.of_years(first, first + length)


def _cycle_year(cycle: int, present: int | None) -> int | None:
    """Return the year nearest the present that has this place in the sixty-year cycle (0 for Giáp Tý)."""
    if present is None:
        return None
    ahead = (cycle - (present - 4)) % 60
    return present + ahead if ahead <= 30 else present + ahead - 60


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


def resolve_base(governing: Period, mention: str | Expression) -> Period:
    """Date the base of a comparison from the period of the figure that is compared.

    Args:
        governing: period of the fact itself.
        mention: what the figure is compared with, as written (`cùng kỳ năm trước`, `tháng trước`, `năm 2019`).

    Returns:
        The period of the base: `cùng kỳ` is the governing one a year earlier, `tháng trước` a month earlier.

    Raises:
        PeriodError: C551 where that leaves the years 1000 to 9999.
    """
    expression = read(fold(mention).text.strip()) if isinstance(mention, str) else mention
    if expression.anchor is Anchor.EXPLICIT:
        year = expression.years[-1]
        if expression.same and not expression.months and not expression.at:
            return governing.shift(years=year - governing.year)
        return build(expression, year, governing.year)
    if expression.unit:
        return _units_away(governing, expression)
    if expression.anchor is Anchor.SAME:
        if expression.months:
            return Period.of_months(governing.year + expression.offset, *expression.months)
        return governing.shift(years=expression.offset)
    if expression.start_of_year:
        return Period.of_year(governing.year)
    if expression.span > 0:
        return Period.of_year(governing.year - expression.span)
    if expression.anchor is Anchor.PRESENT and not expression.offset and not expression.at:
        return governing
    offset = expression.offset
    if expression.at and not offset and expression.at > governing.end[1]:
        offset = -1
    if not expression.months and not expression.at and offset:
        return Period.of_year(governing.year + offset)
    return build(expression, governing.year + offset, governing.year)


def _units_away(governing: Period, expression: Expression) -> Period:
    size = expression.unit
    if size not in {1, 3}:
        return governing
    year, month = governing.end
    first = month - (month - 1) % size
    return Period.of_months(year, first, first + size - 1).shift(months=size * (expression.offset or -1))
