"""Facts as rows of the database, and back."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from chitieu.facts.fact import Derivation, Evidence, Fact, Offsets
from chitieu.labels import Bound, Direction, Kind, Status

_MARKS = re.compile("[\u0300-\u036f]+")  # all that Vietnamese letters decompose to

_SAME_NAME = (
    *("fact_id", "org", "metric", "value", "value_high", "unit", "bound", "year", "period", "base_year"),
    *("status", "kind", "dir", "confidence", "sentence"),
)


def fact_row(fact: Mapping[str, Any], position: int) -> dict[str, Any]:
    """The columns of a fact, from the JSON object of the public format; row ids and run are the store's to add."""
    derived = fact["derived"]
    start, end = fact["evidence"]["value"]
    return {
        **{name: fact[name] for name in _SAME_NAME},
        "position": position,
        "derived_rule": derived["rule"] if derived else None,
        "derived_from": json.dumps(derived["from"], ensure_ascii=False) if derived else None,
        "value_start": start,
        "value_end": end,
        "evidence": json.dumps(fact["evidence"], separators=(",", ":")),
    }


def fact_dict(row: Mapping[str, Any], article_id: str) -> dict[str, Any]:
    """The JSON object of the public format, from the columns of a fact."""
    return row_fact(row, article_id).to_dict()


def row_fact(row: Mapping[str, Any], article_id: str) -> Fact:
    """A fact from its columns."""
    evidence = json.loads(row["evidence"])
    derived = row["derived_rule"]
    return Fact(
        article_id=article_id,
        metric=row["metric"],
        value=_decimal(row["value"]),
        value_high=None if row["value_high"] is None else _decimal(row["value_high"]),
        unit=row["unit"],
        bound=Bound(row["bound"]),
        org=row["org"],
        year=row["year"],
        period=row["period"],
        base_year=row["base_year"],
        status=Status(row["status"]),
        kind=Kind(row["kind"]),
        dir=None if row["dir"] is None else Direction(row["dir"]),
        confidence=row["confidence"],
        derived=Derivation(derived, tuple(json.loads(row["derived_from"]))) if derived else None,
        sentence=row["sentence"],
        evidence=Evidence(
            value=_pair(evidence["value"]),
            metric=tuple(_pair(piece) for piece in evidence["metric"]),
            **{
                role: _pair(evidence[role]) if evidence[role] else None for role in ("of", "org", "year", "base", "cue")
            },
        ),
    )


def search_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """What a fact is found by: its words as composed characters, and the same without their marks."""
    words = {name: _composed(row[name]) for name in ("org", "metric", "sentence")}
    return {"rowid": row["id"], **words, "plain": unmarked(" ".join(part for part in words.values() if part))}


def unmarked(text: str) -> str:
    """`Hợp tác xã Đồng Tâm` as `hop tac xa dong tam`."""
    return _MARKS.sub("", unicodedata.normalize("NFD", text.lower().replace("đ", "d")))


def _composed(text: str | None) -> str | None:
    return None if text is None else unicodedata.normalize("NFC", text)


def _decimal(value: float) -> Decimal:
    return Decimal(repr(value))


def _pair(offsets: Sequence[int]) -> Offsets:
    start, end = offsets
    return start, end
