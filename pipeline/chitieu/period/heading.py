"""The heading or lead that rules an offset: what a list, or a paragraph, stands under."""

from __future__ import annotations

import re

_BULLET = re.compile(r"\s*(?:[-+*•▪●◦·–]|\(?\d{1,2}[.)]\s|[a-zđ][.)]\s)")
_REACH = 1500  # characters; a lead further up has been left behind
_LINES = 24
_WIDTH = 120  # a longer line is a paragraph

_NO_HEADING = '.;:,!?…"”»)'  # what prose ends with
_LETTERS = re.compile(r"[^\W\d_]{2}")

_PLAN = re.compile(
    r"kế hoạch|chỉ tiêu|mục tiêu|nhiệm vụ|phương hướng|chương trình công tác|phấn đấu|dự kiến|\bsẽ\b|giao ước|đăng ký"
    r"|đặt ra|đề ra|dự toán"
)
_RESULT = re.compile(
    r"kết quả|thực hiện được|\bđạt\b|\bđã\b(?! (?:ký|ban hành|thông qua|giao|duyệt|đề ra|đăng ký))"
    r"|tổng kết|nhìn lại|so với|đánh giá|hoàn thành|tình hình"
)


def ruling_line(text: str, start: int) -> tuple[int, int] | None:
    """Find the line that rules what stands at an offset.

    For a list item it is the line before the list; for a paragraph the nearest line above that ends with a colon or is
    short and ends without a stop.

    Args:
        text: folded text.
        start: offset into it.

    Returns:
        (start, end) of that line; None where there is none near.
    """
    lowest = max(0, start - _REACH)
    line = text.rfind("\n", lowest, start) + 1
    if line == 0:
        return None
    in_list, passed_list = _BULLET.match(text, line) is not None, False
    for _ in range(_LINES):
        end = line - 1
        if end <= lowest:
            return None
        line = text.rfind("\n", lowest, end) + 1
        if line == 0 and lowest > 0:
            return None
        content = text[line:end].strip()
        if not _LETTERS.search(content):  # blank, or a dateline
            continue
        if _BULLET.match(text, line, end):
            passed_list = True
            continue
        is_list_lead = content.endswith(":") and not passed_list  # it rules nothing after the list
        if in_list or is_list_lead or (len(content) <= _WIDTH and content[-1] not in _NO_HEADING):
            return line, end
    return None


def is_lead(text: str, line: tuple[int, int], start: int) -> bool:
    """Whether a ruling line (its offsets) leads a list in which an offset stands, or announces plans."""
    return leads_list(text, line, start) or is_plan(text[line[0] : line[1]])


def leads_list(text: str, line: tuple[int, int], start: int) -> bool:
    """Whether a ruling line ends with a colon, or what it rules at an offset is an item of a list."""
    own = text.rfind("\n", 0, start) + 1
    return text[line[0] : line[1]].rstrip().endswith(":") or _BULLET.match(text, own) is not None


def is_plan(line: str) -> bool:
    """Whether a heading or lead announces plans and no results; `line` is folded."""
    return _PLAN.search(line) is not None and _RESULT.search(line) is None
