"""What a time expression says by itself, before the discourse dates it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

YEAR = r"(?:19|20)\d\d"
_NUMBERS = {
    "một": 1,
    "đầu": 1,
    "giêng": 1,
    "hai": 2,
    "ba": 3,
    "bốn": 4,
    "tư": 4,
    "năm": 5,
    "sáu": 6,
    "bảy": 7,
    "bẩy": 7,
    "tám": 8,
    "chín": 9,
    "mười": 10,
    "mười một": 11,
    "mười hai": 12,
    "chạp": 12,
    "mươi": 10,
    "i": 1,
    "ii": 2,
    "iii": 3,
    "iv": 4,
}
_WORD = r"mười hai|mười một|mười|hai|ba|bốn|tư|năm|sáu|bảy|bẩy|tám|chín|một"
NUMBER = rf"(?:\d{{1,2}}|{_WORD})"
MONTH_NAME = rf"(?:0?[1-9]|1[0-2]|{_WORD}|giêng|chạp)"
QUARTER_NAME = r"(?:0?[1-4]|iv|i{1,3}|một|hai|ba|bốn|tư|đầu)"


class Anchor(str, Enum):
    """What a time expression is counted from."""

    EXPLICIT = "explicit"  # it names its year
    PRESENT = "present"  # năm nay, hiện, đến nay, năm ngoái, năm tới
    PAST = "past"  # năm qua: the present year, or the one that has just ended
    CONTEXT = "context"  # trong năm, quý 3, 9 tháng, tháng 7, năm trước đó
    DATE = "date"  # a day or month whose year is left out
    SAME = "same"  # cùng kỳ, kỳ trước: counted from the period it is compared with
    NONE = "none"  # no time in it


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


def number(word: str) -> int:
    """Return the value of a number word, a Roman numeral to iv, or digits; 0 for anything else."""
    return int(word) if word.isdecimal() else _NUMBERS.get(" ".join(word.split()), 0)


def _re(pattern: str) -> re.Pattern[str]:
    """Compile a pattern in which a blank stands for any white space, and `blank?`, `blank*` for as much as they say."""
    return re.compile(re.sub(r" (?![?*])", r"\\s+", pattern).replace(" ", r"\s"))


_YEARS = _re(rf"(?<!\d){YEAR}(?!\d)(?!\.\d)")
_SHORT_RANGE = _re(rf"(?<!\d)({YEAR}) ?[-/] ?(\d\d)(?![\d/.-])")
_DATE = _re(
    r"(?<![\d.,])(?<!tháng\x20)(0?[1-9]|[12]\d|3[01])\s?([/.-])\s?(0?[1-9]|1[0-2])(?:\s?\2\s?((?:19|20)\d\d|\d\d)(?!\d))?(?!\d|[.,]\d)"
)
_DATE_WORDS = _re(r"ngày (0?[1-9]|[12]\d|3[01]) tháng (0?[1-9]|1[0-2])")
_SAME = _re(r"cùng\s*(?:kỳ|thời điểm|giai đoạn|thời gian|quý|tháng|vụ)|so cùng kỳ")
_LAST = _re(r"(?:năm|niên độ|niên vụ|vụ) (?:ngoái|rồi|kia|(?:liền |ngay )?trước(?: đó)?|cũ)|năm qua trước")
_BEFORE = _re(r"(?:năm|niên độ|niên vụ|vụ) (?:liền |ngay )?trước(?: đó)?")
_NEXT = _re(r"(?:năm|niên vụ|vụ) (?:tới(?! *(?:ngày|tháng|hết|nay|\d))|sau|kế tiếp|tiếp theo)|sang năm")
_THIS = _re(r"năm nay|năm này")
_SINCE = _re(r"đầu năm(?! \d)|cuối năm(?! \d)|còn lại")
_YEARS_AGO = _re(rf"({NUMBER}) năm (?:về )?trước(?: đây)?")
_PAST = _re(r"năm (?:vừa )?qua|năm vừa rồi")
_NOW = _re(
    r"\bhiện\b|\bnay\b|\bhôm\b|giờ đây|bây giờ|hiện tại|thời điểm này|đến giờ|thực tại|\bđang\b|mới đây|gần đây|thời gian qua|vừa rồi"
)
_CUMULATED = _re(
    rf"(?<![\d/.,])({NUMBER}|{NUMBER} ?(?:-|đến|và) ?{NUMBER}) ?tháng(?! *(?:{MONTH_NAME})(?:\s*[/,-]|$))( cuối| còn lại| tới| sau)?"
)
_TERSE = _re(r"(?<![a-z\d])(?:(\d{1,2})t|q([1-4])|h([12])|(\d{1,2})m)(?=\s*[/-]?\s*(?:\d|năm|$))")
_HALF = _re(r"nửa (đầu|cuối)(?: của)? (?:năm|niên|(?=(?:19|20)\d\d))|(bán niên)|6 tháng (cuối)|sáu tháng (cuối)")
_QUARTER = _re(rf"quý ({QUARTER_NAME})(?![\w])")
_QUARTERS = _re(rf"({NUMBER}) quý( cuối)?")
_LAST_QUARTER = _re(r"quý cuối")
_MONTH = _re(rf"tháng ?({MONTH_NAME})(?![\w])")
_MONTHS = _re(
    rf"tháng ?({MONTH_NAME}) ?(?:-|và|đến|,) ?(?:tháng )?({MONTH_NAME})(?!\w|/(?! ?{YEAR}))",
)
_MONTH_SLASH = _re(r"(?<![\d/.,-])(0?[1-9]|1[0-2])\s?[/.-]\s?(?=(?:19|20)\d\d)")
_PART_OF_MONTH = _re(
    r"(?:đầu|cuối|giữa|nửa|trung tuần|thượng tuần|hạ tuần|tuần|ngày|kỳ \d|\d+ ngày)(?: \w+){0,3}? tháng"
)
_EDGE_OF_MONTH = _re(r"(?:đầu|cuối|giữa|nửa|tuần) tháng|tuần (?:\w+ )?của tháng")
_THROUGH = _re(r"\bhết|kết sổ")
_UNTIL = _re(r"(?:đến|tới|trước|từ)\b")
_FROM_NEW_YEAR = _re(rf"từ đầu năm|từ tháng 0?1\b|(?:từ )?tháng (?:0?1|một|giêng) (?:đến|-)|đầu năm(?: {YEAR})? đến")
_UNIT = _re(
    r"(tháng|quý|(?<!nhiệm\x20)(?<!thời\x20)kỳ|tuần|ngày) (này|nay|trước(?: đó)?|qua|vừa qua|tới|sau|vừa rồi|liền trước|kế tiếp)|trong (tháng|quý)\b|(?:hôm|ngày) (qua|nay)"
)
_N_YEARS = _re(
    rf"(?:(\d{{1,2}}|{_WORD}) năm) ?(qua|vừa qua|gần đây|gần nhất|trước đây|trở lại đây|tới|tiếp theo|sau|nay|thực hiện|liên tiếp|đầu|thành lập)?"
)
_TERM = _re(r"giai đoạn|nhiệm kỳ|thời kỳ|năm học|niên độ|niên vụ|niên khóa|năm tài chính|\bvụ\b")
_SPAN = _re(rf"({YEAR}) ?(?:-|/|đến|tới|đến năm|đến hết năm|đến cuối năm) ?({YEAR})")
_STEMS = ("giáp", "ất", "bính", "đinh", "mậu", "kỷ", "canh", "tân", "nhâm", "quý")
_BRANCHES = ("tý", "sửu", "dần", "mão", "thìn", "tỵ", "ngọ", "mùi", "thân", "dậu", "tuất", "hợi")
_CYCLE = _re(rf"({'|'.join(_STEMS)}) ({'|'.join(_BRANCHES)})")
_TERM_BACK = _re(r"(?:giai đoạn|nhiệm kỳ|thời kỳ) (?:này|trên|đó|nói trên|vừa qua|qua|trước)")
_NEW_YEAR = _re(r"(?:(?:so )?với |hồi |thời điểm |từ )?đầu (?:năm|kỳ)")
_CONTEXT_YEAR = _re(r"\bnăm\b|\bkỳ\b|\bvụ\b|niên độ|giai đoạn|\bquý\b|\btháng\b|thời điểm đó|\btết\b|\bxuân\b")


@lru_cache(maxsize=4096)
def read(text: str) -> Expression:
    """Read one time expression; `text` is folded (`chitieu.period.folding.fold`)."""
    years = _named_years(text)
    months, at = _named_months(text)
    anchor, offset = _anchor(text, years, bool(months or at))
    same = _SAME.search(text) is not None
    if anchor is Anchor.EXPLICIT:
        return Expression(
            anchor, years, 0, months, at, from_year=_is_stretch(text, years, bool(months or at)), same=same
        )
    if not at and (cycle := _cycle(text)) >= 0:
        return Expression(Anchor.PRESENT, cycle=cycle)
    unit = _unit(text)
    if unit is not None and anchor is not Anchor.SAME and not at:
        size, offset = unit
        return Expression(Anchor.CONTEXT if size else Anchor.PRESENT, offset=offset if size else 0, unit=size)
    ago = _YEARS_AGO.search(text) is not None
    span_years = _years_long(text) if anchor is not Anchor.SAME and not at and not ago else 0
    if span_years:
        return Expression(Anchor.PRESENT, span=span_years)
    new_year = _NEW_YEAR.fullmatch(text) is not None
    return Expression(
        anchor, (), offset, months, at, term=_TERM_BACK.search(text) is not None, same=same, start_of_year=new_year
    )


def _is_stretch(text: str, years: tuple[int, ...], has_months: bool) -> bool:
    if len(years) == 1:
        return re.search(rf"{years[0]} (?:cho )?(?:đến|tới) nay", text) is not None
    if re.search(r"từ .*?(?:đến|tới|-)", text) and years[0] < years[-1]:
        return True
    return not has_months and (_SPAN.search(text) is not None or _TERM.search(text) is not None)


def _cycle(text: str) -> int:
    match = _CYCLE.search(text)
    if match is None:
        return -1
    stem, branch = _STEMS.index(match[1]), _BRANCHES.index(match[2])
    return next((n for n in range(60) if n % 10 == stem and n % 12 == branch), -1)


def _named_years(text: str) -> tuple[int, ...]:
    years = [int(m[0]) for m in _YEARS.finditer(text)]
    short = _SHORT_RANGE.search(text)
    if short and len(years) == 1 and int(short[2]) > years[0] % 100 and int(short[2]) > 12:
        years.append(years[0] // 100 * 100 + int(short[2]))
    if not years:
        years = [2000 + int(m[4]) for m in _DATE.finditer(text) if m[4] and len(m[4]) == 2]
    if not years:
        terse = re.search(r"(?:quý \w+|tháng \d+|\bq[1-4]|\d+t)\s?[/-]\s?([012]\d)(?!\d|[/.-])", text)
        years = [2000 + int(terse[1])] if terse else []
    return tuple(years)


def _named_months(text: str) -> tuple[tuple[int, int] | None, int]:
    """Return the months of the year that the expression covers, and the last month that it mentions."""
    date = None
    for date in _DATE.finditer(text):
        pass
    if date or _DATE_WORDS.search(text):
        worded = _DATE_WORDS.search(text)
        month = int(date[3]) if date else int(worded[2]) if worded else 0
        return None, month
    half = _HALF.search(text)
    if half:
        return ((7, 12) if "cuối" in half[0] else (1, 6)), (12 if "cuối" in half[0] else 6)
    found = _quarters(text) or _cumulated(text) or _months(text)
    return found or (None, 0)


def _quarters(text: str) -> tuple[tuple[int, int] | None, int] | None:
    terse = _TERSE.search(text)
    if terse:
        cumulated, quarter, half, metric = (int(g) if g else 0 for g in terse.groups())
        n = cumulated or metric
        if quarter:
            return (quarter * 3 - 2, quarter * 3), quarter * 3
        if half:
            return (half * 6 - 5, half * 6), half * 6
        return ((1, n), n) if 1 <= n <= 12 else None
    quarters = _QUARTERS.search(text)
    if quarters and 1 <= (n := number(quarters[1])) <= 4:
        return ((13 - 3 * n, 12), 12) if quarters[2] else ((1, 3 * n), 3 * n)
    quarter_name = _QUARTER.search(text)
    if quarter_name and (n := number(quarter_name[1])):
        if _THROUGH.search(text) and n > 1:
            return (1, 3 * n), 3 * n
        if _UNTIL.match(text) and not _SAME.search(text):
            return ((1, 3 * n), 3 * n) if "cuối" not in text else (None, 3 * n)
        return (n * 3 - 2, n * 3), n * 3
    if _LAST_QUARTER.search(text):
        return (10, 12), 12
    return None


def _cumulated(text: str) -> tuple[tuple[int, int] | None, int] | None:
    match = _CUMULATED.search(text)
    if match is None:
        first = re.search(r"(?<!các )(?<!những )(?<!mấy )(?<!vài )\btháng đầu", text)
        return ((1, 1), 1) if first else ((12, 12), 12) if re.search(r"tháng cuối cùng", text) else None
    n = number(re.split(r"-|đến|và", match[1])[-1].strip())
    if not 1 <= n <= 12:
        return None
    if match[2] and match[2].strip() in {"cuối", "còn lại"}:
        return ((10, 12), 12) if n == 3 else (None, 12)
    if match[2]:
        return None
    return (1, n), n


def _months(text: str) -> tuple[tuple[int, int] | None, int] | None:
    pair = _MONTHS.search(text)
    if pair and (a := number(pair[1])) and (b := number(pair[2])) and a < b:
        return ((a, b) if not _PART_OF_MONTH.search(text) else None), b
    last = None
    for last in _MONTH.finditer(text):
        pass
    slash = _MONTH_SLASH.search(text)
    n = number(last[1]) if last else int(slash[1]) if slash else 0
    if not n:
        return None
    if _FROM_NEW_YEAR.search(text):
        return ((1, n) if not _EDGE_OF_MONTH.search(text) else None), n
    if _THROUGH.search(text) and len(_MONTH.findall(text)) < 2:
        return ((1, n) if not _PART_OF_MONTH.search(text) else None), n
    if _PART_OF_MONTH.search(text) or _UNTIL.search(text):
        return None, n
    return (n, n), n


def _anchor(text: str, years: tuple[int, ...], has_months: bool) -> tuple[Anchor, int]:
    """Return what the expression is counted from, and the years to add."""
    if years:
        return Anchor.EXPLICIT, 0
    if _SAME.search(text) or re.search(r"\bkỳ trước", text):
        return Anchor.SAME, -1
    if re.search(r"năm ngoái|năm rồi", text):
        return Anchor.PRESENT, -1
    if _BEFORE.search(text):
        return Anchor.CONTEXT, -1
    if _NEXT.search(text):
        return Anchor.PRESENT, 1
    if ago := _YEARS_AGO.search(text):
        return Anchor.PRESENT, -number(ago[1])
    if _THIS.search(text) or _SINCE.search(text):
        return Anchor.PRESENT, 0
    if _PAST.search(text):
        return Anchor.PAST, 0
    if has_months:
        dated = _DATE.search(text) or _DATE_WORDS.search(text) or _MONTH.search(text)
        return (Anchor.DATE if dated else Anchor.CONTEXT), 0
    if _NOW.search(text):
        return Anchor.PRESENT, 0
    return (Anchor.CONTEXT, 0) if _CONTEXT_YEAR.search(text) else (Anchor.NONE, 0)


def _unit(text: str) -> tuple[int, int] | None:
    """Return (months in the unit, units from the present one) for `tháng trước`, `quý này`; None for anything else."""
    match = _UNIT.search(text)
    if match is None:
        return None
    unit = match[1] or match[3] or "ngày"
    if re.search(rf"(?:{NUMBER}) {unit}", text):
        return None
    size = {"tháng": 1, "quý": 3}.get(unit, 0)
    back = match[2] or ""
    return size, -1 if back.startswith(("trước", "liền", "qua", "vừa")) else 1 if back in {
        "tới",
        "sau",
        "kế tiếp",
    } else 0


def is_just_past(text: str) -> bool:
    """Whether a unit is the one just reported (`quý vừa qua`) rather than the one before it (`quý trước`)."""
    return re.search(r"\b(?:qua|vừa)\b|kỳ trước|đoạn trước", text) is not None


def _years_long(text: str) -> int:
    match = _N_YEARS.search(text)
    if match is None or not (n := number(match[1])) or n > 60 or re.match(r"năm (?:nay|qua|này|tới)", match[0]):
        return 0
    if match[2] in {"tới", "tiếp theo", "sau"}:
        return -n
    return n if re.search(r"\bsau\b|\bgần\b", text) or n == 1 else n - 1
