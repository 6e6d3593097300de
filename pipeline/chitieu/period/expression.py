"""What a time expression says by itself, before the discourse dates it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import Enum
from functools import lru_cache

from chitieu.period import wording


class Anchor(str, Enum):
    """What a time expression is counted from."""

    EXPLICIT = "explicit"  # it names its year
    PRESENT = "present"  # năm nay, hiện, đến nay, năm ngoái, năm tới
    PAST = "past"  # năm qua: the present year, or the one that has just ended
    CONTEXT = "context"  # trong năm, quý 3, 9 tháng, tháng 7, năm trước đó
    DATE = "date"  # a day or month whose year is left out
    SAME = "same"  # cùng kỳ, kỳ trước: counted from the period it is compared with
    NONE = "none"  # no time in it


class Back(str, Enum):
    """What an expression that points back to a time told before asks for."""

    YEARS = "years"  # năm năm: the stretch of as many years, if one was told
    THOSE_YEARS = "those years"  # ba năm ấy: that, or as many years to the one told last
    STRETCH = "stretch"  # quãng đó, giai đoạn nói trên
    YEAR = "year"  # năm đó
    TIME = "time"  # khi ấy, thời điểm đó: the year of what was told last
    PERIOD = "period"  # quý ấy: what was told last, as it is
    AT_ONCE = "at once"  # cùng thời gian: of any length


@dataclass(frozen=True, slots=True)
class Expression:
    """A time expression by itself.

    Attributes:
        anchor: what it is counted from.
        years: the calendar years that it names, in text order.
        offset: years to add to the anchor.
        months: first and last month in its year; None for the whole year (or a stock at a date).
        at: the last month that it mentions, also where its period is the whole year; 0 for none.
        span: how many years it reaches back (`5 năm qua` → 5) or, negative, forward; 0 for a single one.
        unit: for `tháng trước`, `quý này`: how many months the unit has; 0 otherwise.
        from_year: its period runs from `years[0]` to the last of them, or to the present.
        cycle: place in the sixty-year cycle (Giáp Tý is 0) for a year named by it; -1 for none.
        term: whether it points back to a stretch of years (`giai đoạn này`).
        same: whether it asks for the same part of another year (`cùng kỳ`).
        start_of_year: whether it is the start of the year (`đầu năm`), a stock to compare with.
        later: for `tám năm sau`, how many years after the one last told; 0 otherwise.
        nth: for `năm đầu`, `năm thứ ba`, which year of what was told; 0 otherwise.
        edge: for `đầu nhiệm kỳ` -1, for `cuối nhiệm kỳ` 1; 0 otherwise.
        event: the event that dates it (`lúc mới sáp nhập`); empty otherwise.
        rest: whether it is what is left of a year (`6 tháng còn lại`), which lies ahead.
        tet: whether it is the lunar new year.
        school: for `năm học này`, how many school years away from the present one; None otherwise.
        back: what it asks for of the times told before; None where it doesn't point back.
        counted: for `ba năm ấy`, how many years; 0 otherwise.
    """

    anchor: Anchor
    years: tuple[int, ...] = ()
    offset: int = 0
    months: tuple[int, int] | None = None
    at: int = 0
    span: int = 0
    unit: int = 0
    from_year: bool = False
    cycle: int = -1
    term: bool = False
    same: bool = False
    start_of_year: bool = False
    later: int = 0
    nth: int = 0
    edge: int = 0
    event: str = ""
    rest: bool = False
    tet: bool = False
    school: int | None = None
    back: Back | None = None
    counted: int = 0


@lru_cache(maxsize=4096)
def read(text: str) -> Expression:
    """Read one time expression; `text` is folded (`chitieu.period.folding.fold`)."""
    expression, (back, counted) = _read(text), _back(text)
    return expression if back is None or expression.years else replace(expression, back=back, counted=counted)


def _back(text: str) -> tuple[Back | None, int]:
    """What an expression asks for of the times told before, and how many years it counts."""
    points = wording.POINTS_BACK.search(text) is not None
    if counted := wording.BACK_YEARS.fullmatch(text):
        return Back.THOSE_YEARS if points else Back.YEARS, wording.number(counted[1])
    if not points:
        return (Back.AT_ONCE if wording.AT_ONCE.fullmatch(text) else None), 0
    if wording.BACK_STRETCH.match(text):
        return Back.STRETCH, 0
    if text.startswith("năm "):
        return Back.YEAR, 0
    return Back.TIME if wording.BACK_WHOLE.match(text) else Back.PERIOD, 0


def _read(text: str) -> Expression:
    years = _named_years(text)
    months, at = _named_months(text)
    anchor, offset = _anchor(text, years, bool(months or at))
    same = wording.SAME.search(text) is not None
    if anchor is Anchor.EXPLICIT:
        return Expression(
            anchor, years, 0, months, at, from_year=_is_stretch(text, years, bool(months or at)), same=same
        )
    if not at and (cycle := _cycle(text)) >= 0:
        return Expression(Anchor.PRESENT, cycle=cycle)
    if not at and (found := _counted_from_what_was_told(text, anchor)):
        return found
    if school := wording.SCHOOL_YEAR.search(text):
        return Expression(anchor, school=0 if school[1] else -1 if school[2] else 1)
    unit = _unit(text)
    if unit is not None and anchor is not Anchor.SAME and not at:
        size, offset = unit
        return Expression(Anchor.CONTEXT if size else Anchor.PRESENT, offset=offset if size else 0, unit=size)
    ago = wording.YEARS_AGO.search(text) is not None
    span_years = _years_long(text) if anchor is not Anchor.SAME and not at and not ago else 0
    if span_years:
        return Expression(Anchor.PRESENT, span=span_years)
    new_year = wording.NEW_YEAR.fullmatch(text) is not None
    return Expression(
        anchor,
        (),
        offset,
        months,
        at,
        term=wording.TERM_BACK.search(text) is not None,
        same=same,
        start_of_year=new_year,
        rest="còn lại" in text,
        tet=wording.TET.search(text) is not None,
    )


def _counted_from_what_was_told(text: str, anchor: Anchor) -> Expression | None:
    """Read `tám năm sau`, `năm thứ hai`, `cuối nhiệm kỳ`, `lúc mới sáp nhập`."""
    if edge := wording.TERM_EDGE.search(text):
        return Expression(Anchor.CONTEXT, edge=-1 if edge[1] == "đầu" else 1)
    if nth := wording.NTH_YEAR.search(text):
        return Expression(Anchor.CONTEXT, nth=wording.number(nth[1]) if nth[1] else 1)
    if later := wording.YEARS_LATER.search(text):
        n = wording.number(later[1])
        return Expression(Anchor.PRESENT, span=-n, later=n)
    event = wording.EVENT.search(text) if anchor is Anchor.NONE else None
    return Expression(Anchor.NONE, event=event[1]) if event else None


def _is_stretch(text: str, years: tuple[int, ...], has_months: bool) -> bool:
    if len(years) == 1:
        return re.search(rf"{years[0]} (?:cho )?(?:đến|tới) nay", text) is not None
    if re.search(r"từ .*?(?:đến|tới|-)", text) and years[0] < years[-1]:
        return True
    counted = wording.COUNTED_YEARS.search(text)
    if counted and wording.number(counted[1]) == len(years) == years[-1] - years[0] + 1:
        return True
    return not has_months and (wording.SPAN.search(text) is not None or wording.TERM.search(text) is not None)


def _cycle(text: str) -> int:
    match = wording.CYCLE.search(text)
    if match is None:
        return -1
    stem, branch = wording.STEMS.index(match[1]), wording.BRANCHES.index(match[2])
    return next((n for n in range(60) if n % 10 == stem and n % 12 == branch), -1)


def _named_years(text: str) -> tuple[int, ...]:
    years = [int(m[0]) for m in wording.YEARS.finditer(text)]
    short = wording.SHORT_RANGE.search(text)
    if short and len(years) == 1 and int(short[2]) > years[0] % 100 and int(short[2]) > 12:
        years.append(years[0] // 100 * 100 + int(short[2]))
    if not years:
        years = [2000 + int(m[4]) for m in wording.DATE.finditer(text) if m[4] and len(m[4]) == 2]
    if not years:
        terse = wording.TERSE_YEAR.search(text)
        years = [2000 + int(terse[1])] if terse else []
    return tuple(years)


def _named_months(text: str) -> tuple[tuple[int, int] | None, int]:
    """Return the months of the year that the expression covers, and the last month that it mentions."""
    dates = list(wording.DATE.finditer(text))
    date = dates[-1] if dates else None
    if date or wording.DATE_WORDS.search(text):
        worded = wording.DATE_WORDS.search(text)
        month = int(date[3]) if date else int(worded[2]) if worded else 0
        return None, month
    half = wording.HALF.search(text)
    if half:
        last = re.search(r"cuối|chót|còn lại", half[0]) is not None
        return ((7, 12) if last else (1, 6)), (12 if last else 6)
    found = _quarters(text) or _cumulated(text) or _months(text)
    return found or (None, 0)


def _quarters(text: str) -> tuple[tuple[int, int] | None, int] | None:
    terse = wording.TERSE.search(text)
    if terse:
        cumulated, quarter, half, metric = (int(g) if g else 0 for g in terse.groups())
        n = cumulated or metric
        if quarter:
            return (quarter * 3 - 2, quarter * 3), quarter * 3
        if half:
            return (half * 6 - 5, half * 6), half * 6
        return ((1, n), n) if 1 <= n <= 12 else None
    quarters = wording.QUARTERS.search(text)
    if quarters and 1 <= (n := wording.number(quarters[1])) <= 4:
        return ((13 - 3 * n, 12), 12) if quarters[2] else ((1, 3 * n), 3 * n)
    quarter_name = wording.QUARTER.search(text)
    if quarter_name and (n := wording.number(quarter_name[1])):
        if wording.THROUGH.search(text) and n > 1:
            return (1, 3 * n), 3 * n
        if wording.UNTIL.match(text) and not wording.SAME.search(text):
            return ((1, 3 * n), 3 * n) if "cuối" not in text else (None, 3 * n)
        return (n * 3 - 2, n * 3), n * 3
    if wording.LAST_QUARTER.search(text):
        return (10, 12), 12
    return None


def _cumulated(text: str) -> tuple[tuple[int, int] | None, int] | None:
    match = wording.CUMULATED.search(text)
    if match is None:
        first = re.search(r"(?<!các )(?<!những )(?<!mấy )(?<!vài )\btháng đầu", text)
        return ((1, 1), 1) if first else ((12, 12), 12) if re.search(r"tháng cuối cùng", text) else None
    n = wording.number(re.split(r"-|đến|và", match[1])[-1].strip())
    if not 1 <= n <= 12:
        return None
    if match[2] and match[2].strip() in {"cuối", "chót", "còn lại"}:
        return ((10, 12), 12) if n == 3 else (None, 12)
    if match[2]:
        return None
    return (1, n), n


def _months(text: str) -> tuple[tuple[int, int] | None, int] | None:
    pair = wording.MONTHS.search(text)
    if pair and (a := wording.number(pair[1])) and (b := wording.number(pair[2])) and a < b:
        return ((a, b) if not wording.PART_OF_MONTH.search(text) else None), b
    rest = wording.TO_YEAR_END.search(text)
    if rest and (n := wording.number(rest[1])):
        return (n, 12), 12
    months = wording.MONTH.findall(text)
    slash = wording.MONTH_SLASH.search(text)
    n = wording.number(months[-1]) if months else int(slash[1]) if slash else 0
    if not n:
        return None
    if wording.FROM_NEW_YEAR.search(text):
        return ((1, n) if not wording.EDGE_OF_MONTH.search(text) else None), n
    if wording.THROUGH.search(text) and len(months) < 2:
        return ((1, n) if not wording.PART_OF_MONTH.search(text) else None), n
    if wording.PART_OF_MONTH.search(text) or wording.UNTIL.search(text):
        return None, n
    return (n, n), n


def _anchor(text: str, years: tuple[int, ...], has_months: bool) -> tuple[Anchor, int]:
    """Return what the expression is counted from, and the years to add."""
    if years:
        return Anchor.EXPLICIT, 0
    if wording.SAME.search(text) or wording.LAST_TIME.search(text):
        return Anchor.SAME, -1
    if re.search(r"năm ngoái|năm rồi", text):
        return Anchor.PRESENT, -1
    if "năm kia" in text:
        return Anchor.PRESENT, -2
    if ago := wording.YEARS_AGO.search(text):
        return Anchor.PRESENT, -wording.number(ago[1])
    if wording.BEFORE.search(text):
        return Anchor.CONTEXT, -1
    if wording.NEXT.search(text):
        return Anchor.PRESENT, 1
    if wording.TET.search(text):  # it falls in the first months: the one gone by, not the year that was reported
        return Anchor.PRESENT, -1 if re.search(r"tết (?:năm )?(?:trước|ngoái)", text) else 0
    if wording.THIS.search(text):
        return Anchor.PRESENT, 0
    if wording.SINCE.search(text):
        return (Anchor.CONTEXT if has_months else Anchor.PRESENT), 0
    if wording.PAST.search(text):
        return Anchor.PAST, 0
    if has_months:
        dated = wording.DATE.search(text) or wording.DATE_WORDS.search(text) or wording.MONTH.search(text)
        return (Anchor.DATE if dated else Anchor.CONTEXT), 0
    if wording.NOW.search(text):
        return Anchor.PRESENT, 0
    return (Anchor.CONTEXT, 0) if wording.CONTEXT_YEAR.search(text) else (Anchor.NONE, 0)


def _unit(text: str) -> tuple[int, int] | None:
    """Return (months in the unit, units from the present one) for `tháng trước`, `quý này`; None for anything else."""
    match = wording.UNIT.search(text)
    if match is None:
        return None
    unit = match[1] or match[3] or "ngày"
    if re.search(rf"(?:{wording.NUMBER}) {unit}", text):
        return None
    size = {"tháng": 1, "quý": 3}.get(unit, 0)
    back = match[2] or ""
    if back.startswith(("trước", "liền", "qua", "vừa")):
        return size, -1
    return size, 1 if back in {"tới", "sau", "kế tiếp"} else 0


def is_just_past(text: str) -> bool:
    """Whether a unit is the one just reported (`quý vừa qua`) rather than the one before it (`quý trước`)."""
    return re.search(r"\b(?:qua|vừa)\b|kỳ trước|đoạn trước", text) is not None


def term_is_ahead(text: str) -> bool:
    """Whether a term is the one to come (`nhiệm kỳ mới`)."""
    return wording.TERM_AHEAD.search(text) is not None


def _years_long(text: str) -> int:
    match = wording.N_YEARS.search(text)
    if match is None or re.match(r"năm (?:nay|qua|này|tới)", match[0]):
        return 0
    n = wording.number(match[1])
    if not 0 < n <= 60:  # longer than any programme: a count of something else
        return 0
    if match[2] in {"tới", "tiếp theo", "sau"}:
        return -n
    return n if re.search(r"\bsau\b|\bgần\b", text) or n == 1 else n - 1
