"""A fact as one flat row, for spreadsheets."""

from __future__ import annotations

from decimal import Decimal

from chitieu.facts.fact import Fact, Offsets

_SINGLE_ROLES = ("value", "of", "org", "year", "base", "cue")

COLUMNS = (
    *("article_id", "fact_id", "org", "metric", "value", "value_high", "unit", "bound", "year", "period", "base_year"),
    *("status", "kind", "dir", "confidence", "derived_rule", "derived_from", "sentence"),
    *(f"{role}_{edge}" for role in _SINGLE_ROLES for edge in ("start", "end")),
    "metric_spans",
)
"""The header: the public format's keys, then start and end of each evidence; metric pieces as `12-20 31-38`."""

# A spreadsheet takes cells that begin with these for formulas, which may read other cells or run programs.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def flat_row(fact: Fact) -> list[str | int]:
    """The cells of a fact under `COLUMNS`; what is None is empty; numbers are written exactly, with a point."""
    derived = fact.derived
    evidence: list[str | int] = []
    for role in _SINGLE_ROLES:
        offsets: Offsets | None = getattr(fact.evidence, role)
        evidence.extend(offsets or ("", ""))
    return [
        _text(fact.article_id),
        _text(fact.fact_id),
        _text(fact.org),
        _text(fact.metric),
        _number(fact.value),
        _number(fact.value_high),
        _text(fact.unit),
        fact.bound.value,
        _number(fact.year),
        _text(fact.period),
        _number(fact.base_year),
        fact.status.value,
        fact.kind.value,
        "" if fact.dir is None else fact.dir.value,
        _number(fact.confidence),
        _text(derived.rule if derived else None),
        _text(" ".join(derived.sources) if derived else None),
        _text(fact.sentence),
        *evidence,
        " ".join(f"{start}-{end}" for start, end in fact.evidence.metric),
    ]


def _text(value: str | None) -> str:
    """A cell of text, which never runs: a leading apostrophe is how spreadsheets mark text."""
    if value is None:
        return ""
    return "'" + value if value.startswith(_FORMULA_STARTS) else value


def _number(value: Decimal | float | None) -> str:
    if value is None:
        return ""
    return f"{value:f}" if isinstance(value, Decimal) else repr(value)
