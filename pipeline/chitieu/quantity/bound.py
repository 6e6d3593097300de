"""Bounds: how the words around a VALUE span limit its number."""

from __future__ import annotations

import re

from chitieu.labels import Bound
from chitieu.quantity.model import Quantity
from chitieu.quantity.normalise import fold, normalise
from chitieu.quantity.tables import either, read_table

_TABLE = read_table("bounds.json")
_WINDOW = 80
# A window of this many characters may begin inside a word; `ước` must then not be what is left of `nước`.
_LONG_ENOUGH_TO_BE_CUT = 40


def _alternatives(words: list[str]) -> str:
    return either(fold(word) for word in words)


def _cue(name: str) -> str:
    return f"(?P<{name}>{_alternatives(_TABLE['before'][name])})"


def _not_behind(words: list[str]) -> str:
    """A pattern for where none of some words stands right before."""
    return "".join(rf"(?<!^{word} )(?<!\W{word} )" for word in words)


_GLUE = _alternatives(_TABLE["glue"])
_END = r"[ (\[“\"'–:)+-]*$"
# Plain words that may stand between a superlative and its number: `ít nhất mỗi huyện 2 HTX`.
_FREE = r"(?: [^\W\d_]+){0,3}"
_LEAST_OR_MOST = r"(?P<least>ít nhất|tối thiểu)|(?P<most>tối đa)|không (?P<over>(?:\w+ ){0,4}(?:vượt )?quá)"
# `giám sát`, `khảo sát` come near nothing; `hải quan gần` does.
_NEARNESS = rf"(?P<near>{_not_behind(_TABLE['no_nearness'])}sát)"
_CUE = re.compile(
    rf"(?<!\w)(?:{_cue('min')}|{_cue('max')}|{_cue('approx')}|{_NEARNESS})(?: (?:{_GLUE})){{0,2}}{_END}"
    rf"|(?<!\w)(?:{_LEAST_OR_MOST}){_FREE}{_END}"
)
_COMPARATIVE = re.compile(rf"(?<!\w)(?:{_alternatives(_TABLE['comparatives'])}) hơn(?: (?:{_GLUE}))*{_END}")
# `con số nói trên là 5`: there `trên` points back.
_POINTING_BACK = re.compile(rf"(?<!\w)trên (?:là|có|còn|được){_END}")
_CALENDAR = r"(?:(?:cả |trong |hết )?(?:năm|tháng|quý) [0-9ivx/-]+|[0-9]+ tháng(?: đầu| cuối)?(?: năm(?: [0-9]{4})?)?)"
# `giao ước`, `hiệp ước` are no estimates.
_ESTIMATE = re.compile(
    rf"(?<!\w){_not_behind(_TABLE['no_estimate'])}ước(?: tính)?(?: {_CALENDAR}| [^\W\d_]+){{0,8}}{_END}"
)
_AFTER = {
    Bound.MIN: re.compile(rf"(?: [^\W\d_]+){{0,4}} ?\(?(?:{_alternatives(_TABLE['after']['min'])})(?!\w)"),
    Bound.MAX: re.compile(rf"(?: [^\W\d_]+){{0,4}} ?\(?(?:{_alternatives(_TABLE['after']['max'])})(?!\w)"),
}
_FROM = re.compile(rf"(?<!\w)từ{_END}")
# `từ 40 HTX và 60 THT trở lên` bounds both.
_AND_MORE = re.compile(rf" (?:và|hoặc) [0-9][\w ]{{0,24}}? (?:{_alternatives(_TABLE['after']['min'])})(?!\w)")
_TO = re.compile(r" (?:đến|tới) (?P<limit>dưới )?(?:hơn |gần |khoảng |trên )?[0-9]")
_CHANGED = re.compile(r"(?<!\w)(?:lên|xuống|còn|về|tăng|giảm|nay|tới|đến|thành|sang)(?!\w)")
_CHANGE_FROM = re.compile(rf"(?<!\w)(?:{_alternatives(_TABLE['changes'])})(?: [^\W\d_]+){{0,6}} từ(?!\w)")
_PLAN_FROM = re.compile(rf"(?<!\w)(?:{_alternatives(_TABLE['plans'])})(?: [^\W\d_]+){{0,4}} từ{_END}")
_FROM_TO = re.compile(r"(?<!\w)từ [0-9][^.;:\n]{0,30}? (?:đến|tới)(?: hơn| gần| khoảng| trên)?$")


def read_bound(before: str, after: str, quantity: Quantity) -> Bound:
    """Read the bound of a value from the characters on both sides of its span.

    The nearest cue rules: `ước đạt hơn 5` is at least 5, `khoảng gần 5` about 5. A comparison bounds nothing:
    `cao hơn 5%` is exactly 5% higher.

    Args:
        before: text before the span; the last 80 characters count, and only those of the same line.
        after: text after the span; 30 characters are enough.
        quantity: what the span parses to.

    Returns:
        RANGE for a quantity with two ends, or one end of a range that spans two values; MIN, MAX or APPROX by the
        words around; else EXACT.
    """
    if quantity.is_range:
        return Bound.RANGE
    left = _left(before)
    right = fold(" " + normalise(re.split(r"[\n.;:,]", after, maxsplit=1)[0])) if after else ""
    for bound, pattern in _AFTER.items():
        if pattern.match(right):
            return bound
    if _FROM.search(left):
        return _read_from(left, right)
    if not _CHANGE_FROM.search(left) and _FROM_TO.search(left):
        return Bound.RANGE
    return _read_cue(left)


def _left(before: str) -> str:
    line = before[-4 * _WINDOW :].rsplit("\n", 1)[-1]
    if len(line) >= _LONG_ENOUGH_TO_BE_CUT and not line[0].isspace():
        line = line.split(None, 1)[-1] if " " in line else line
    return fold(normalise(line[-_WINDOW:]))


def _read_from(left: str, right: str) -> Bound:
    """Tell apart `từ 45 HTX` (at least), `từ 5 triệu đến 7 triệu` (range) and `tăng từ 5 lên 7` (exact)."""
    if _CHANGE_FROM.search(left):
        return Bound.EXACT
    if to := _TO.match(right):
        return Bound.MIN if to["limit"] else Bound.RANGE
    if _AND_MORE.match(right):
        return Bound.MIN
    if _PLAN_FROM.search(left) and not _CHANGED.search(right):
        return Bound.MIN
    return _read_cue(left)


def _read_cue(left: str) -> Bound:
    if _POINTING_BACK.search(left):
        return Bound.EXACT
    if not _COMPARATIVE.search(left):
        found = _CUE.search(left)
        if found is not None:
            if found["min"] or found["least"]:
                return Bound.MIN
            return Bound.APPROX if found["approx"] or found["near"] else Bound.MAX
        if _ESTIMATE.search(left):
            return Bound.APPROX
    elif re.search(r"không (?:thấp|ít|nhỏ|kém) hơn", left):
        return Bound.MIN
    elif re.search(r"không (?:cao|nhiều|lớn) hơn", left):
        return Bound.MAX
    return Bound.EXACT
