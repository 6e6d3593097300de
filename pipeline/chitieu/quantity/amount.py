"""Amounts: numerals with their scale words, summed (`394 tỷ 581 triệu`, `hai triệu rưỡi`)."""

from __future__ import annotations

import re
from decimal import Context, Decimal
from typing import NamedTuple

from chitieu.quantity.model import QuantityError
from chitieu.quantity.numeral import PLAIN, SPACED, read_digits, read_words, reads_as_thousands
from chitieu.quantity.tables import either, read_table

_TABLE = read_table("numerals.json")
_EXPONENTS: dict[str, int] = _TABLE["scales"]
# `5 tỷ phú` are five people.
_NO_SCALE = rf"(?!(?:{either(_TABLE['nouns_that_start_like_scales'])})(?!\w))"
_SCALE = re.compile(rf" ?{_NO_SCALE}({either(_EXPONENTS)})(?=\W|đ(?!\w)|$)", re.I)
_WORD = re.compile(r" ?([^\W\d_]+)")
_HALF = re.compile(r" rưỡi(?!\w)", re.I)
# `12 trăm` is said; `300 trăm lớp` is 300 whose writer changed his mind.
_MOST_HUNDREDS = 20
# Tỷ, triệu, nghìn, the rest, and one to spare; what goes on longer is no amount.
_MAX_SEGMENTS = 5
_MAX_DIGITS = 24
# Wide enough that no product or sum of admitted numerals is ever rounded.
_EXACT = Context(prec=80)
_TEN = Decimal(10)


class Segment(NamedTuple):
    """One numeral and its scale: `581 triệu` is 581 with exponent 6."""

    value: Decimal
    exponent: int
    numeral: str
    in_words: bool
    end: int


class Amount(NamedTuple):
    """A number read from the front of a text.

    Attributes:
        value: with all scales folded in.
        end: where it ends in the text.
        exponent: power of ten of its last scale word, 0 without one: what a bare lower end of a range shares.
        segments: the numerals it is made of.
    """

    value: Decimal
    end: int
    exponent: int
    segments: tuple[Segment, ...]

    @property
    def as_thousands(self) -> Decimal | None:
        """The other reading of a bare `26,700`, for a unit that knows no thousandths; None for all else."""
        first = self.segments[0]
        if len(self.segments) == 1 and not first.exponent and not first.in_words and reads_as_thousands(first.numeral):
            return Decimal(first.numeral.replace(",", ""))
        return None


def scaled(value: Decimal, exponent: int) -> Decimal:
    """Return `value` × 10 ** `exponent`, exact, written without an exponent."""
    if exponent:
        value = _EXACT.multiply(value, _EXACT.power(_TEN, exponent))
    whole = int(value)
    return Decimal(whole) if whole == value else value


def _read_scales(text: str, at: int) -> tuple[int, int]:
    """Read the run of scale words at `at` -> the power of ten, the place after it."""
    exponent, last = 0, 0
    while found := _SCALE.match(text, at):
        power = _EXPONENTS[found[1].lower()]
        if power <= last:
            raise QuantityError("C505", f"the scale words in {text!r} do not go together", remedy="correct the scale")
        exponent, last, at = exponent + power, power, found.end()
    return exponent, at


def _read_words_at(text: str, at: int, *, leading: bool) -> tuple[int, str, int] | None:
    """Read number words at `at` -> the number, its words, the place after them."""
    words: list[str] = []
    ends: list[int] = []
    position = at
    while len(words) < 8 and (found := _WORD.match(text, position)):
        words.append(found[1].lower())
        position = found.end()
        ends.append(position)
    read = read_words(words, 0, leading=leading)
    if read is None:
        return None
    number, count = read
    return number, " ".join(words[:count]), ends[count - 1]


def read_segment(text: str, at: int, *, leading: bool, in_words: bool | None = None) -> Segment | None:
    """Read one numeral and its scale words at `at`; None where no number starts there.

    Args:
        text: normalised.
        at: where to start; a space there is skipped where something precedes.
        leading: whether nothing precedes it.
        in_words: True for words only, False for digits only, None for either.
    """
    if not leading and text[at : at + 1] == " " and not in_words:
        at += 1
    found = None if in_words else SPACED.match(text, at) or PLAIN.match(text, at)
    if found:
        numeral, end = found[0], found.end()
        if len(numeral) > _MAX_DIGITS:
            raise QuantityError("C503", f"{numeral!r} is too long for a figure", remedy="check the numeral")
        value = read_digits(numeral)
    elif in_words is False:
        return None
    else:
        words = _read_words_at(text, at, leading=leading)
        if words is None:
            return None
        value, numeral, end = Decimal(words[0]), words[1], words[2]
    exponent, end = _read_scales(text, end)
    if exponent and (half := _HALF.match(text, end)):
        value, end = value + Decimal("0.5"), half.end()
    if 0 < exponent < 3 and value > _MOST_HUNDREDS:
        raise QuantityError(
            "C505", f"{numeral} hundreds or tens is a slip in {text!r}", remedy="correct the scale word"
        )
    return Segment(value, exponent, numeral, found is None, end)


def _fills(segment: Segment, exponent: int) -> bool:
    """Whether a bare number after a scale can only be its remainder: `3 nghìn 200`, but not `1 tỷ 2`."""
    if segment.in_words:
        return exponent == 3 and " " in segment.numeral
    return len(segment.numeral.replace(".", "")) == exponent and "," not in segment.numeral


def _add(segments: list[Segment], text: str) -> Decimal:
    """Sum `394 tỷ 581 triệu`; multiply where a larger scale closes what precedes (`1 nghìn 200 tỷ`)."""
    trouble = QuantityError("C505", f"the amounts in {text!r} do not add up one way", remedy="write it in one scale")
    first = segments[0]
    total, exponent, value = scaled(first.value, first.exponent), first.exponent, first.value
    for number, segment in enumerate(segments[1:], start=1):
        part = scaled(segment.value, segment.exponent)
        if value != int(value) or segment.exponent == exponent:
            raise trouble
        if segment.exponent < exponent:
            if part >= scaled(Decimal(1), exponent) or (not segment.exponent and not _fills(segment, exponent)):
                raise trouble
            total = _EXACT.add(total, part)
        elif number == 1 and exponent == 3 and segment.value < 1000 and _fills(segment, exponent):
            total = scaled(_EXACT.add(total, segment.value), segment.exponent)
        else:
            raise trouble
        exponent, value = segment.exponent, segment.value
    return scaled(total, 0)


def read_amount(text: str, at: int = 0) -> Amount | None:
    """Read the number with its scale words that starts at `at`.

    Args:
        text: normalised (see `normalise`).
        at: where to start.

    Returns:
        The amount; None where no number starts there.

    Raises:
        QuantityError: C503 or C505, where what starts there is a number in part only.
    """
    segment = read_segment(text, at, leading=True)
    if segment is None:
        return None
    segments = [segment]
    while (
        len(segments) < _MAX_SEGMENTS
        and segments[-1].exponent
        and (following := read_segment(text, segments[-1].end, leading=False, in_words=segment.in_words))
    ):
        segments.append(following)
    return Amount(_add(segments, text), segments[-1].end, segments[-1].exponent, tuple(segments))
