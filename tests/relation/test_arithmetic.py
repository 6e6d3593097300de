"""Figures that compute."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chitieu.article import Span
from chitieu.labels import Label
from chitieu.quantity import parse_quantity
from chitieu.relation import arithmetic
from chitieu.relation.arithmetic import ARITHMETIC_WIDTH, read_arithmetic
from chitieu.relation.mentions import Mention

ROLES = {
    name: getattr(arithmetic, f"_{name.upper()}")
    for name in ("quotient", "numerator", "denominator", "growth", "grown", "base")
}
WHOLE_ROLES = {
    name: getattr(arithmetic, f"_{name.upper()}") for name in ("minuend", "subtrahend", "difference", "whole", "part")
}

# of 26 less 11 is 15, either may be the difference
SIDE = {"subtrahend", "difference"}


def mentions(texts: list[str], gap: int = 4) -> list[Mention]:
    """Values that stand some words apart."""
    return [
        Mention(
            Span(index * 40, index * 40 + len(text), Label.VALUE),
            index * gap,
            index * gap + 1,
            text,
            quantity=parse_quantity(text),
        )
        for index, text in enumerate(texts)
    ]


def told(texts: list[str], gap: int = 4) -> list[set[str]]:
    """What is said of each value; a coarse finding ends in `?`."""
    found = read_arithmetic(mentions(texts, gap))
    assert found.shape == (len(texts), ARITHMETIC_WIDTH)
    return [
        {name for name, column in {**ROLES, **WHOLE_ROLES}.items() if row[column]}
        | {f"{name}?" for name, column in ROLES.items() if row[column + 1]}
        for row in found
    ]


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["18 HTX", "24 HTX", "133,3%"], [{"denominator"}, {"numerator"}, {"quotient"}]),
        (["24 HTX", "20 HTX", "120%"], [{"numerator?"}, {"denominator?"}, {"quotient?"}]),
        (["52 HTX", "46,4 HTX", "12,1%"], [{"grown"}, {"base"}, {"growth"}]),
        (["88 HTX", "100 HTX", "12%"], [{"grown?"}, {"base?"}, {"growth?"}]),
        # a pair of which only the plan carries scale and unit
        (["871,7", "1.480 tỷ đồng", "58,9%"], [{"numerator"}, {"denominator"}, {"quotient"}]),
        (["1.480 tỷ đồng", "871,7", "58,9%"], [{"denominator"}, {"numerator"}, {"quotient"}]),
        # two kinds of thing have no quotient
        (["18 HTX", "24 ha", "133,3%"], [set(), set(), set()]),
        (["26 ha", "11 ha", "15 ha"], [{"minuend", "whole"}, SIDE | {"part"}, SIDE | {"part"}]),
        (["15 ha", "26 ha", "11 ha"], [SIDE, {"minuend"}, SIDE]),
        (["24 ha", "48 ha"], [set(), set()]),
        (["60 xã", "31 xã", "17 xã", "12 xã"], [{"whole"}, {"part"}, {"part"}, {"part"}]),
    ],
)
def test_figures_that_compute(texts, expected):
    assert told(texts) == expected


def test_far_figures_have_nothing_to_do_with_one_another():
    assert told(["18 HTX", "24 HTX", "133,3%"], gap=50) == [set(), set(), set()]


@pytest.mark.parametrize(
    ("other", "step"),
    [("10 ha", 7), ("24 ha", 4), ("30 ha", 3), ("100 ha", 1), ("24 HTX", 0), ("0 ha", 0)],
)
def test_steps_to_the_value_behind(other, step):
    found = read_arithmetic(mentions(["24 ha", other]))
    behind = found[0, arithmetic._STEP_BEHIND :]
    assert np.flatnonzero(behind).tolist() == [step]


def test_a_percentage_stands_between_levels_and_hides_none():
    found = read_arithmetic(mentions(["24 ha", "5%", "24,1 ha"]))
    assert np.flatnonzero(found[0, arithmetic._STEP_BEHIND :]).tolist() == [4]


@given(
    plan=st.integers(10, 5_000),
    done=st.integers(10, 5_000),
    decimals=st.integers(1, 2),
)
def test_a_completion_that_was_computed_is_always_found(plan, done, decimals):
    rate = f"{100 * done / plan:.{decimals}f}".replace(".", ",")
    found = told([f"{plan} HTX", f"{done} HTX", f"{rate}%"])
    assert "quotient" in {name.rstrip("?") for name in found[2]}


@given(st.lists(st.sampled_from(["0 ha", "1 ha", "2,5 tỷ đồng", "7", "30%", "0%", "999.999.999 tỷ đồng"]), max_size=9))
def test_any_row_of_values_reads(texts):
    found = read_arithmetic(mentions(texts))
    assert found.shape == (len(texts), ARITHMETIC_WIDTH)
    assert np.isin(found, (0, 1)).all()
