"""When an article speaks: its publication date, or the year that its explicit dates point to.

Without a date the candidates are the years that the article names and their neighbours. Each is described by how the
article uses it and the years around it, never by the year itself, so that what was learned from old news holds for new.
The weights in `present.json` are those of a conditional logit (see `learning.py`).
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib import resources

from chitieu.period.folding import fold
from chitieu.period.timeline import DatedYear, Tense, dated_years

_REACH = 30  # years behind the latest one that may still be the present
_EARLIEST = 2000  # no news stood on the web in Vietnamese before: a lone 1898 is history, not the present


@dataclass(frozen=True, slots=True)
class Present:
    """When an article speaks.

    Attributes:
        year: calendar year; None where nothing in the article tells it.
        month: month, or the earliest that it can be; 0 for unknown.
        day: day of the month; 0 for unknown.
        certain: whether it is the publication date, told or printed at the head of the page, and not inferred.
    """

    year: int | None
    month: int = 0
    day: int = 0
    certain: bool = False


_DATELINE = re.compile(r"(?:sáng|chiều|trưa|tối|ngày|hôm|nay)[\s,(]{1,3}(\d{1,2})\s?[/-]\s?(\d{1,2})(?![/.-]?\d)")
_FULL_DATE = re.compile(r"(?<![\d/.-])(\d{1,2})\s?[/.-]\s?(\d{1,2})\s?[/.-]\s?((?:19|20)\d\d)(?!\d)")
_CLOCK = re.compile(r"thứ\s(?:hai|ba|tư|năm|sáu|bảy|[2-7])|chủ nhật|\d{1,2}[:hg]\d\d|gmt|ngày đăng|cập nhật|đăng lúc")
_HEAD, _DATELINE_WIDTH = 600, 90  # characters at the top of a page, and of a line there that is no prose
_WORDS = {
    "last": re.compile(r"năm ngoái|năm rồi"),
    "this": re.compile(r"năm nay"),
    "next": re.compile(r"năm tới|năm sau|sang năm"),
    "gone": re.compile(r"năm (?:vừa )?qua|tổng kết|cả năm"),
    "new": re.compile(r"đầu năm mới|đầu xuân|sau tết|tết nguyên đán"),
}


def candidates(years: Sequence[DatedYear]) -> list[int]:
    """Return the years that may be the article's present, in order."""
    today = date.today().year  # no article was written in a year to come
    named = {item.year for item in years}
    latest = min(max(named, default=0), today)
    # What is compared with `cùng kỳ năm 2019` lies behind 2019.
    behind = max((item.year + 1 for item in years if item.tense is Tense.SAME and item.year < today), default=0)
    least = max(latest - _REACH, behind, _EARLIEST)
    return sorted({y + d for y in named for d in (-1, 0, 1) if least <= y + d <= today})


def _kind(item: DatedYear) -> str:
    if item.tense is Tense.PAST:
        return "date" if item.exact else "month" if item.month else "past"
    return item.tense.name.lower()


def signs(text: str) -> dict[str, float]:
    """Return what the whole article says about its season; `text` is folded."""
    months = [int(m[2]) for m in _DATELINE.finditer(text) if 1 <= int(m[2]) <= 12]
    found = {name: 1.0 for name, pattern in _WORDS.items() if pattern.search(text)}
    if months:
        found["month"] = float(months[0])
        found["early"] = float(months[0] <= 2)
        found["late"] = float(months[0] >= 11)
    return found


def features(
    candidate: int, years: Sequence[DatedYear], title_years: Sequence[DatedYear], season: Mapping[str, float]
) -> dict[str, float]:
    """Describe one candidate by how the article uses it and its neighbours."""
    counts: Counter[str] = Counter()
    for item in years:
        gap = item.year - candidate
        counts[f"{_kind(item)}{max(-3, min(3, gap)):+d}"] += 1
    dateline = int(season.get("month", 0))
    for item in years:
        if dateline and item.month and item.tense in {Tense.PAST, Tense.SAME, Tense.BASE} and item.month > dateline:
            counts[f"later{max(-2, min(2, item.year - candidate)):+d}"] += 1
    found = {f"any:{key}": 1.0 for key in counts}
    found.update({f"log:{key}": math.log(n) for key, n in counts.items() if n > 1})
    total = math.log1p(len(years))
    for gap in (-1, 0, 1):
        near = sum(item.year - candidate == gap for item in years)
        if near:
            found[f"share{gap:+d}"] = near / len(years)
            found[f"dense{gap:+d}"] = near / len(years) * total
            for name, value in season.items():
                if value and name != "month":
                    found[f"{name}&share{gap:+d}"] = near / len(years)
        else:
            found[f"none{gap:+d}"] = 1.0
            for name, value in season.items():
                if value and name != "month":
                    found[f"{name}&none{gap:+d}"] = 1.0
    for item in title_years:
        found[f"title:{_kind(item)}{max(-2, min(2, item.year - candidate)):+d}"] = 1.0
    if years:
        found[f"first{max(-2, min(2, years[0].year - candidate)):+d}"] = 1.0
        found[f"last{max(-2, min(2, years[-1].year - candidate)):+d}"] = 1.0
    below = min((candidate - item.year for item in years if item.year < candidate), default=0)
    found[f"below{min(below, 4)}"] = 1.0
    above = min((item.year - candidate for item in years if item.year > candidate), default=0)
    found[f"above{min(above, 4)}"] = 1.0
    found[f"latest:any{max(-3, min(3, max(i.year for i in years) - candidate)):+d}" if years else "undated"] = 1.0
    reported = [item.year for item in years if item.tense is Tense.PAST]
    if reported:
        found[f"latest{max(-3, min(3, max(reported) - candidate)):+d}"] = 1.0
    return found


@lru_cache(maxsize=1)
def _weights() -> dict[str, float]:
    table = json.loads(resources.files("chitieu.period").joinpath("present.json").read_text(encoding="utf-8"))
    return {str(key): float(value) for key, value in table["weights"].items()}


def infer_present(text: str, years: Sequence[DatedYear], title_years: Sequence[DatedYear] = ()) -> Present:
    """Read or infer when an article that came without a date speaks; `text` is folded."""
    if (printed := _dateline(text)) is not None:
        return printed
    choices = candidates([*years, *title_years])
    if not choices:
        return Present(None)
    weights, season = _weights(), signs(text)
    scored = [
        (sum(weights.get(k, 0.0) * v for k, v in features(year, years, title_years, season).items()), year)
        for year in choices
    ]
    present = max(scored)[1]
    month = max((i.month for i in years if i.year == present and i.tense is Tense.PAST), default=0)
    return Present(present, month)


def _dateline(text: str) -> Present | None:
    """Read the dateline of a page, `Thứ Ba, 19/12/2023, 07:30`, or a line that is a date and nothing else."""
    for line in text[:_HEAD].split("\n"):
        match = _FULL_DATE.search(line) if len(line) <= _DATELINE_WIDTH else None
        if match and (_CLOCK.search(line) or len(line.strip()) <= len(match[0]) + 3):
            try:
                found = date(int(match[3]), int(match[2]), int(match[1]))
            except ValueError:
                continue
            return Present(found.year, found.month, found.day, certain=True)
    return None


def article_present(text: str, title: str | None = None, published: date | None = None) -> Present:
    """Return when an article speaks; its year is None where neither date nor text tells it."""
    if published is not None:
        return Present(published.year, published.month, published.day, certain=True)
    return _undated(text, title or "", date.today().year)


@lru_cache(maxsize=8)  # an article's time expressions are resolved and its features read one after the other
def _undated(text: str, title: str, today: int) -> Present:  # noqa: ARG001 - the year is what is inferred hangs on
    folded = fold(text).text
    return infer_present(folded, dated_years(folded), dated_years(fold(title).text) if title else ())
