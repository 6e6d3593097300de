"""Organisations found by their writing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chitieu.article import Span
from chitieu.labels import Label
from chitieu.relation.mentions import find_mentions
from chitieu.relation.organisations import find_organisations

CASES = [
    json.loads(line)
    for line in (Path(__file__).parent / "cases_organisations.jsonl").read_text(encoding="utf-8").splitlines()
]


@pytest.mark.parametrize("case", CASES, ids=[case["text"][:30] for case in CASES])
def test_organisations_of_a_text(untrained, case):
    doc = untrained.make_doc(case["text"])
    assert [doc[first:last].text for first, last in find_organisations(doc)] == case["found"]


@given(
    st.lists(st.sampled_from(["tỉnh", "Hà Nội", "HTX", ".", "\n", "và", "5", "Trong", "ngành", "tp", " "]), max_size=30)
)
def test_stretches_are_in_order_and_apart(untrained, parts):
    doc = untrained.make_doc(" ".join(parts))
    end = 0
    for first, last in find_organisations(doc):
        assert end <= first < last <= len(doc)
        end = last


def test_what_a_span_covers_is_not_found_again(untrained):
    text = "HTX Sao Mai có 52 HTX thành viên, toàn huyện"
    doc = untrained.make_doc(text)
    value = text.index("52 HTX")
    spans = [Span(0, 3, Label.ORG), Span(value, value + 6, Label.VALUE)]
    found = [mention.text for mention in find_mentions(doc, spans).orgs]
    assert found == ["HTX", "toàn huyện"]
