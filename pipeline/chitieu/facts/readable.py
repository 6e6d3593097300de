"""A fact's fields as people read them, in a table or on a page."""

from __future__ import annotations

from decimal import Decimal

from chitieu.facts.fact import Fact
from chitieu.labels import Bound, Direction

_BOUNDS = {Bound.EXACT: "", Bound.MIN: "≥ ", Bound.MAX: "≤ ", Bound.APPROX: "≈ ", Bound.RANGE: ""}
_DIRECTIONS = {Direction.UP: "▲ ", Direction.DOWN: "▼ "}


def value_text(fact: Fact) -> str:
    """The figure as Vietnamese readers write it, with its bound and direction: `≥ 3.240.000.000`, `▲ 6 – 8`."""
    figure = vietnamese_number(fact.value)
    if fact.value_high is not None:
        figure += f" – {vietnamese_number(fact.value_high)}"
    direction = _DIRECTIONS[fact.dir] if fact.dir else ""
    return f"{direction}{_BOUNDS[fact.bound]}{figure}"


def vietnamese_number(value: Decimal) -> str:
    """Points between thousands, a comma before decimals, no digit lost: `12.700`, `6,5`."""
    return f"{value:,f}".translate(str.maketrans(",.", ".,"))


def period_text(fact: Fact) -> str:
    """The period, else the year, else a dash."""
    return fact.period or (str(fact.year) if fact.year else "–")


def printable(text: str) -> str:
    """Text on one line, terminal control characters made harmless."""
    return "".join(
        character if character.isprintable() else " " if character.isspace() else "\ufffd" for character in text
    )
