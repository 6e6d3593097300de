"""The explicit years of an article, each with how it stands in its sentence."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum

from chitieu.period.wording import COUNTED, YEAR


class Tense(IntEnum):
    """How a year stands in its sentence."""

    PAST = 0  # reported, or without a sign
    SAME = 1  # compared with: cùng kỳ …
    BASE = 2  # compared with: so với …
    SINCE = 3  # where something starts: từ …
    PLAN = 4  # the year of a plan or a budget, often the present one
    FUTURE = 5  # ahead: đến năm …, sẽ, dự kiến
    SPAN = 6  # part of giai đoạn …, or of a document's number


@dataclass(frozen=True, slots=True)
class DatedYear:
    """An explicit year of the text.

    Attributes:
        start: folded offset of its first digit.
        year: calendar year.
        month: month written with it; 0 for none.
        exact: whether it is part of a full date (day, month and year).
        tense: how it stands in its sentence.
    """

    start: int
    year: int
    month: int
    exact: bool
    tense: Tense


_YEAR = re.compile(rf"(?<![\d.,]){YEAR}(?![\d%]|[.,]\d){COUNTED}")
_DATE_BEFORE = re.compile(r"(?<!\d)(\d{1,2})\s?[/.-]\s?(\d{1,2})\s?[/.-]\s?$")
_MONTH_BEFORE = re.compile(
    r"(?<![\d/.-])(?:(?:tháng\s?)?(0?[1-9]|1[0-2])\s?[/.-]\s?|tháng\s?(0?[1-9]|1[0-2])[\s,]{1,2}năm\s)$"
)
_QUARTER_BEFORE = re.compile(r"(?:quý\s?|\bq)(iv|i{1,3}|[1-4])\s?(?:[/.-]\s?|[\s,]{1,2}năm\s)$")
_MONTHS_BEFORE = re.compile(r"(?<![\d/])(\d{1,2})\s?(?:tháng|t)\s?(?:đầu\s)?(?:(?:của\s)?năm\s|[/-]\s?)?$")
_BASE_BEFORE = re.compile(r"(?:\bso(?:\svới)?|cùng\s(?:kỳ|thời điểm)|hơn|bằng)\s(?!dự toán|kế hoạch)[^.,;:()\n]{0,24}$")
_SAME_BEFORE = re.compile(
    r"cùng\s(?:kỳ|thời điểm|giai đoạn|thời gian|thời kỳ|quãng|quý|tháng)\s"
    r"(?:(?:của|tháng|quý|nửa đầu|đầu|\d{1,2}|iv|i{1,3})\s?|/|-)*(?:năm\s)?$"
)
_SINCE_BEFORE = re.compile(
    r"(?:từ|kể từ|khởi công|thành lập|bắt đầu)\s(?:\w+\s)?(?:đầu\s|cuối\s)?(?:ngày|tháng|quý|năm)?\s?[\w/. -]{0,6}$"
)
_HALF_BEFORE = re.compile(r"(?:nửa đầu|đầu|giữa)\s(?:năm\s)?$")
_PLAN_BEFORE = re.compile(r"(?:mục tiêu|kế hoạch|dự toán|chỉ tiêu|giao|nhiệm vụ|phương hướng)\b")
_AHEAD_BEFORE = re.compile(
    r"(?:tầm nhìn|khả năng|dự kiến|phấn đấu|dự báo|\bsẽ\b|triển vọng|kỳ vọng|hoàn thành|\bphải\b|chậm nhất)"
)
_AHEAD_AFTER = re.compile(r"\bsẽ\b|dự kiến|phấn đấu|đặt (?:mục tiêu|kế hoạch|chỉ tiêu)|dự báo|\bphải\b|cần\b")
_STOP = re.compile(r"[.;\n]")
_SPAN_AROUND = re.compile(
    r"(?:giai đoạn|nhiệm kỳ|thời kỳ|khóa)\s(?:từ\s)?(?:năm\s)?(?:(?:19|20)\d\d[\s-]*)?(?:(?:đến|tới)\s(?:năm\s)?)?$"
    r"|từ\s(?:năm\s)?(?:19|20)\d\d\s?(?:-|đến|tới)\s?(?:năm\s)?$"
)
_SPAN_AFTER = re.compile(r"\s?-\s?(?:19|20)\d\d")
_SPAN_BEFORE = re.compile(r"(?:19|20)\d\d\s?-\s?$")
_DEADLINE = re.compile(
    r"(?:(?:đến|tới|trước|sau)\s(?:cuối\s|hết\s)?năm|(?:trước|đến hết|kể từ|hạn)\s(?:ngày\s)?[\d/. -]*)\s?$"
)
_QUARTERS = {"i": 1, "ii": 2, "iii": 3, "iv": 4}


def dated_years(text: str) -> list[DatedYear]:
    """Return the explicit years of a folded text in order."""
    return [_dated(text, match.start(), int(match[0])) for match in _YEAR.finditer(text)]


def _dated(text: str, start: int, year: int) -> DatedYear:
    before = text[max(0, start - 32) : start]
    after = text[start + 4 : start + 16]
    full = _DATE_BEFORE.search(before)
    month = min(int(full[2]), 12) if full else _month_before(before)
    if before.endswith("/") and re.match(r"[/-][a-zđ]", after):
        return DatedYear(start, year, 0, False, Tense.SPAN)  # the number of a document, 12/2021/nđ-cp
    if not full and (_SPAN_AROUND.search(before) or _SPAN_AFTER.match(after) or _SPAN_BEFORE.search(before)):
        return DatedYear(start, year, 0, False, Tense.SPAN)
    if _BASE_BEFORE.search(before):
        same = _SAME_BEFORE.search(before) is not None and not _AHEAD_BEFORE.search(_clause_before(text, start))
        return DatedYear(start, year, month, full is not None, Tense.SAME if same else Tense.BASE)
    if _SINCE_BEFORE.search(before):
        return DatedYear(start, year, month, full is not None, Tense.SINCE)
    said = _clause_before(text, start)
    told = _STOP.split(text[start + 4 : start + 76], maxsplit=1)[0]
    tense = Tense.PAST
    if _DEADLINE.search(before) or _AHEAD_BEFORE.search(said) or _AHEAD_AFTER.search(told):
        tense = Tense.FUTURE
    elif _PLAN_BEFORE.search(said):
        tense = Tense.PLAN
    return DatedYear(start, year, month, full is not None, tense)


def _clause_before(text: str, start: int) -> str:
    """Return what stands before an offset in its clause, 80 characters at most."""
    first = max(0, start - 80)
    return text[max(first, *(text.rfind(stop, first, start) + 1 for stop in ".;\n")) : start]


def _month_before(before: str) -> int:
    if m := _MONTH_BEFORE.search(before):
        return int(m[1] or m[2])
    if m := _QUARTER_BEFORE.search(before):
        return 3 * (_QUARTERS.get(m[1]) or int(m[1]))
    if m := _MONTHS_BEFORE.search(before):
        return min(int(m[1]), 12)
    return 6 if _HALF_BEFORE.search(before) else 12 if before.endswith("cuối năm ") else 0
