"""Units: what may follow a number, its canonical spelling, and whether it measures or counts."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from chitieu.quantity.model import QuantityError
from chitieu.quantity.normalise import fold
from chitieu.quantity.tables import either, read_table, spellings

_UNITS = read_table("units.json")
_NUMERALS = read_table("numerals.json")
MEASURES = spellings(_UNITS["measures"])
COUNTED = spellings(_UNITS["counted"])
_INDIVISIBLE = frozenset(_UNITS["indivisible_measures"])
_BELOW_SLASH: dict[str, str] = _UNITS["below_slash"]
_WITH_DIGITS = frozenset(_UNITS["words_with_digits"])
_SCALES = {*_NUMERALS["scales"], *_NUMERALS["parts_of_numbers"]} - {"chục", "trăm", "vạn"}
_SCALE_INSIDE = re.compile(
    rf"(?<!\w)(?!(?:{either(_NUMERALS['nouns_that_start_like_scales'])})(?!\w))(?:{either(_SCALES)})(?!\w)"
)
_MISSPELT = frozenset(_NUMERALS["misspelt_scales"])
_NUMBER_WORDS = frozenset(_NUMERALS["digits_after_tens"]) | {"mười", "mươi", "linh", "lẻ", "trăm"}
_LIKE_NUMBERS = tuple(fold(words) for words in _NUMERALS["units_that_start_like_numbers"])
_OUTSIDE = frozenset(_NUMERALS["words_outside_a_unit"])
# Nouns that end in `đồng` without being money; any other words before it are a scale that somebody mistyped.
_NOT_MONEY = frozenset({"hợp", "hội", "cộng", "lao", "tượng", "trống"})

_MAX_WORDS = 12
_SLASH = re.compile(r" ?/ ?")
_WORD = r"(?:[^\W\d_]+(?:[-'’.&^][^\W\d_]+)*|[%‰²³°$€¥][^\W\d_]*|[^\W\d_]+[²³$])"
_NOUN = re.compile(rf"{_WORD}(?:(?:, ?| - | & | ){_WORD})*")
_DENOMINATOR = re.compile(r"([0-9]+(?:[.,][0-9]+)*)(?: (?:trăm|nghìn|ngàn|vạn|triệu|tỷ|tỉ)(?= ))? ?")
# A rate is per one, or per a round number: `/01 xã`, `/100.000 dân`; `/118 xã` is the other half of a pair.
_PER = re.compile(r"0*1(?:[.,]?0)*")
_SEPARATORS = re.compile(r"[, ]+")


class Unit(NamedTuple):
    """A unit as written, in canonical form, and what it does."""

    written: str
    canonical: str
    is_measure: bool
    is_indivisible: bool


def _lower_capitals(words: str) -> str:
    """`Bộ, cơ quan Trung ương` -> lower case, but `HTX`, `kWh`, `OCOP` as they are."""
    return " ".join(word.lower() if word[1:] == word[1:].lower() else word for word in words.split(" "))


def _canonical_part(part: str, *, below: bool) -> str:
    """Return the canonical form of one side of a rate; `below` the slash `lượt` and `khách` are units of their own."""
    folded = fold(part)
    known = _BELOW_SLASH.get(folded) if below else None
    known = known or MEASURES.get(folded) or COUNTED.get(folded)
    if known:
        return known
    # `XÃ VIÊN` is a headline's noun, `ĐVTN` an abbreviation: only words that carry tone or vowel marks are lowered.
    is_headline = part.isupper() and any(unicodedata.decomposition(letter) for letter in part)
    return fold_tones(part.lower() if is_headline else _lower_capitals(part))


def fold_tones(words: str) -> str:
    """Place tone marks one way where that changes nothing else (`thuỷ` becomes `thủy`)."""
    folded = fold(words)
    if len(folded) != len(words):
        return words
    return "".join(new.upper() if old.isupper() else new for old, new in zip(words, folded, strict=True))


def _check_noun(noun: str, whole: str) -> None:
    """Raise where `noun` cannot be a unit, or one side of a rate."""
    words = [word for word in _SEPARATORS.split(noun) if fold(word) not in _WITH_DIGITS]
    if not words:
        return
    kept = " ".join(words)
    if any(char.isdigit() and char not in "²³" for char in kept):
        raise QuantityError("C506", f"there is another number in {whole!r}", remedy="a value holds one number or range")
    if len(words) > _MAX_WORDS:
        raise QuantityError(
            "C506", f"{whole!r} is too long for a unit", remedy="leave all but the counted noun outside"
        )
    if not _NOUN.fullmatch(noun if len(kept) == len(noun) else kept):
        raise QuantityError("C506", f"{whole!r} is not a unit", remedy="check for stray marks around the value")
    folded = [fold(word) for word in words]
    line = fold(kept)
    if folded[0] in _MISSPELT or _SCALE_INSIDE.search(line):
        raise QuantityError("C505", f"{whole!r} holds a scale word out of place", remedy="correct the scale word")
    if folded[0] in _NUMBER_WORDS and folded[0] != "năm" and not line.startswith(_LIKE_NUMBERS):
        raise QuantityError("C506", f"{whole!r} starts with another number", remedy="a value holds one number or range")
    if folded[0] == "phần" and len(folded) > 1 and folded[1] in _NUMBER_WORDS - {"trăm"}:
        raise QuantityError("C506", f"{whole!r} makes a fraction", remedy="a fraction has no exact value; leave it out")
    padded = f" {line} "
    for outside in _OUTSIDE:
        if f" {outside} " in padded:
            raise QuantityError("C506", f"{outside!r} is no part of a unit", remedy="leave it outside the value")
    if folded[-1] == "đồng" and len(folded) > 1 and folded[-2] not in _NOT_MONEY:
        raise QuantityError("C505", f"{folded[-2]!r} before đồng is no scale word", remedy="correct the scale word")


@lru_cache(maxsize=4096)
def read_unit(text: str) -> Unit:
    """Read what follows a number.

    Args:
        text: normalised, not empty.

    Raises:
        QuantityError: C505 or C506, where it is no unit.
    """
    folded = fold(text)
    canonical = MEASURES.get(folded)
    if canonical is not None:
        return Unit(text, canonical, True, canonical in _INDIVISIBLE)
    canonical = COUNTED.get(folded)
    if canonical is not None:
        return Unit(text, canonical, False, True)
    head, *denominators = _SLASH.split(text)
    if not head or not all(denominators):
        raise QuantityError("C506", f"{text!r} has nothing on one side of a slash", remedy="check the value's ends")
    canonicals = [_canonical_part(head, below=False)]
    head_is_measure = fold(head) in MEASURES
    if not head_is_measure:
        _check_noun(head, text)
    for part in denominators:
        number = _DENOMINATOR.match(part)
        noun = part[number.end() :] if number else part
        if not noun or (number and not _PER.fullmatch(number[1])):
            raise QuantityError("C504", f"{text!r} holds a second value after a slash", remedy="split the pair first")
        _check_noun(noun, text)
        per = number[0].strip() if number else ""
        if number and number[1].lstrip("0") == "1":
            per = per[len(number[1]) :].strip()  # `/01 xã` is `/xã`
        canonicals.append(f"{per} {_canonical_part(noun, below=True)}".strip())
    indivisible = head_is_measure and canonicals[0] == "đồng" if denominators else not head_is_measure
    return Unit(text, "/".join(canonicals), head_is_measure, indivisible)


def read_rate(text: str) -> Unit:
    """Read `/người/tháng`, which follows a bare scale word: money in đồng, left unsaid.

    Raises:
        QuantityError: as `read_unit`.
    """
    unit = read_unit("đồng" + text)
    return Unit(text, unit.canonical, True, True)
