"""Which year a report speaks of when it only says `trong năm`, `cả năm`, `năm qua`."""

from __future__ import annotations

import re

from chitieu.period.present import Present

# A year is reported until spring; in January and February `cả năm` can't be the year that has just begun.
_YOUNG_UNTIL = 2
_JUST_PAST_UNTIL = 5
_REVIEWED_UNTIL = 6  # annual meetings, which review the year before, are over by then

# `đạt mục tiêu`, `vượt dự kiến` and `phải đóng cửa` report; `mục tiêu` and `phải đạt` look ahead.
_AIM = (
    r"\bsẽ\b|(?<!vượt\s)(?<!so\s)(?<!hơn\s)dự kiến|phấn đấu|\bsắp\b|\bmuốn\b|dự báo|có thể|dự tính|kỳ vọng|\bcần\b"
    r"|đặt (?:ra )?(?:kế hoạch|chỉ tiêu)|(?<!đạt\s)(?<!vượt\s)(?<!thành\s)(?<!với\s)(?<!%\s)mục tiêu"
    r"|\bphải (?:đạt|lấp|tăng|giảm|thu|lập|có|xong|hoàn thành|chờ tới)"
)
_AIM_BEFORE = re.compile(rf"(?:{_AIM})[^.;\n]*$")
# Only up to the next figure, which is the one that the expression dates.
_AIM_AFTER = re.compile(rf"[^.;:\n\d]{{0,60}}?(?:{_AIM})")
_REACH = 80
_NOW = re.compile(
    r"(?:tính )?(?:(?:đến|tới|cho đến|cho tới) )?"
    r"(?:hiện(?: nay| tại| giờ)?|nay|giờ|thời điểm (?:này|hiện tại|hiện nay))"
)


def aimed_before(text: str, start: int) -> bool:
    """Whether what stands before an offset in its clause looks ahead; `text` is folded."""
    return _AIM_BEFORE.search(text, max(0, start - _REACH), start) is not None


def aimed_after(text: str, end: int) -> bool:
    """Whether what stands after an offset, up to the next figure, looks ahead; `text` is folded."""
    return _AIM_AFTER.match(text, end) is not None


def is_young(present: Present) -> bool:
    """Whether the present year is too young to be reported as a whole."""
    return present.certain and 0 < present.month <= _YOUNG_UNTIL


def still_last_year(present: Present, focus: int | None, mention: str) -> bool:
    """Whether `hiện`, `đến nay` are the end of the year that was just reported, as at a meeting in January.

    A stock is right with either year (annotation guidelines, section 3), what was done so far only with that one.

    Args:
        present: when the article speaks.
        focus: the year that it reported last.
        mention: the expression, folded.
    """
    young = present.year is not None and is_young(present) and focus == present.year - 1
    return young and _NOW.fullmatch(mention) is not None


def past_year(present: Present, focus: int | None) -> int | None:
    """Return the year of `năm qua`, `năm cũ`: the one reported, if it is the present one or the one before.

    Args:
        present: when the article speaks.
        focus: the year that it reported last.
    """
    if not present.certain or present.year is None:
        return focus or present.year
    latest = present.year - (present.month <= _JUST_PAST_UNTIL)
    return focus if focus is not None and present.year - 1 <= focus <= latest else latest


def whole_year(present: Present, focus: int | None, near: bool) -> int | None:
    """Return the year of `trong năm`, `cả năm` in a clause that doesn't look ahead.

    Args:
        present: when the article speaks.
        focus: the year that it reported last.
        near: whether that stands in the same paragraph.
    """
    if not present.certain or present.year is None:
        return focus or present.year
    young = is_young(present)
    if focus is not None and near and not (young and focus == present.year):
        return focus
    if young:
        return present.year - 1
    if focus == present.year - 1 and present.month <= _REVIEWED_UNTIL:
        return focus
    return present.year
