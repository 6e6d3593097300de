"""Parse the surface of a VALUE span, all of it, or say why not."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache

from chitieu.quantity.amount import Amount, read_amount, scaled
from chitieu.quantity.model import Quantity, QuantityError
from chitieu.quantity.normalise import fold, normalise
from chitieu.quantity.tables import read_table
from chitieu.quantity.unit import Unit, read_rate, read_unit

MAX_LENGTH = 200
# Decomposed, a letter takes up to three characters.
_MAX_STORED = 4 * MAX_LENGTH
_OUTSIDE = tuple(f"{words} " for words in read_table("numerals.json")["words_outside_a_value"])
_SIGN = re.compile(r"[-+–](?=[0-9])")
_CONNECTOR = r"(?: ?[-–—~÷] ?| ?(?:đến|tới) )"
_RANGE = re.compile(_CONNECTOR, re.I)
_RANGE_AFTER_UNIT = re.compile(rf"((?:[^0-9]|(?<=m)[23])+?){_CONNECTOR}(?=[0-9])", re.I)
_WRITTEN_OUT = 1000
_HALF = re.compile(r"(.*) rưỡi", re.I)


def parse_quantity(text: str) -> Quantity:
    """Parse a whole expression: a number or a range, its scale words, and its unit.

    `parse_quantity("3,24 tỷ đồng/năm")` is 3240000000 `đồng/năm`; `"5 đến 7 triệu đồng"` is 5000000 to 7000000
    `đồng`; `"ba hợp tác xã"` is 3 with the canonical unit `HTX`. The sign of `-2,5%` is dropped, as the guidelines
    have it: a value is positive as written, and what makes it negative belongs to the metric.

    Args:
        text: the surface of a VALUE span, composed or decomposed, at most 200 composed characters.

    Raises:
        QuantityError: codes C501 to C507; never a number read from a part of the text.
    """
    if len(text) > _MAX_STORED:
        raise QuantityError("C501", f"{len(text)} characters are no quantity", remedy=f"at most {MAX_LENGTH}")
    return _parse(text)


@lru_cache(maxsize=8192)
def _parse(text: str) -> Quantity:
    line = normalise(text)
    if len(line) > MAX_LENGTH:
        raise QuantityError("C501", f"{len(line)} characters are no quantity", remedy=f"at most {MAX_LENGTH}")
    if not line:
        raise QuantityError("C501", "the text of a quantity is empty", remedy="a value needs at least a numeral")
    sign = _SIGN.match(line)
    start = sign.end() if sign else 0
    low = read_amount(line, start)
    if low is None:
        raise _no_number(line)
    connector = _RANGE.match(line, low.end)
    if connector and (high := read_amount(line, connector.end())):
        return _range(line, low, high, None)
    inner = _RANGE_AFTER_UNIT.match(line, low.end)
    if inner and (high := read_amount(line, inner.end())):
        return _range(line, low, high, read_unit(inner[1].strip()))
    value, unit = _with_unit(line, low)
    return _quantity(value, None, unit)


def _no_number(line: str) -> QuantityError:
    for words in _OUTSIDE:
        if fold(line).startswith(words):
            return QuantityError("C502", f"{words.strip()!r} is no part of a value", remedy="start it at the numeral")
    return QuantityError("C502", f"{line!r} does not start with a number", remedy="start the value at its numeral")


def _with_unit(line: str, amount: Amount) -> tuple[Decimal, Unit | None]:
    """Read what follows `amount` to the end of `line` -> its value in the light of the unit, the unit."""
    rest = line[amount.end :]
    if rest.startswith(".đ") and amount.exponent:
        rest = rest[1:]  # `tr.đ`, `tỷ.đ`
    rest = rest.strip()
    if not rest:
        return amount.value, None
    if rest[0] == "/":
        if rest[1:].lstrip()[:1].isdigit():
            raise QuantityError("C504", f"{line!r} is a slash pair, two values", remedy="split it (split_slash)")
        if amount.exponent >= 3:
            return amount.value, read_rate(rest)
    value = amount.value
    half = _HALF.fullmatch(rest)
    if half and not amount.exponent and value == int(value):
        unit = read_unit(half[1])  # `3 năm rưỡi`
        if unit.is_measure:
            return value + Decimal("0.5"), unit
    unit = read_unit(rest)
    if unit.is_indivisible and amount.as_thousands is not None:
        return amount.as_thousands, unit
    return value, unit


def _range(line: str, low: Amount, high: Amount, low_unit: Unit | None) -> Quantity:
    """Join two ends: a bare lower end shares the scale of the upper one."""
    top, unit = _with_unit(line, high)
    first = low.segments[0]
    bottom = low.value
    if low_unit is not None:
        # `4.500 đồng đến 7.000 đồng/kg`, `2 người đến 10 người lao động`: what follows in the upper end holds for both.
        if unit is None or not f"{unit.canonical}/".startswith((f"{low_unit.canonical}/", f"{low_unit.canonical} ")):
            raise QuantityError("C507", f"the two ends of {line!r} have two units", remedy="write one unit for both")
    elif not low.exponent:
        if len(high.segments) > 1 or (first.in_words and first.value < 10 and high.segments[0].value >= 20):
            raise QuantityError(
                "C507", f"{line!r} does not say what its lower end counts", remedy="write its scale out"
            )
        if top != high.value and low.as_thousands is not None:
            bottom = low.as_thousands
        shared = scaled(bottom, high.exponent)
        # `600.000 đến 2 triệu đồng`: a number written out in full shares no scale word.
        bottom = bottom if shared > top >= bottom >= _WRITTEN_OUT else shared
    if bottom > top:
        raise QuantityError("C507", f"the range {line!r} goes down", remedy="write the lower end first")
    return _quantity(bottom, top, unit)


def _quantity(value: Decimal, high: Decimal | None, unit: Unit | None) -> Quantity:
    if unit is None:
        return Quantity(value, high, None, None, False)
    return Quantity(value, high, unit.written, unit.canonical, unit.is_measure)


_PAIR = re.compile(r"\s*([^/]*[^/\s])(\s*/\s*)([0-9０-９].*)", re.S)


def read_quantity(text: str) -> Quantity | None:
    """The quantity of a text, or None where it is none: `parse_quantity` for spans that nobody has checked."""
    try:
        return parse_quantity(text)
    except QuantityError:
        return None


def split_slash(text: str) -> tuple[str, str] | None:
    """Split a slash pair, two values by the guidelines, into its halves as written.

    `1.183/1000 Tổ hợp tác` gives `1.183` and `1000 Tổ hợp tác`; a first half without a unit takes the second's (see
    `parse_pair`).

    Returns:
        The two halves; None for what is no pair (`5 triệu đồng/1 ha` is a rate, `1/1/2020` a date).
    """
    if len(text) > MAX_LENGTH or not (found := _PAIR.fullmatch(text)):
        return None
    first, second = found[1], found[3].rstrip()
    try:
        parse_quantity(second)
        bare = parse_quantity(first).unit is None
    except QuantityError:
        return None
    return (first, second) if bare or parse_quantity(first).unit == parse_quantity(second).unit else None


def parse_pair(text: str) -> tuple[Quantity, Quantity]:
    """Parse both halves of a slash pair; the first without a unit of its own has the second's.

    Raises:
        QuantityError: C504 where `text` is no pair.
    """
    halves = split_slash(text)
    if halves is None:
        raise QuantityError("C504", f"{text[:MAX_LENGTH]!r} is no slash pair", remedy="parse it as one quantity")
    first, second = (parse_quantity(half) for half in halves)
    if first.unit is None:
        first = Quantity(first.value, None, second.unit, second.canonical_unit, second.is_measure)
    return first, second
