"""Find everything in a text that reads as a quantity, whether or not it is a fact's value."""

from __future__ import annotations

import re

from chitieu.quantity.amount import Amount, read_amount, read_segment
from chitieu.quantity.model import QuantityError
from chitieu.quantity.normalise import compose_with_offsets, fold
from chitieu.quantity.numeral import PLAIN
from chitieu.quantity.tables import read_table
from chitieu.quantity.unit import COUNTED, MEASURES

_WORDS = [*read_table("numerals.json")["digits"], "mười"]
_START = re.compile(rf"(?<![0-9])[0-9]|(?<!\w)(?:{'|'.join(_WORDS)})(?!\w)", re.I)
# A digit that belongs to a name or a code: `m2`, `G20`, `QĐ12`, `CO2`; but `đạt134%` has lost a space.
_IN_A_CODE = re.compile(r"(?:^|[^\w])(?:[a-z]{1,2}|\w*[A-ZĐ]\w*|\w*[0-9_]\w*)$")
# One number needs no more than this many characters, so that a text of any length costs time in step with it.
_WINDOW = 160
_LONGEST_UNIT = 40
_WORD_END = re.compile(r"[^\W\d_](?!\w)|[%‰$€¥²³]|(?<=[mM])[23](?!\w)")
_CONNECTOR = re.compile(r" ?[-–—~÷] ?| ?(?:đến|tới) ", re.I)
_SLASH = re.compile(r" ?/ ?(?:0*1(?:[.,]?0)* )?")
_SPACES = {
    ord(space): " " for space in "\t\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f"
}
_DIGIT_GAP = re.compile(r"(?<=[0-9]) (?=[0-9])")


def find_quantities(text: str) -> list[tuple[int, int]]:
    """Find the numerals of a text with their scale words and known units.

    Maximal: `từ 5 đến 7 triệu đồng/người/tháng` yields `5 đến 7 triệu đồng/người/tháng`. A counted noun that no table
    holds is left out, and the number stands alone. Dates, ordinals and document numbers are numerals too: telling
    figures from the rest is a tagger's work. Of number words those are found that count something (`ba hợp tác xã`) or
    have a scale or more than one word; `một` and `năm` alone are an article and a year more often than numbers.

    Args:
        text: as stored, composed or not.

    Returns:
        (start, end) code point offsets into `text`, end exclusive, in order, disjoint; each starts at a digit or a
        number word.
    """
    line, offsets = compose_with_offsets(text)
    # Only a hard space groups digits in running text: in `8 120` two figures may meet.
    line = _DIGIT_GAP.sub("\n", line).translate(_SPACES)
    found: list[tuple[int, int]] = []
    position = 0
    while start := _START.search(line, position):
        at = start.start()
        end = _quantity_end(line, at)
        if end is None:
            position = start.end()
            continue
        found.append((at, end) if offsets is None else (offsets[at], offsets[end]))
        position = end
    return found


def _quantity_end(line: str, at: int) -> int | None:
    """Return where the quantity that starts at `at` ends; None where none does."""
    window = line[at : at + _WINDOW]
    if not window[0].isdigit():
        return _worded_end(window, at)
    if at and (line[at - 1].isalpha() or line[at - 1] == "_") and _IN_A_CODE.search(line[max(0, at - 12) : at]):
        return None
    amount = _amount(window)
    if amount is None:
        plain = PLAIN.match(window)
        return at + plain.end() if plain else None
    return at + _extended(window, amount)


def _amount(window: str) -> Amount | None:
    """Read the amount at the front of `window`, or as much of it as adds up."""
    try:
        return read_amount(window)
    except QuantityError:
        try:
            segment = read_segment(window, 0, leading=True)
        except QuantityError:
            return None
    return Amount(segment.value, segment.end, segment.exponent, (segment,)) if segment else None


def _worded_end(window: str, at: int) -> int | None:
    amount = _amount(window)
    if amount is None:
        return None
    end = _extended(window, amount)
    first = amount.segments[0]
    if first.exponent or " " in first.numeral or (end > amount.end and first.numeral not in ("một", "năm")):
        return at + end
    return None


def _extended(window: str, amount: Amount) -> int:
    """Return the end of `amount` with its unit, or with the other end of a range and the unit of both."""
    end = _unit_end(window, amount.end, amount.exponent)
    connector = _CONNECTOR.match(window, end)
    if connector and (window[connector.end() : connector.end() + 1].isdigit() or amount.segments[0].in_words):
        high = _amount(window[connector.end() :])
        if high is not None:
            upper_end = connector.end() + high.end
            unit_end = _unit_end(window, upper_end, high.exponent)
            # `35% đến 2040`: an upper end without a unit belongs to something else.
            if _ascends(amount, high) and (unit_end > upper_end or end == amount.end):
                return unit_end
    return end


def _ascends(low: Amount, high: Amount) -> bool:
    """Whether `high` can be the upper end, with its scale shared by a bare lower one."""
    return low.value <= high.value or (not low.exponent and low.value <= high.segments[0].value)


def _known_unit(window: str, at: int) -> int:
    """Return the end of the longest unit of the tables at `at`, `at` itself where there is none."""
    start = at + 1 if window[at : at + 1] == " " else at
    ends = [word.end() for word in _WORD_END.finditer(window, start, min(len(window), start + _LONGEST_UNIT))][:6]
    for end in reversed(ends):
        words = fold(window[start:end])
        if words in MEASURES or words in COUNTED:
            return end
    return at


def _unit_end(window: str, at: int, exponent: int) -> int:
    """Return the end of the unit at `at`, with what it is counted by: `đồng/người/tháng`."""
    end = _known_unit(window, at)
    if end == at and exponent < 3:
        return at
    while slash := _SLASH.match(window, end):
        denominator = _known_unit(window, slash.end())
        if denominator == slash.end():
            break
        end = denominator
    return end
