"""The JSON Schemas say what `fact-schema.md` says, and what the package writes keeps them."""

from __future__ import annotations

import copy
import json
from decimal import Decimal
from pathlib import Path

import pytest

from chitieu import labels
from chitieu.errors import OutputError
from chitieu.facts.fact import Derivation, Evidence, Fact
from chitieu.facts.validation import article_validator, fact_validator, validate_fact

TEXT = "Đến nay, xã Hòa Mỹ có 14 tổ hợp tác."
FACT = Fact(
    article_id="a",
    metric="tổ hợp tác",
    value=Decimal(14),
    unit="tổ hợp tác",
    status=labels.Status.ACTUAL,
    kind=labels.Kind.LEVEL,
    org="xã Hòa Mỹ",
    year=2024,
    period="2024",
    confidence=0.5,
    evidence=Evidence(value=(22, 35), org=(9, 18), year=(0, 7), cue=(19, 21)),
    sentence=TEXT,
)
BREAKS = json.loads((Path(__file__).parent / "broken_facts.json").read_text(encoding="utf-8"))


def test_a_fact_is_valid():
    validate_fact(FACT.to_dict())
    validate_fact(FACT.to_dict(), TEXT)
    validate_fact(json.loads(json.dumps(FACT.to_dict())), TEXT)


def test_a_derived_fact_is_valid():
    from dataclasses import replace

    derived = replace(FACT, derived=Derivation("plan", ("a:1-2",))).to_dict()
    validate_fact(derived)
    derived["fact_id"] = "a:22-35"
    with pytest.raises(OutputError, match="C412"):
        validate_fact(derived)


@pytest.mark.parametrize("case", BREAKS, ids=lambda case: f"{'/'.join(map(str, case['path']))}={case['value']}"[:50])
def test_broken_facts_are_refused(case):
    fact = copy.deepcopy(FACT.to_dict())
    inner = fact
    for key in case["path"][:-1]:
        inner = inner[key]
    if case["value"] == "<missing>":
        del inner[case["path"][-1]]
    else:
        inner[case["path"][-1]] = case["value"]
    with pytest.raises(OutputError, match=case["code"]):
        validate_fact(fact, TEXT)


def test_every_key_is_required_and_none_is_added():
    schema = fact_validator().schema
    assert list(schema["properties"]) == schema["required"] == list(FACT.to_dict())
    assert list(schema["properties"]["evidence"]["properties"]) == list(FACT.to_dict()["evidence"])


@pytest.mark.parametrize(
    ("field", "enumeration"),
    [("status", labels.Status), ("kind", labels.Kind), ("bound", labels.Bound), ("dir", labels.Direction)],
)
def test_inventories_are_those_of_the_labels(field, enumeration):
    values = {member.value for member in enumeration} | ({None} if field == "dir" else set())
    assert set(fact_validator().schema["properties"][field]["enum"]) == values
    assert set(article_validator().schema["$defs"]["fact"]["properties"][field]["enum"]) == values


def test_labels_of_spans():
    assert article_validator().schema["$defs"]["span"]["properties"]["label"]["enum"] == [
        label.value for label in labels.Label
    ]


@pytest.mark.parametrize(
    "period", ["2021", "2021-H1", "2021-Q3", "2021-9M", "2021-11M", "2021-06", "2021/2025", "2020-09/2020-10", None]
)
def test_periods(period):
    fact = FACT.to_dict() | {"period": period, "year": int(period.split("/")[-1][:4]) if period else None}
    validate_fact(fact)


def test_bare_and_annotated_articles():
    valid = article_validator().is_valid
    assert valid({"id": "a", "text": "x"})
    assert valid({"id": "a", "text": "x", "title": None, "published": "2024-01-02", "source": None, "url": None})
    annotated = {
        "id": "a",
        "text": TEXT,
        "spans": [{"id": "V1", "label": "VALUE", "start": 22, "end": 35}],
        "facts": [
            {"value": "V1", "metric": [], "of": None, "org": None, "year": None, "base": None, "cue": None}
            | {"status": "actual", "kind": "level", "dir": None, "bound": "exact"}
            | {"years": [2024], "period": "2024", "base_years": None, "optional": False}
        ],
    }
    assert valid(annotated)
    assert not valid({"text": "x"})
    assert not valid({"id": "a", "text": "x", "published": "02/01/2024"})
    assert not valid({**annotated, "spans": [{"id": "V1", "label": "WHO", "start": 0, "end": 1}]})
    assert not valid({"id": "a", "text": "x", "facts": []})
