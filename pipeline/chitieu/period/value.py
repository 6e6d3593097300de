"""Normalised periods: closed intervals of whole months, printed in the short forms of the annotation guidelines."""

from __future__ import annotations

import re
from dataclasses import dataclass

from chitieu.errors import ChitieuError

MIN_YEAR, MAX_YEAR = 1000, 9999  # what four digits can print

_POINT = r"(\d{4})(?:-(?:H([12])|Q([1-4])|(\d{1,2})M|(\d{2})))?"
_PERIOD = re.compile(rf"{_POINT}(?:/{_POINT})?", re.ASCII)


class PeriodError(ChitieuError):
    """A string or a pair of months that is no normalised period."""


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """A closed interval of whole months, ordered by its start, then its end.

    Attributes:
        start: (year, month) of its first month, month counted from 1.
        end: (year, month) of its last month.

    Raises:
        PeriodError: C551 for a year or month out of range, C552 when it ends before it starts.
    """

    start: tuple[int, int]
    end: tuple[int, int]

    def __post_init__(self) -> None:
        for year, month in (self.start, self.end):
            if not (MIN_YEAR <= year <= MAX_YEAR and 1 <= month <= 12):
                raise PeriodError("C551", f"{year}-{month} is no month of a calendar", remedy="use 1000-01 to 9999-12")
        if self.end < self.start:
            raise PeriodError("C552", f"the period ends {self.end} before it starts {self.start}", remedy="swap them")

    @classmethod
    def of_year(cls, year: int) -> Period:
        """Return the calendar year."""
        return cls((year, 1), (year, 12))

    @classmethod
    def of_years(cls, first: int, last: int) -> Period:
        """Return whole years, `first` to `last` inclusive."""
        return cls((first, 1), (last, 12))

    @classmethod
    def of_months(cls, year: int, first: int, last: int) -> Period:
        """Return the months `first` to `last` of one year."""
        return cls((year, first), (year, last))

    @classmethod
    def parse(cls, text: str) -> Period:
        """Read what `str` prints, and the longer spellings of it (`2021-6M` for `2021-H1`).

        Raises:
            PeriodError: C550 for any other string; C551 or C552 for a month or order that can't be.
        """
        match = _PERIOD.fullmatch(text)
        if match is None:
            raise PeriodError(
                "C550",
                f"{text[:40]!r} is no period",
                remedy="write 2021, 2021-H1, 2021-9M, 2021-Q3, 2021-06 or 2021/2025",
            )
        first = _interval(*match.groups()[:5])
        if match[6] is None:
            return cls(*first)
        return cls(first[0], _interval(*match.groups()[5:])[1])

    @property
    def year(self) -> int:
        """The calendar year in which it ends."""
        return self.end[0]

    @property
    def months(self) -> int:
        """How many months it holds."""
        return (self.end[0] - self.start[0]) * 12 + self.end[1] - self.start[1] + 1

    @property
    def is_whole_years(self) -> bool:
        """Whether it runs from a January to a December."""
        return self.start[1] == 1 and self.end[1] == 12

    def shift(self, years: int = 0, months: int = 0) -> Period:
        """Return the same stretch some years or months later, or earlier where negative.

        Raises:
            PeriodError: C551 where that leaves the calendar.
        """
        delta = years * 12 + months
        (a, b), (c, d) = self.start, self.end
        first, last = a * 12 + b - 1 + delta, c * 12 + d - 1 + delta
        return Period((first // 12, first % 12 + 1), (last // 12, last % 12 + 1))

    def __str__(self) -> str:
        (a, b), (c, d) = self.start, self.end
        if a == c:
            return f"{a}{_SHORT[b, d] if (b, d) in _SHORT else _long(a, b, d)}"
        if self.is_whole_years:
            return f"{a}/{c}"
        return f"{a}-{b:02}/{c}-{d:02}"


def _long(year: int, first: int, last: int) -> str:
    if first == last:
        return f"-{first:02}"
    return f"-{last}M" if first == 1 else f"-{first:02}/{year}-{last:02}"


_SHORT = {(1, 12): "", (1, 6): "-H1", (7, 12): "-H2", (1, 3): "-Q1", (4, 6): "-Q2", (7, 9): "-Q3", (10, 12): "-Q4"}


def _interval(
    year: str | None, half: str | None, quarter: str | None, cumulated: str | None, month: str | None
) -> tuple[tuple[int, int], tuple[int, int]]:
    number = int(year or 0)
    if half:
        return (number, int(half) * 6 - 5), (number, int(half) * 6)
    if quarter:
        return (number, int(quarter) * 3 - 2), (number, int(quarter) * 3)
    if cumulated:
        return (number, 1), (number, int(cumulated))
    if month:
        return (number, int(month)), (number, int(month))
    return (number, 1), (number, 12)
