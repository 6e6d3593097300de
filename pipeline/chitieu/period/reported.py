"""The explicit years of an article, as they govern what stands after them."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence

from chitieu.period.heading import is_lead, is_plan, leads_list, ruling_line
from chitieu.period.present import Present
from chitieu.period.timeline import DatedYear, Tense
from chitieu.period.value import Period

_STOP = re.compile(r"[.;\n](?!\d)")
_CONTRAST = re.compile(r"trong kh[iì](?:\sđó)?,?\s[^.,;()\n]{0,40}$")
_DEADLINE = re.compile(r"(?:đến|tới|trước|sau|hết|cuối)\s(?:hết\s|cuối\s)?(?:năm\s)?$")
_NAMED = re.compile(r"năm (?:nay|này)|(năm (?:tới|sau)|sang năm)")
_PAIR_WIDTH = 16  # characters from the first digit of one year to that of the next, `2016 đến năm 2020` at most
_SENTENCE = 200  # characters back from a month in which a year may govern it
_MERGER = 2025  # on 1 July the provinces and communes of the whole country were merged
_OPENING = 30
_NEVER_GOVERNS = {Tense.SAME, Tense.BASE, Tense.SPAN}


class Reported:
    """The years that an article has told so far, while it is read from its start.

    Attributes:
        focus: the year that it reported last; None before the first.
        plan: the present year or the next one, where it was told last as that of a plan.
        term: the last stretch of years that it named.
    """

    def __init__(self, text: str, years: Sequence[DatedYear], present: Present) -> None:
        """Take the folded text, its explicit years in order, and when it speaks."""
        self.text = text
        self.years = years
        self.present = present
        self.focus: int | None = None
        self.plan: int | None = None
        self.term: Period | None = None
        self._starts = [item.start for item in years]
        self._focus_at = self._plan_at = 0
        self._cursor = 0
        self._seen = self._paragraph = 0  # how far it was read, and where the paragraph there starts
        self._events: dict[str, int | None] = {}

    def advance(self, start: int) -> None:
        """Take in the explicit years before a folded offset."""
        present = self.present.year
        self._paragraph = max(self._paragraph, self.text.rfind("\n", self._seen, start) + 1)
        self._seen = max(self._seen, start)
        while self._cursor < len(self.years) and self.years[self._cursor].start < start:
            item = self.years[self._cursor]
            if item.tense is Tense.SPAN:
                self.term = self._pair(self._cursor) or self.term
            elif self._is_aside(item.start) or (present is not None and item.year > present + 1):
                pass
            elif item.tense is Tense.PAST and (present is None or item.year <= present):
                self.focus, self._focus_at = item.year, item.start
            elif self._is_planned(item):
                self.plan, self._plan_at = item.year, item.start
            self._cursor += 1

    def focus_is_near(self) -> bool:
        """Whether the year reported last stands in the paragraph that was read last."""
        return self.focus is not None and self._focus_at >= self._paragraph

    def plan_near(self) -> int | None:
        """Return the year of a plan that stands in the paragraph read last, after the year reported last."""
        return self.plan if self._plan_at >= max(self._focus_at, self._paragraph) else None

    def any_term(self) -> Period | None:
        """Return the last stretch of years, or the first that is still to come."""
        if self.term is not None:
            return self.term
        return next((pair for i in range(self._cursor, len(self.years)) if (pair := self._pair(i))), None)

    def sentence_year(self, start: int) -> int | None:
        """Return the whole year that the sentence has named before an offset."""
        for i in range(bisect_left(self._starts, start) - 1, -1, -1):
            item = self.years[i]
            if start - item.start > _SENTENCE or _STOP.search(self.text, item.start, start):
                return None
            if (
                not item.exact
                and not item.month
                and item.tense not in _NEVER_GOVERNS
                and not self._is_aside(item.start)
            ):
                return item.year if self._opens_sentence(item.start) else None
        return None

    def _opens_sentence(self, start: int) -> bool:
        """Whether a year is the first thing that its sentence says, `Năm 2022, …`, and not what went before."""
        before = _STOP.split(self.text[max(0, start - _OPENING) : start])[-1].strip()
        short = len(before) < _OPENING - 1 or start <= _OPENING
        return short and not before.startswith("sau") and not _DEADLINE.search(before + " ")

    def ruled(self, start: int, lead: bool = False) -> tuple[int | None, bool]:
        """Return the year that the heading or lead above an offset names, and whether that announces plans.

        With `lead` only the lead of a list or a heading of plans counts, not the headline of a report. A headline over
        paragraphs rules only until they report a year themselves: under `… triển khai nhiệm vụ năm 2022`, what follows
        `Năm 2021, …` speaks of 2021.
        """
        place = ruling_line(self.text, start)
        if place is None or (lead and not is_lead(self.text, place, start)):
            return None, False
        if self.focus is not None and self._focus_at > place[1] and not leads_list(self.text, place, start):
            return None, False
        line, present = self.text[slice(*place)], self.present.year
        plan = is_plan(line)
        first, last = (bisect_left(self._starts, at) for at in place)
        years = {i.year for i in self.years[first:last] if i.tense not in _NEVER_GOVERNS and not i.exact}
        if years:
            return (years.pop() if len(years) == 1 else None), plan
        named = _NAMED.search(line)
        if named and present is not None:
            return present + (1 if named[1] else 0), plan
        return None, plan

    def event_year(self, event: str) -> int | None:
        """Return the first year that stands in one sentence with an event; for a merger else that of the country's."""
        if event not in self._events:
            found = next((item.year for item in self.years if self._tells(item, event)), None)
            merged = event in {"sáp nhập", "hợp nhất"} and (self.present.year or 0) >= _MERGER
            self._events[event] = _MERGER if found is None and merged else found
        return self._events[event]

    def _tells(self, item: DatedYear, event: str) -> bool:
        before = _STOP.split(self.text[max(0, item.start - 120) : item.start])[-1]
        after = _STOP.split(self.text[item.start + 4 : item.start + 80], maxsplit=1)[0]
        return item.tense not in _NEVER_GOVERNS and (event in before or event in after)

    def _pair(self, i: int) -> Period | None:
        if i == 0 or self.years[i].tense is not Tense.SPAN:
            return None
        first, last = self.years[i - 1], self.years[i]
        if last.start - first.start < _PAIR_WIDTH and first.year < last.year:
            return Period.of_years(first.year, last.year)
        return None

    def _is_planned(self, item: DatedYear) -> bool:
        if item.tense not in {Tense.PLAN, Tense.FUTURE, Tense.PAST} or item.month or self.present.year is None:
            return False
        ahead = self.present.year <= item.year <= self.present.year + 1
        return ahead and not _DEADLINE.search(self.text[max(0, item.start - 20) : item.start])

    def _is_aside(self, start: int) -> bool:
        """Whether a year dates only what stands beside it: in brackets, or `trong khi năm 2019 …`."""
        before = self.text[max(0, start - 60) : start]
        return before.rfind("(") > before.rfind(")") or _CONTRAST.search(before) is not None
