"""What has been dated so far, while an article is read from its start."""

from __future__ import annotations

import re
from collections.abc import Sequence

from chitieu.period.counting import build, cycle_year, resolve_base, term_after, term_before
from chitieu.period.expression import Anchor, Back, Expression, is_just_past, read, term_is_ahead
from chitieu.period.present import Present
from chitieu.period.reported import Reported
from chitieu.period.season import aimed_after, aimed_before, is_young, past_year, still_last_year, whole_year
from chitieu.period.timeline import DatedYear
from chitieu.period.value import Period, PeriodError

_AFTER = re.compile(
    r"\s?,?\s?(?:của\s|trong\s)?(?:năm\s(?:(?:19|20)\d\d|nay|ngoái|trước|tới)|(?:năm\s)?[/-]\s?(?:19|20)\d\d)(?!\d)"
)
_COMPARED = re.compile(r"(?:\bso|so với|bằng|hơn)\s(?:với\s)?(?:\w+\s){0,2}?$")
_CLOSED = re.compile(r"[^.;\n]{0,60}\bcuối năm(?! nay)")
_DONE = re.compile(r"[^.;\n\d]{0,60}\bđã\b")
_IS = re.compile(r"\blà(?:\s\w+)?\s$")
_IN_A_ROW = re.compile(r"\s(?:liên tiếp|liền)")
_PLANNED = re.compile(r"(?:\bsẽ\b|dự kiến|kế hoạch|phấn đấu|mục tiêu|sắp)[^.;\n]*$")
# A month further ahead than this is the year before's. 0 costs 7 of the 73 bare dates of the dated training articles;
# 1 to 8 do equally well there, so 3 is a middle that keeps `tháng 12` in January and `tháng 6` in April right.
_MONTHS_AHEAD = 3
_SPRING, _AUTUMN = 3, 10  # a month to March that is planned from October on is one of the next year
_SCHOOL = 8  # in August the school year to come is already this one
_BESIDE = 120  # characters from one month to the next of the same year, `quý IV có 6, kém quý II`


class Discourse:
    """What has been dated so far, while an article is read from its start."""

    def __init__(self, text: str, years: Sequence[DatedYear], present: Present) -> None:
        self.text = text
        self.present = present
        self.told = Reported(text, years, present)
        self.last: Period | None = None
        self.last_at = 0
        self.recent: Period | None = None  # of any length
        self.month: Period | None = None

    def resolve(self, start: int, end: int) -> Period | None:
        """Date the expression at folded offsets; expressions come in text order."""
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
        compared = expression.anchor is Anchor.SAME or self._is_compared(start)
        if expression.at and period is not None and not compared:
            self.month = Period.of_months(period.year, expression.at, expression.at)
        if period is not None and not compared:
            self.recent = period
        if period is not None and period.months > 12:
            self.told.term = period if expression.school is None else self.told.term
        elif period is not None and not compared:
            self.last, self.last_at = period, start
        return period

    def _date(self, expression: Expression, mention: str, start: int) -> Period | None:
        anchor, present = expression.anchor, self.present.year
        self.told.advance(start)
        if (pointed := self._pointed_at(expression)) is not None:
            return pointed
        if anchor is Anchor.EXPLICIT:
            return build(expression, expression.years[-1], present)
        if anchor is Anchor.SAME:
            governing = self.last or (Period.of_year(present) if present else None)
            if governing and expression.back is Back.AT_ONCE and not self._is_compared(start):
                return self.recent or self.told.term or governing
            return resolve_base(governing, expression) if governing else None
        if expression.school is not None:
            return self._school_year(expression.school)
        if expression.unit:
            return self._unit(expression, is_just_past(mention))
        if expression.later and (told := self.told.focus) and told + expression.later <= (present or 0):
            return Period.of_year(told + expression.later)
        if expression.event and (told := self.told.event_year(expression.event)):
            return Period.of_year(told)
        if present is not None and still_last_year(self.present, self.told.focus, mention):
            return Period.of_year(present - 1)
        year = self._year(expression, start, start + len(mention))
        if year is None or present is None:
            return None
        if expression.edge and (term := self.told.any_term()) is not None:
            return Period.of_year(term.start[0] if expression.edge < 0 else term.year)
        back = expression.term and is_just_past(mention)
        if expression.term and (term := self.told.any_term() if back else self.told.term) is not None:
            if term_is_ahead(mention):
                return term_after(term) if term.year <= present else term
            return term_before(term) if back and term.year > present else term
        return build(expression, year + expression.offset, present)

    def _pointed_at(self, expression: Expression) -> Period | None:
        """The last stretch of years, or the last time told, whichever an expression points back to."""
        back, term, focus, last = expression.back, self.told.term, self.told.focus, self.last
        if back is None or back is Back.AT_ONCE:
            return None
        if back in {Back.YEARS, Back.THOSE_YEARS}:
            years = expression.counted
            if term is not None and term.months == 12 * years:
                return term
            if back is Back.YEARS or focus is None or years < 2:
                return None
            return Period.of_years(focus - years + 1, focus)
        if back is Back.STRETCH and term is not None:
            return term
        if focus is not None and (last is None or back is Back.YEAR):
            return Period.of_year(focus)
        return Period.of_year(last.year) if last is not None and back in {Back.YEAR, Back.TIME} else last

    def _year(self, expression: Expression, start: int, end: int) -> int | None:
        """Return the year that an expression without one is counted from."""
        present, told = self.present.year, self.told
        if expression.cycle >= 0:
            return cycle_year(expression.cycle, present)
        if expression.anchor is Anchor.PAST:
            return past_year(self.present, told.focus)
        if expression.nth:
            if _IS.search(self.text, max(0, start - 24), start) or _IN_A_ROW.match(self.text, end):
                return present
            first = present if self._is_aimed(start, end) or told.focus is None else told.focus
            return None if first is None else first + expression.nth - 1
        if expression.anchor is Anchor.CONTEXT and not expression.months and not expression.at:
            return self._whole_year(start, end)
        if expression.tet and present and self.present.month >= _AUTUMN and self._is_aimed(start, end):
            return present + 1
        if expression.start_of_year and present and is_young(self.present) and _CLOSED.match(self.text, end):
            return present - 1
        if present is None or not self.present.certain or expression.anchor is Anchor.PRESENT or expression.offset:
            return present
        return self._part_of_year(expression, start, end)

    def _is_compared(self, start: int) -> bool:
        """Whether the words before an offset compare with what follows: `so với`, `bằng`."""
        return _COMPARED.search(self.text[max(0, start - 24) : start]) is not None

    def _is_aimed(self, start: int, end: int) -> bool:
        return aimed_before(self.text, start) or aimed_after(self.text, end)

    def _whole_year(self, start: int, end: int) -> int | None:
        """Date `trong năm`, `cả năm`, `cuối năm`."""
        told, present = self.told, self.present.year
        near = told.focus_is_near()
        if present is None or not self.present.certain:
            return whole_year(self.present, told.focus, near)
        aimed = self._is_aimed(start, end)
        planned = told.plan_near()
        if planned is not None and (aimed or not _DONE.match(self.text, end)):
            return planned
        if near and not aimed:
            return whole_year(self.present, told.focus, near)
        ruled, plan = told.ruled(start)
        reported = present - is_young(self.present)  # a heading without a plan can't name a later one
        if ruled is not None and present - (not aimed) <= ruled <= (present + 1 if aimed or plan else reported):
            return ruled
        return present if aimed or plan else whole_year(self.present, told.focus, near)

    def _part_of_year(self, expression: Expression, start: int, end: int) -> int:
        """Date `quý I`, `9 tháng`, `tháng 12` in an article whose date is known."""
        told, present = self.told, self.present.year or 0
        if expression.rest:
            return present
        said = told.sentence_year(start)
        if said is not None and present - 1 <= said <= present + 1:
            return said
        ruled, plan = told.ruled(start, lead=True)
        if ruled is not None and present - 1 <= ruled <= present + plan:
            return ruled
        if expression.at <= _SPRING and self.present.month >= _AUTUMN and aimed_before(self.text, start):
            return present + 1
        if _PLANNED.search(self.text[max(0, start - 80) : start]) or aimed_after(self.text, end) or plan:
            return present
        return self._not_ahead(expression, present, start)

    def _not_ahead(self, expression: Expression, year: int, start: int) -> int:
        """Take a month that is far ahead of the present as one of the year before (`tháng 12` in January)."""
        months = expression.months
        first = months[0] if months and months[0] > 1 else expression.at
        near = start - self.last_at < _BESIDE and "\n" not in self.text[self.last_at : start]
        beside = self.last if near else None
        if beside is not None and beside.year == year - 1 and beside.months < 12:
            return year - (first > self.present.month)
        return year - (first > self.present.month + _MONTHS_AHEAD)

    def _school_year(self, away: int) -> Period | None:
        """Date `năm học này`, which runs from September: years away from the present one."""
        year = self.present.year
        if year is None:
            return None
        first = year - (0 < self.present.month < _SCHOOL) + away
        return Period.of_years(first, first + 1)

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
