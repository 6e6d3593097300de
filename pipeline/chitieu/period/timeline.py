"""The explicit years of an article, and the present that they let one infer."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import IntEnum

from chitieu.period.expression import YEAR
from chitieu.period.folding import fold


class Tense(IntEnum):
    """How a year stands in its sentence."""

    PAST = 0  # reported, or without a sign
    BASE = 1  # compared with
    FUTURE = 2  # planned
    SPAN = 3  # part of giai đoạn …, or of a document's number


@dataclass(frozen=True, slots=True)
class DatedYear:
    """An explicit year of the text.

    Attributes:
        start: folded offset of its first digit.
        year: calendar year.
        month: month written with it; 0 for none.
        weight: how strongly it dates the article's present, from 0.
        tense: how it stands in its sentence.
    """

    start: int
    year: int
    month: int
    weight: float
    tense: Tense


@dataclass(frozen=True, slots=True)
class Present:
    """When an article speaks.

    Attributes:
        year: calendar year; None where nothing in the article tells it.
        month: month, or the earliest that it can be; 0 for unknown.
        day: day of the month; 0 for unknown.
        certain: whether it is the publication date and not inferred.
    """

    year: int | None
    month: int = 0
    day: int = 0
    certain: bool = False


_YEAR = re.compile(rf"(?<![\d.,]){YEAR}(?![\d]|[.,]\d)")
_DATE_BEFORE = re.compile(r"(?<!\d)(\d{1,2})\s?[/.-]\s?(\d{1,2})\s?[/.-]\s?$")
_MONTH_BEFORE = re.compile(r"(?<![\d/.-])(?:(?:tháng\s?)?(0?[1-9]|1[0-2])\s?[/.-]\s?|tháng\s?(0?[1-9]|1[0-2])[\s,]{1,2}năm\s)$")
_QUARTER_BEFORE = re.compile(r"(?:quý\s?|\bq)(iv|i{1,3}|[1-4])\s?(?:[/.-]\s?|[\s,]{1,2}năm\s)$")
_MONTHS_BEFORE = re.compile(r"(?<![\d/])(\d{1,2})\s?(?:tháng|t)\s?(?:đầu\s)?(?:(?:của\s)?năm\s|[/-]\s?)?$")
_SAME_BEFORE = re.compile(r"cùng\s(?:kỳ|thời điểm|giai đoạn)(?:\s(?:của\s)?năm)?\s$")
_BASE_BEFORE = re.compile(r"(?:\bso|so với|bằng|hơn)\s(?:với\s)?(?:\w+\s){0,2}?(?:năm\s)?$")
_FUTURE_BEFORE = re.compile(
    r"(?:đến|tới|hết|trước|vào|sau|từ|cuối|giữa|tầm nhìn|mục tiêu|kế hoạch|dự toán|dự kiến|nhiệm vụ|phấn đấu|dự báo|chỉ tiêu)\s(?:cuối\s|đầu\s|hết\s)?(?:trong\s)?(?:năm\s)?$"
)
_PLAN_BEFORE = re.compile(r"(?:tầm nhìn|mục tiêu|kế hoạch|dự toán|dự kiến|phấn đấu|dự báo|chỉ tiêu|sẽ|giao|phương hướng|triển vọng|kỳ vọng)\b[^.;\n]*$")
_SPAN_AROUND = re.compile(r"(?:giai đoạn|nhiệm kỳ|thời kỳ|khóa|từ năm|từ)\s(?:năm\s)?(?:19|20)?[\d\s-]*$")
_DOCUMENT_BEFORE = re.compile(r"(?:\d/|số\s\d+/)$")
_RANGE_AFTER = re.compile(r"\s?(?:-|/|đến|tới)\s?(?:năm\s)?(?:(?:19|20)\d\d|[a-zđ])")
_QUARTERS = {"i": 1, "ii": 2, "iii": 3, "iv": 4}


def dated_years(text: str) -> list[DatedYear]:
    """Return the explicit years of a folded text in order."""
    return [_dated(text, match.start(), int(match[0])) for match in _YEAR.finditer(text)]


def _dated(text: str, start: int, year: int) -> DatedYear:
    before = text[max(0, start - 32) : start]
    after = text[start + 4 : start + 16]
    if full := _DATE_BEFORE.search(before):
        month = int(full[2])
        future = re.search(r"(?:trước|đến hết|kể từ|hạn)\s(?:ngày\s)?[\d/. -]*$", before)
        return DatedYear(start, year, month if month <= 12 else 0, 0.5 if future else 2.0, Tense.PAST)
    if re.match(r"/[a-zđ]|-[a-zđ]", after) and before.endswith("/"):
        return DatedYear(start, year, 0, 0.0, Tense.SPAN)  # the number of a document, 12/2021/nđ-cp
    if _SPAN_AROUND.search(before) or re.match(r"\s?-\s?(?:19|20)\d\d", after) or re.search(r"(?:19|20)\d\d\s?-\s?$", before):
        return DatedYear(start, year, 0, 0.0, Tense.SPAN)
    if _SAME_BEFORE.search(before):
        return DatedYear(start, year, 0, 2.0, Tense.BASE)
    month, weight = _month_before(before)
    wide = text[max(0, start - 80) : start]
    if _BASE_BEFORE.search(before):
        return DatedYear(start, year, month, 1.0, Tense.BASE)
    if _PLAN_BEFORE.search(wide) or re.search(r"(?:đến|tới|trước|sau)\s(?:cuối\s|hết\s)?năm\s$", before):
        return DatedYear(start, year, month, 0.4 * weight, Tense.FUTURE)
    return DatedYear(start, year, month, weight, Tense.PAST)


def _month_before(before: str) -> tuple[int, float]:
    if m := _MONTH_BEFORE.search(before):
        return int(m[1] or m[2]), 2.0
    if m := _QUARTER_BEFORE.search(before):
        return 3 * (_QUARTERS.get(m[1]) or int(m[1])), 2.0
    if m := _MONTHS_BEFORE.search(before):
        return min(int(m[1]), 12), 2.0
    return 0, 1.0


def infer_present(years: Sequence[DatedYear], title_years: Sequence[DatedYear] = ()) -> Present:
    """Infer when an article without a date speaks: the latest year that it treats as past, often enough."""
    scores: Counter[int] = Counter()
    for item in years:
        if item.tense is Tense.BASE:
            scores[item.year + 1] += item.weight
        elif item.tense is not Tense.SPAN:
            scores[item.year] += item.weight
    for item in title_years:
        scores[item.year] += 1.0 + item.weight
    if not scores:
        return Present(max((item.year for item in years), default=None))
    most = max(scores.values())
    present = max(year for year, score in scores.items() if score >= min(2.0, most) and score >= 0.25 * most)
    month = max((i.month for i in years if i.year == present and i.tense is Tense.PAST), default=0)
    return Present(present, month)


def article_present(text: str, title: str | None = None, published: date | None = None) -> Present:
    """Return when an article speaks: its publication date, or what its explicit dates say."""
    if published is not None:
        return Present(published.year, published.month, published.day, certain=True)
    return infer_present(dated_years(fold(text).text), dated_years(fold(title).text) if title else ())
