"""Reading a fact out of its words: which quantity each VALUE states, and the metric's text (guidelines §4)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from chitieu.labels import Kind
from chitieu.quantity import Quantity, read_quantity

_NUMBER_AND_UNIT = re.compile(r"[\d.,]*\d\s*(.*)\Z", re.DOTALL)
_NAMES_A_COUNT = re.compile(r"(?:tổng số|số lượng|số) \w")


def composed(surface: str) -> str:
    """A mention as it is written out: composed letters, white space collapsed."""
    return " ".join(unicodedata.normalize("NFC", surface).split())


def read_quantities(text: str, values: Iterable[tuple[int, int]]) -> dict[tuple[int, int], Quantity | None]:
    """The quantity of each VALUE span of a text; None where the words are none.

    A numeral without a unit that a slash joins to the next VALUE has that one's unit: `1.183/1000 Tổ hợp tác`.

    Args:
        text: the article's text, as stored.
        values: offsets of the VALUE spans, start inclusive, end exclusive.
    """
    values = list(values)
    ends = dict(values)
    quantities: dict[tuple[int, int], Quantity | None] = {}
    for start, end in values:
        surface = text[start:end]
        quantity = read_quantity(surface)
        after = end + 1
        if quantity is not None and quantity.unit is None and text[end:after] == "/" and after in ends:
            unit = _NUMBER_AND_UNIT.match(text[after : ends[after]])
            if unit and unit.group(1):
                quantity = read_quantity(f"{surface} {unit.group(1)}") or quantity
        quantities[start, end] = quantity
    return quantities


def read_metric(
    value: tuple[int, Quantity],
    pieces: Sequence[tuple[int, str]],
    of: tuple[int, Quantity] | None = None,
    kind: Kind = Kind.LEVEL,
) -> str | None:
    """The metric's text: its pieces in text order, with the counted noun in its place.

    A measure (`%`, `đồng`, `ha`) is not added, nor a noun that the pieces already hold. The noun of `of` is appended
    where the text has it not; for a completion, and for a value without a unit, it stands where the value's own would.

    Args:
        value: offset of the VALUE span's start, and what it states.
        pieces: offset and surface of each METRIC piece, in any order.
        of: offset and quantity of the VALUE whose counted noun the figure belongs to.
        kind: the fact's kind.

    Returns:
        The text, composed, white space collapsed; where there is nothing else, the unit, or None.
    """
    words = [(start, composed(surface)) for start, surface in sorted(pieces)]
    said = " ".join(surface for _, surface in words).lower()
    start, quantity = value
    noun, is_measure, appended = quantity.unit, quantity.is_measure, None if of is None else of[1].unit
    if of is not None and appended and (kind is Kind.COMPLETION or not noun):
        start, noun, is_measure, appended = of[0], of[1].unit, of[1].is_measure, None
    if noun and not is_measure and not _holds(said, noun.lower()):
        words.append((start, noun))
    text = " ".join(surface for _, surface in sorted(words))
    if appended and not _has_words(text.lower(), appended.lower()):
        text = f"{text} {appended}"
    return text.strip() or quantity.unit


def _holds(said: str, noun: str) -> bool:
    """Whether the pieces name what is counted: by its noun, or as a number of something (`số người`, `tổng số lớp`)."""
    return _has_words(said, noun) or bool(_NAMES_A_COUNT.match(said))


def _has_words(said: str, noun: str) -> bool:
    return bool(re.search(rf"(?<!\w){re.escape(noun)}(?!\w)", said))
