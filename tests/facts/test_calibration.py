from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chitieu.errors import ModelError
from chitieu.facts.calibration import Calibration, fit_calibration, read_calibration
from chitieu.facts.component import FactAssembler
from chitieu.facts.fact import Evidence, Fact
from chitieu.labels import Kind, Status

FACT = Fact(
    article_id="a", metric="doanh thu", value=Decimal(1), status=Status.ACTUAL, kind=Kind.LEVEL,
    evidence=Evidence((0, 1)), sentence="", confidence=0.5,
)  # fmt: skip


def scored(score: float | None, **changes: object) -> Fact:
    return replace(FACT, confidence=score, **changes)


def test_a_boastful_model_is_brought_down():
    """Facts of score 0.9 are right in one of two, of 0.2 in one of ten."""
    facts = [scored(0.9)] * 200 + [scored(0.2)] * 200
    right = [index % 2 == 0 for index in range(200)] + [index % 10 == 0 for index in range(200)]
    calibration = fit_calibration(facts, right)
    assert calibration(scored(0.9)) == pytest.approx(0.5, abs=0.02)
    assert calibration(scored(0.2)) == pytest.approx(0.1, abs=0.02)
    assert calibration(scored(0.2)) < calibration(scored(0.5)) < calibration(scored(0.9))


def test_facts_count_by_their_weight():
    """A hundred facts that are right in one of ten weigh as much as ten that are right in nine of ten."""
    facts = [scored(0.5)] * 110
    right = [index % 10 == 0 for index in range(100)] + [index > 0 for index in range(10)]
    even = fit_calibration(facts, right, [1 / 100] * 100 + [1 / 10] * 10)
    assert even(scored(0.5)) == pytest.approx(0.5, abs=0.02)
    assert fit_calibration(facts, right)(scored(0.5)) == pytest.approx(19 / 110, abs=0.03)


def test_nothing_is_learned_from_one_class():
    assert fit_calibration([FACT], [True]) is None
    assert fit_calibration([FACT, FACT], [False, False]) is None
    assert fit_calibration([], []) is None


@given(
    st.none() | st.floats(0, 1), st.floats(-50, 50), st.floats(-50, 50), st.sampled_from(list(Status)),
    st.sampled_from(list(Kind)), st.none() | st.just("doanh thu"),
)  # fmt: skip
def test_always_a_probability(score, weight, intercept, status, kind, metric):
    calibration = Calibration(weight, intercept)
    assert 0.01 <= calibration(scored(score, status=status, kind=kind, metric=metric)) <= 0.99


@given(st.floats(0.01, 5), st.floats(-5, 5), st.lists(st.floats(0, 1), min_size=2, max_size=9))
def test_rises_with_the_score(weight, intercept, scores):
    calibration = Calibration(weight, intercept)
    found = [calibration(scored(score)) for score in sorted(scores)]
    assert found == sorted(found)


@pytest.mark.parametrize("kept", [Calibration(0.5, 0.25), None])
def test_stored_with_the_pipeline(kept, tmp_path):
    assembler = FactAssembler()
    assembler.calibration = kept
    assembler.to_disk(tmp_path / "chitieu_facts")
    assert FactAssembler().from_disk(tmp_path / "chitieu_facts").calibration == kept
    assert FactAssembler().from_bytes(assembler.to_bytes()).calibration == kept


@pytest.mark.parametrize(
    "stored",
    [
        "", "[]", "3", "{}", '{"weight": "high", "intercept": 0}', '{"weight": [1], "intercept": 0}', '{"weight": 1}',
    ],
)  # fmt: skip
def test_a_broken_calibration_is_told(stored):
    with pytest.raises(ModelError, match="C303"):
        read_calibration(stored)
