from __future__ import annotations

import json
from pathlib import Path

import pytest

from chitieu.facts.readout import read_metric, read_quantities
from chitieu.labels import Kind
from chitieu.quantity import parse_quantity

CASES = json.loads(Path(__file__).with_name("cases_readout.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=[f"{case['value']} {case['metric']}" for case in CASES])
def test_metric(case):
    """`_` is where the value stands: pieces that end with it stand before, pieces that begin with it after."""
    at = 100
    pieces = []
    for number, piece in enumerate(case["pieces"]):
        start = at + 10 + number if piece.startswith("_ ") else at - 50 + number
        pieces.append((start, piece.replace("_ ", "").replace("_", " ").rstrip(" ")))
    of = None
    if "of" in case:
        of = (at - 90 if case.get("of_first", True) else at - 10, parse_quantity(case["of"]))
    wanted = case["metric"] and case["metric"].replace("_", " ")
    value = (at, parse_quantity(case["value"]))
    assert read_metric(value, pieces, of, Kind(case.get("kind", "level"))) == wanted
    assert read_metric(value, pieces[::-1], of, Kind(case.get("kind", "level"))) == wanted


def test_slash_pairs_share_the_unit_of_the_second():
    text = "Có 1.183/1000 Tổ hợp tác, 5 HTX; 7/ 9 xã"
    values = [(text.index(s), text.index(s) + len(s)) for s in ("1.183", "1000 Tổ hợp tác", "5 HTX", "7", "9 xã")]
    found = read_quantities(text, values)
    assert [q.unit for q in found.values()] == ["Tổ hợp tác", "Tổ hợp tác", "HTX", None, "xã"]
    assert [int(q.value) for q in found.values()] == [1183, 1000, 5, 7, 9]


def test_what_is_no_quantity_is_none():
    assert read_quantities("vô số", [(0, 5)]) == {(0, 5): None}
    assert read_quantities("5/x", [(0, 1), (2, 3)])[0, 1].unit is None
