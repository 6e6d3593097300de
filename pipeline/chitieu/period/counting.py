"""Periods counted from a year or from another period."""

from __future__ import annotations

from chitieu.period.expression import Anchor, Expression, read
from chitieu.period.folding import fold
from chitieu.period.value import Period


def term_before(term: Period) -> Period:
    """Return the term before one: 2015/2020 before 2020/2025, and 2016/2020 before 2021/2025."""
    length = term.year - term.start[0]
    overlap = 0 if length == 4 else 1  # congresses share the year in which they meet, plans don't
    return Period.of_years(term.start[0] - length - 1 + overlap, term.start[0] - 1 + overlap)


def term_after(term: Period) -> Period:
    """Return the term after one: 2020/2025 after 2015/2020, and 2021/2025 after 2016/2020."""
    length = term.year - term.start[0]
    first = term.year + (1 if length == 4 else 0)
    return Period.of_years(first, first + length)


def cycle_year(cycle: int, present: int | None) -> int | None:
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
    if expression.cycle >= 0:
        return Period.of_year(cycle_year(expression.cycle, governing.year) or governing.year)
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
