"""Every case file of this folder, read as data."""

from __future__ import annotations

import dataclasses
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from chitieu.errors import ChitieuError
from chitieu.labels import Bound
from chitieu.quantity import (
    Quantity,
    QuantityError,
    find_quantities,
    parse_pair,
    parse_quantity,
    read_bound,
    split_slash,
)


def read_cases(name: str) -> list[dict[str, Any]]:
    lines = Path(__file__).with_name(name).read_text(encoding="utf-8").split("\n")
    return [json.loads(line) for line in lines if line]


CASES = read_cases("cases.jsonl")
READABLE = [case for case in CASES if "error" not in case]
REFUSED = [case for case in CASES if "error" in case]


@pytest.mark.parametrize("case", READABLE, ids=lambda case: case["text"])
def test_reads_the_whole_expression(case: dict[str, Any]) -> None:
    high = None if case["value_high"] is None else Decimal(case["value_high"])
    expected = Quantity(Decimal(case["value"]), high, case["unit"], case["canonical_unit"], case["is_measure"])
    assert parse_quantity(case["text"]) == expected
    assert expected.is_range == (high is not None)


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case["text"])
def test_says_what_it_cannot_read(case: dict[str, Any]) -> None:
    with pytest.raises(QuantityError) as caught:
        parse_quantity(case["text"])
    assert caught.value.code == case["error"]
    assert caught.value.remedy


def test_case_file_is_as_rich_as_promised() -> None:
    assert len({case["text"] for case in CASES}) == len(CASES) >= 300
    assert {case["error"] for case in REFUSED} == {f"C50{number}" for number in range(1, 8)}


def test_values_are_written_without_an_exponent() -> None:
    assert str(parse_quantity("3,24 tỷ đồng").value) == "3240000000"
    assert str(parse_quantity("2,1 triệu tỷ đồng").value) == "2100000000000000"
    assert str(parse_quantity("0,55 giây").value) == "0.55"


def test_values_are_exact_beyond_floating_point() -> None:
    assert parse_quantity("9.007.199.254.740.993 đồng").value == 9007199254740993
    assert parse_quantity("0,123456789012345678 nghìn tỷ").value == Decimal("123456789012.345678")


def test_what_is_too_long_is_refused() -> None:
    with pytest.raises(QuantityError, match="C501"):
        parse_quantity("5 " + "a" * 200)
    assert split_slash("5/" + "6" * 200) is None


def test_a_quantity_is_frozen_and_its_error_is_ours() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        parse_quantity("52 HTX").value = Decimal(1)  # type: ignore[misc]
    assert issubclass(QuantityError, ChitieuError)


@pytest.mark.parametrize("case", read_cases("bounds.jsonl"), ids=lambda case: case["before"] + case["value"])
def test_reads_the_bound_from_the_words_around(case: dict[str, Any]) -> None:
    bound = read_bound(case["before"], case["after"], parse_quantity(case["value"]))
    assert bound is Bound(case["bound"])


def test_a_window_cut_inside_a_word_is_no_cue() -> None:
    # The first letters of `nước` are cut off: what is left looks like the cue `ước`.
    before = "ước ta đạt được sản lượng lúa bình quân là "
    assert len(before) >= 40
    assert read_bound(before, "", parse_quantity("6 tấn")) is Bound.EXACT


@pytest.mark.parametrize("case", read_cases("find_cases.jsonl"), ids=lambda case: case["text"])
def test_finds_quantities_in_running_text(case: dict[str, Any]) -> None:
    text = case["text"]
    assert [text[start:end] for start, end in find_quantities(text)] == case["found"]


@pytest.mark.parametrize("case", read_cases("pairs.jsonl"), ids=lambda case: case["text"])
def test_splits_slash_pairs(case: dict[str, Any]) -> None:
    halves = split_slash(case["text"])
    if case["halves"] is None:
        assert halves is None
        with pytest.raises(QuantityError, match="C504"):
            parse_pair(case["text"])
        return
    assert halves == tuple(case["halves"])
    first, second = parse_pair(case["text"])
    assert [first.value, second.value] == [Decimal(value) for value in case["values"]]
    assert first.unit == second.unit == case["unit"]
    assert (first.canonical_unit, first.is_measure) == (second.canonical_unit, second.is_measure)
