from __future__ import annotations

import json
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from chitieu.facts.fact import Derivation, Evidence, Fact
from chitieu.feed.rows import fact_row, row_fact, search_row, unmarked
from chitieu.labels import Bound, Direction, Kind, Status

offsets = st.tuples(st.integers(0, 99), st.integers(100, 200))
maybe_text = st.none() | st.text(max_size=20)
facts = st.builds(
    Fact,
    article_id=st.text(min_size=1, max_size=5),
    metric=maybe_text,
    value=st.decimals(allow_nan=False, allow_infinity=False, min_value=0, max_value=10**15, places=3),
    status=st.sampled_from(Status),
    kind=st.sampled_from(Kind),
    evidence=st.builds(
        Evidence, offsets, st.lists(offsets, max_size=3).map(tuple), *[st.none() | offsets for _ in range(5)]
    ),
    sentence=st.text(max_size=30),
    value_high=st.none() | st.integers(0, 10**30).map(Decimal),
    unit=maybe_text,
    bound=st.sampled_from(Bound),
    org=maybe_text,
    year=st.none() | st.integers(1900, 2100),
    period=maybe_text,
    base_year=st.none() | st.integers(1900, 2100),
    dir=st.none() | st.sampled_from(Direction),
    confidence=st.none() | st.floats(0, 1),
    derived=st.none()
    | st.builds(Derivation, st.text(min_size=1, max_size=5), st.lists(st.text(max_size=5)).map(tuple)),
)


@given(facts, st.integers(0, 9))
def test_a_fact_comes_back_from_its_row(fact, position):
    through_json = json.loads(json.dumps(fact.to_dict()))
    row = fact_row(through_json, position)
    assert row["position"] == position
    assert row_fact(row, fact.article_id).to_dict() == fact.to_dict()


def test_what_is_searched():
    row = {"id": 7, "org": "HTX Đồng Tâm", "metric": None, "sentence": "Đạt 3 tỷ đồng"}
    found = search_row(row)
    assert found["rowid"] == 7
    assert found["sentence"] == "Đạt 3 tỷ đồng"
    assert found["plain"] == "htx dong tam dat 3 ty dong"
    assert unmarked("Hợp tác xã THUỶ") == "hop tac xa thuy"
