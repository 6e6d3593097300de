"""Links: what the relation model says of one VALUE, and what the gold says, in the same form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from chitieu.labels import Direction, Kind, Status
from chitieu.period import Period

Offsets = tuple[int, int]
"""Start (inclusive) and end (exclusive) of a span, in code points of the article's text as stored."""


@dataclass(frozen=True, slots=True)
class Links:
    """Which spans make a fact with a VALUE, and the fact's attributes.

    Attributes:
        value: the VALUE span that anchors the fact.
        metric: the METRIC pieces, in text order.
        of: another VALUE whose counted noun the figure belongs to.
        base: the YEAR of the comparison, for a change.
        cue: the TARGET or ACTUAL span that says the status.
        confidence: probability that all of it is right, in [0, 1]; None for gold.
        optional: of gold, that the fact may be found or not.
    """

    value: Offsets
    metric: tuple[Offsets, ...]
    of: Offsets | None
    org: Offsets | None
    year: Offsets | None
    base: Offsets | None
    cue: Offsets | None
    status: Status
    kind: Kind
    dir: Direction | None
    confidence: float | None = None
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Times:
    """What an article's time expressions read as, and the year in which it speaks; None where that can't be told."""

    periods: Mapping[Offsets, Period | None]
    present: int | None
