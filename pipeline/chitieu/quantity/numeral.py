"""Numerals, in digits and in words, to exact numbers."""

from __future__ import annotations

import re
from decimal import Decimal

from chitieu.quantity.model import QuantityError
from chitieu.quantity.tables import read_table

_TABLE = read_table("numerals.json")
_DIGITS: dict[str, int] = _TABLE["digits"]
_AFTER_TENS: dict[str, int] = _TABLE["digits_after_tens"]
_AFTER_ZERO: dict[str, int] = _TABLE["digits_after_zero"]
_NOT_A_NUMBER: dict[str, frozenset[str]] = {word: frozenset(after) for word, after in _TABLE["not_a_number"].items()}

# `12 345 678,9`: groups of three after spaces, and no digit that could belong elsewhere.
SPACED = re.compile(r"[1-9][0-9]{0,2}(?: [0-9]{3})+(?:,[0-9]+)?(?![0-9]|[.,] ?[0-9]| [0-9])")
PLAIN = re.compile(r"[0-9]+(?:[.,][0-9]+)*")
_GROUPED = re.compile(r"[1-9][0-9]{0,2}(?:[.,][0-9]{3})+")


def read_digits(numeral: str) -> Decimal:
    """Read a numeral in digits, the Vietnamese way first.

    `.` groups thousands and `,` is the decimal mark. The English way is read only where it is the one way left: a lone
    `.` before one or two digits, or `,` that groups before a `.` or more than once. `1,520` is therefore 1.52; a caller
    that knows the unit to be indivisible may ask `reads_as_thousands`.

    Raises:
        QuantityError: C503, where neither way fits (`446.4000`, `1.23.456`).
    """
    dots, commas = numeral.count("."), numeral.count(",")
    if " " in numeral:
        return Decimal(numeral.replace(" ", "").replace(",", "."))
    if not dots and commas < 2:
        return Decimal(numeral.replace(",", "."))
    if not commas:
        if _GROUPED.fullmatch(numeral):
            return Decimal(numeral.replace(".", ""))
        whole, _, decimals = numeral.partition(".")
        if dots == 1 and (len(decimals) < 3 or (whole == "0" and len(decimals) == 3)):
            return Decimal(numeral)
    elif not dots:
        if _GROUPED.fullmatch(numeral):
            return Decimal(numeral.replace(",", ""))
    elif commas == 1 and numeral.rfind(",") > numeral.rfind("."):
        whole, _, decimals = numeral.partition(",")
        if _GROUPED.fullmatch(whole):
            return Decimal(whole.replace(".", "") + "." + decimals)
    elif dots == 1 and numeral.rfind(".") > numeral.rfind(","):
        whole, _, decimals = numeral.partition(".")
        # `1,234.567` could also be a slip for 1.234.567: only what cannot be another group of thousands is read.
        if _GROUPED.fullmatch(whole) and (len(decimals) < 3 or commas > 1):
            return Decimal(whole.replace(",", "") + "." + decimals)
    raise QuantityError(
        "C503", f"the marks in {numeral!r} fit no way of writing a number", remedy="correct the numeral"
    )


def reads_as_thousands(numeral: str) -> bool:
    """Whether a numeral such as `26,700` reads as thousands where its unit knows no thousandths."""
    return numeral.count(",") == 1 and "." not in numeral and _GROUPED.fullmatch(numeral) is not None


def _read_below_hundred(words: list[str], at: int) -> tuple[int, int] | None:
    """Read `mười lăm`, `hai mươi mốt`, `ba chục`, `bảy` at `words[at]` -> the number and the place after it."""
    first = words[at] if at < len(words) else ""
    following = words[at + 1] if at + 1 < len(words) else ""
    if first == "mười":
        # `mười năm` is ten years; fifteen is `mười lăm`.
        if following in _AFTER_TENS and following not in ("mốt", "tư"):
            return 10 + _AFTER_TENS[following], at + 2
        return 10, at + 1
    if first not in _DIGITS:
        return None
    tens = _DIGITS[first]
    if following == "mươi":
        third = words[at + 2] if at + 2 < len(words) else ""
        if third in _AFTER_TENS:
            return 10 * tens + _AFTER_TENS[third], at + 3
        return 10 * tens, at + 2
    if following == "chục":
        return 10 * tens, at + 2
    return tens, at + 1


def read_words(words: list[str], at: int, *, leading: bool) -> tuple[int, int] | None:
    """Read the number below a thousand that the words from `words[at]` spell.

    Args:
        words: lower-case words.
        at: where to start.
        leading: whether nothing precedes: `không trăm` and `linh` need a thousand before them.

    Returns:
        The number and the place after its last word; None where no number starts, or the words are something else
        (`năm nay`, `một số`, `ba lô`).
    """
    first = words[at] if at < len(words) else ""
    following = words[at + 1] if at + 1 < len(words) else ""
    if leading and following in _NOT_A_NUMBER.get(first, ()):
        return None
    if not leading and first in ("linh", "lẻ") and following in _AFTER_ZERO:
        return _AFTER_ZERO[following], at + 2
    if following == "trăm" and (first in _DIGITS or (first == "không" and not leading)):
        hundreds = 100 * _DIGITS.get(first, 0)
        return _read_after_hundreds(words, at + 2, hundreds)
    return _read_below_hundred(words, at)


def _read_after_hundreds(words: list[str], at: int, hundreds: int) -> tuple[int, int]:
    """Go on after `ba trăm`: a tens part, `linh` and a digit, or nothing."""
    first = words[at] if at < len(words) else ""
    following = words[at + 1] if at + 1 < len(words) else ""
    if first in ("linh", "lẻ") and following in _AFTER_ZERO:
        return hundreds + _AFTER_ZERO[following], at + 2
    if first == "rưỡi":
        return hundreds + 50, at + 1
    if first == "mười" or (first in _DIGITS and following in ("mươi", "chục")):
        tens = _read_below_hundred(words, at)
        if tens is not None:
            return hundreds + tens[0], tens[1]
    # `ba trăm hai` is 320 to some ears: the digit is left, and refused as a unit that starts with a number.
    return hundreds, at
