"""The closed inventories of the annotation guidelines: span labels, link roles, and the attributes of a fact."""

from __future__ import annotations

from enum import Enum


class _Name(str, Enum):
    """A string enum that prints as its value on every supported Python (`enum.StrEnum` needs 3.11)."""

    def __str__(self) -> str:
        return str(self.value)


class Label(_Name):
    """What a span marks."""

    VALUE = "VALUE"
    METRIC = "METRIC"
    ORG = "ORG"
    YEAR = "YEAR"
    TARGET = "TARGET"
    ACTUAL = "ACTUAL"


class Role(_Name):
    """What a span is to the VALUE that anchors a fact."""

    METRIC = "metric"
    OF = "of"
    ORG = "org"
    YEAR = "year"
    BASE = "base"
    CUE = "cue"


class Status(_Name):
    """Whether a figure is planned or reached."""

    TARGET = "target"
    ACTUAL = "actual"


class Kind(_Name):
    """How a figure measures: an amount, a change, a share of a whole, or a completion of a plan."""

    LEVEL = "level"
    CHANGE = "change"
    SHARE = "share"
    COMPLETION = "completion"


class Direction(_Name):
    """Which way a change or a distance to plan goes."""

    UP = "up"
    DOWN = "down"


class Bound(_Name):
    """How the words around a figure bound it."""

    EXACT = "exact"
    MIN = "min"
    MAX = "max"
    APPROX = "approx"
    RANGE = "range"
