"""When two facts are the same (guidelines §7): field by field, and one to one within an article."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from chitieu.scoring.rows import Row

RELATIVE_TOLERANCE = 1e-6  # guidelines §7
METRIC_F1 = 0.5  # guidelines §7
FIELDS = ("value", "metric", "year", "status", "org", "kind", "bound")

# The two spellings of a tone on `oa oe uy`: hoà and hòa are one word.
_NEW_STYLE = {
    first + toned: old + second
    for first, second, toned_letters, old_letters in (
        ("o", "a", "àáảãạ", "òóỏõọ"),
        ("o", "e", "èéẻẽẹ", "òóỏõọ"),
        ("u", "y", "ỳýỷỹỵ", "ùúủũụ"),
    )
    for toned, old in zip(toned_letters, old_letters, strict=True)
}
_TONES = re.compile("|".join(_NEW_STYLE))
_AREA = re.compile(r"(?:toàn|cả|trên địa bàn|địa bàn)?\s*(?:tỉnh|thành phố|huyện|xã|thị xã)\Z")
_SAME_UNIT = {
    "tổ hợp tác": "tht",
    "hợp tác xã": "htx",
    "tỉ đồng": "tỷ đồng",
    "vnd": "đồng",
    "đ": "đồng",
    "hecta": "ha",
    "héc ta": "ha",
    "phần trăm": "%",
    "khách": "lượt khách",
    "lượt": "lượt khách",
    "lượt người": "lượt khách",
}


@dataclass(frozen=True, slots=True)
class Agreement:
    """Which fields of a predicted fact agree with the gold fact that it is held against."""

    value: bool
    metric: bool
    year: bool
    status: bool
    org: bool
    kind: bool
    bound: bool

    @property
    def core(self) -> bool:
        """Value, metric, year and status at once."""
        return self.value and self.metric and self.year and self.status

    @property
    def full(self) -> bool:
        """Core, and the organisation."""
        return self.core and self.org

    def wrong(self) -> tuple[str, ...]:
        """The names of the fields that disagree."""
        return tuple(name for name in FIELDS if not getattr(self, name))


@dataclass(frozen=True, slots=True)
class Match:
    """A predicted and a gold fact held against each other, by their places in the lists given."""

    predicted: int
    gold: int
    agreement: Agreement


def match_facts(predicted: Sequence[Row], gold: Sequence[Row]) -> list[Match]:
    """Pair predicted with gold facts whose VALUE spans overlap, each at most once, best agreement first.

    The best agreement is the most core fields, then the organisation, then the longest overlap, then the earlier fact.
    """
    pairs = []
    for i, p in enumerate(predicted):
        for j, g in enumerate(gold):
            overlap = min(p.span[1], g.span[1]) - max(p.span[0], g.span[0])
            if overlap > 0:
                agreement = agree(p, g)
                core_fields = agreement.value + agreement.metric + agreement.year + agreement.status
                pairs.append(((core_fields, agreement.org, overlap, -i, -j), Match(i, j, agreement)))
    pairs.sort(key=lambda pair: pair[0], reverse=True)
    taken_predicted: set[int] = set()
    taken_gold: set[int] = set()
    matches = []
    for _, match in pairs:
        if match.predicted not in taken_predicted and match.gold not in taken_gold:
            taken_predicted.add(match.predicted)
            taken_gold.add(match.gold)
            matches.append(match)
    return matches


def agree(predicted: Row, gold: Row) -> Agreement:
    """Compare a predicted fact with a gold one, field by field."""
    return Agreement(
        value=_same_number(predicted.value, gold.value)
        and _same_number(predicted.value_high, gold.value_high)
        and _same_unit(predicted.unit, gold.unit),
        metric=_word_f1(predicted.metric, gold.metric) >= METRIC_F1,
        year=not gold.years or bool(predicted.years and predicted.years[0] in gold.years),
        status=predicted.status == gold.status,
        org=_same_org(predicted.org, gold.org),
        kind=predicted.kind == gold.kind,
        bound=predicted.bound == gold.bound,
    )


@lru_cache(maxsize=65536)
def fold(text: str | None) -> str:
    """Composed, lower case, one place for the tone, single spaces; "" for None."""
    lowered = unicodedata.normalize("NFC", text or "").lower()
    return " ".join(_TONES.sub(lambda match: _NEW_STYLE[match.group()], lowered).split())


def _same_number(a: float | None, b: float | None) -> bool:
    if a is None or b is None:
        return a is b
    return abs(a - b) <= RELATIVE_TOLERANCE * max(1.0, abs(a), abs(b))


def _same_unit(predicted: str | None, gold: str | None) -> bool:
    """Equal after normalising, or one inside the other: `HTX` and `HTX nông nghiệp` count the same things."""
    a, b = _unit(predicted), _unit(gold)
    return a in b or b in a


def _unit(text: str | None) -> str:
    unit = re.sub(r"\s*/\s*", "/", fold(text))
    return _SAME_UNIT.get(unit, unit)


def _word_f1(a: str | None, b: str | None) -> float:
    """F1 of the two sets of words; two empty sets agree."""
    first, second = set(re.findall(r"\w+", fold(a))), set(re.findall(r"\w+", fold(b)))
    if not first or not second:
        return float(first == second)
    return 2 * len(first & second) / (len(first) + len(second))


def _same_org(predicted: str | None, gold: str | None) -> bool:
    a, b = _org(predicted), _org(gold)
    return a == b or bool(a and b and (a in b or b in a))


def _org(text: str | None) -> str:
    """The folded name; an area called by its rank alone (`toàn tỉnh`, `trên địa bàn huyện`) is one and the same."""
    name = fold(text)
    return "tỉnh" if _AREA.match(name) else name
