"""Whether a fact, as written, keeps the public format (`schema.json`)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from chitieu.errors import OutputError
from chitieu.facts.readout import composed

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator

_SINGLE_ROLES = ("value", "of", "org", "year", "base", "cue")


def validate_fact(fact: Mapping[str, Any], text: str | None = None) -> None:
    """Check one fact, as `Fact.to_dict()` or a line of JSON gives it.

    Args:
        fact: the fact's JSON object.
        text: the article's text as stored; with it, offsets must lie inside and `org` and `sentence` stand in it.

    Raises:
        OutputError: C411 where the schema is not kept, C412 where fields contradict each other.
    """
    place = fact.get("fact_id") if isinstance(fact.get("fact_id"), str) else "fact"
    for violation in fact_validator().iter_errors(fact):
        field = "/".join(map(str, violation.absolute_path)) or "the fact"
        raise OutputError("C411", f"{field}: {violation.message[:200]}", place=place)
    problem = _contradiction(fact) or (_outside(fact, text) if text is not None else None)
    if problem:
        raise OutputError("C412", problem, place=place)


@cache
def fact_validator() -> Draft202012Validator:
    """The compiled schema of a fact."""
    return _validator("chitieu.facts", "schema.json")


@cache
def article_validator() -> Draft202012Validator:
    """The compiled schema of an article, bare or annotated."""
    return _validator("chitieu", "article.schema.json")


def _validator(package: str, name: str) -> Draft202012Validator:
    from jsonschema import Draft202012Validator  # a tenth of a second to import

    schema = json.loads(resources.files(package).joinpath(name).read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def _contradiction(fact: Mapping[str, Any]) -> str | None:
    """What JSON Schema can't say: comparisons between fields."""
    for start, end in _offsets(fact):
        if start >= end:
            return f"evidence [{start}, {end}] is empty or backward"
    evidence = fact["evidence"]
    if evidence["metric"] != sorted(evidence["metric"]):
        return "metric pieces are not in text order"
    start, end = evidence["value"]
    derived = fact["derived"]
    expected = f"{fact['article_id']}:{start}-{end}" + (f":{derived['rule']}" if derived else "")
    if fact["fact_id"] != expected:
        return f"fact_id is not {expected}"
    if fact["value_high"] is not None and fact["value_high"] < fact["value"]:
        return "value_high is below value"
    period = fact["period"]
    if period is not None and int(period.split("/")[-1][:4]) != fact["year"]:
        return f"year {fact['year']} is not the year in which {period} ends"
    return None


def _outside(fact: Mapping[str, Any], text: str) -> str | None:
    for start, end in _offsets(fact):
        if end > len(text):
            return f"evidence [{start}, {end}] lies outside the text of {len(text)} characters"
    org = fact["evidence"]["org"]
    if org is not None and fact["org"] is not None and composed(text[org[0] : org[1]]) != fact["org"]:
        return f"org {fact['org']!r} is not what stands at its evidence, {text[org[0] : org[1]]!r}"
    return None if fact["sentence"] in text else "sentence does not stand in the text"


def _offsets(fact: Mapping[str, Any]) -> list[tuple[int, int]]:
    evidence = fact["evidence"]
    pairs = [evidence[role] for role in _SINGLE_ROLES if evidence[role] is not None] + evidence["metric"]
    return [(start, end) for start, end in pairs]
