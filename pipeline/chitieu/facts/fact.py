"""The fact: one figure that an organisation achieved or plans, with the characters that say so."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from chitieu.labels import Bound, Direction, Kind, Status

Offsets = tuple[int, int]
"""Start (inclusive) and end (exclusive) of a span, in code points of the article's text as stored."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where in the article each field of a fact stands."""

    value: Offsets
    metric: tuple[Offsets, ...] = ()
    of: Offsets | None = None
    org: Offsets | None = None
    year: Offsets | None = None
    base: Offsets | None = None
    cue: Offsets | None = None


@dataclass(frozen=True, slots=True)
class Derivation:
    """How a fact that the text does not state was computed from facts that it does."""

    rule: str
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fact:
    """One row of the table. A field that could not be determined is None, never guessed text.

    Attributes:
        article_id: the article's id.
        org: mention of the organisation or area, as written.
        metric: the indicator, read out as the annotation guidelines say (§4).
        value: the number with its scale word folded in; `value_high` is the upper end of a range.
        unit: the measure or counted noun as written, without the scale word.
        year: calendar year in which `period` ends; `period` is normalised (`2021`, `2021-H1`, `2021/2025` …).
        base_year: the year that a change compares with.
        confidence: probability that value, metric, year and status are all right, in [0, 1].
        sentence: the sentence that holds the value, as stored.
    """

    article_id: str
    metric: str | None
    value: Decimal
    status: Status
    kind: Kind
    evidence: Evidence
    sentence: str
    value_high: Decimal | None = None
    unit: str | None = None
    bound: Bound = Bound.EXACT
    org: str | None = None
    year: int | None = None
    period: str | None = None
    base_year: int | None = None
    dir: Direction | None = None
    confidence: float | None = None
    derived: Derivation | None = field(default=None)

    @property
    def fact_id(self) -> str:
        """`article:start-end` of the value; a derived fact adds its rule."""
        start, end = self.evidence.value
        suffix = f":{self.derived.rule}" if self.derived else ""
        return f"{self.article_id}:{start}-{end}{suffix}"

    def to_dict(self) -> dict[str, Any]:
        """The JSON object of the public format, in its key order."""
        evidence = self.evidence
        return {
            "article_id": self.article_id,
            "fact_id": self.fact_id,
            "org": self.org,
            "metric": self.metric,
            "value": json_number(self.value),
            "value_high": None if self.value_high is None else json_number(self.value_high),
            "unit": self.unit,
            "bound": self.bound.value,
            "year": self.year,
            "period": self.period,
            "base_year": self.base_year,
            "status": self.status.value,
            "kind": self.kind.value,
            "dir": None if self.dir is None else self.dir.value,
            "confidence": self.confidence,
            "derived": None
            if self.derived is None
            else {"rule": self.derived.rule, "from": list(self.derived.sources)},
            "sentence": self.sentence,
            "evidence": {
                "value": list(evidence.value),
                "metric": [list(piece) for piece in evidence.metric],
                **{
                    role: None if offsets is None else list(offsets)
                    for role, offsets in (
                        ("of", evidence.of),
                        ("org", evidence.org),
                        ("year", evidence.year),
                        ("base", evidence.base),
                        ("cue", evidence.cue),
                    )
                },
            },
        }


def json_number(value: Decimal) -> int | float:
    """A Decimal as the JSON number that reads back equal: an int where it is whole, else the shortest float."""
    return int(value) if value == value.to_integral_value() else float(value)
