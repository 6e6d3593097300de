from __future__ import annotations

import io
import json
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from chitieu.facts.fact import Derivation, Evidence, Fact
from chitieu.labels import Kind, Status
from chitieu.scoring.confidence import Judged, calibration_error, confidence_scores, judge, keep
from chitieu.scoring.counts import Count, Measure
from chitieu.scoring.report import make_report, report_tables

CONFIDENCES = st.floats(0, 1).map(lambda value: round(value, 4))
JUDGED = st.lists(st.tuples(CONFIDENCES, st.booleans()), max_size=8).map(
    lambda facts: Judged(tuple(c for c, _ in facts), tuple(r for _, r in facts), len(facts) + 1)
)


def judged(*facts: tuple[float, bool], gold: int | None = None) -> Judged:
    return Judged(tuple(c for c, _ in facts), tuple(r for _, r in facts), len(facts) if gold is None else gold)


def test_error_by_hand():
    """0.9 said of two facts, one right: off by 0.4. 0.2 said of two, none right: off by 0.2. Half the facts each."""
    confidences = np.array([0.9, 0.9, 0.2, 0.2])
    assert calibration_error(confidences, np.array([1.0, 0.0, 0.0, 0.0])) == pytest.approx(0.3)
    assert calibration_error(np.array([0.25, 0.75]), np.array([0.0, 1.0])) == pytest.approx(0.25)


def test_a_bin_cancels_what_bins_do_not():
    """Two facts of one bin are averaged, as the definition has it; 0.3 is in the bin that begins there."""
    assert calibration_error(np.array([0.5, 0.5]), np.array([1.0, 0.0])) == pytest.approx(0.0)
    scores = confidence_scores([judged((0.3, True), (0.2999, False), (1.0, True))], draws=10)
    assert [(item.low, item.facts) for item in scores.bins] == [(0.2, 1), (0.3, 1), (0.9, 1)]


def test_a_calibrated_model_errs_only_by_chance():
    generator = np.random.default_rng(1)
    articles = []
    for _ in range(60):
        confidences = generator.random(20)
        articles.append(judged(*zip(confidences.tolist(), (generator.random(20) < confidences).tolist(), strict=True)))
    scores = confidence_scores(articles, draws=300)
    assert scores.error == pytest.approx(scores.error_by_chance, abs=0.015)
    boastful = [replace(item, confidences=tuple(0.5 + c / 2 for c in item.confidences)) for item in articles]
    worse = confidence_scores(boastful, draws=300)
    assert worse.error > 0.2 > worse.error_by_chance
    assert worse.interval.low < worse.error < worse.interval.high
    assert worse.ranking == pytest.approx(scores.ranking)


def test_the_surest_seven_in_ten():
    facts = [(0.9, True)] * 6 + [(0.8, True), (0.7, False), (0.6, False), (0.5, False)]
    kept = confidence_scores([judged(*facts, gold=14)], draws=10).kept
    assert (kept.threshold, kept.facts, kept.right, kept.share) == (0.8, 7, 7, 0.7)
    assert (kept.precision, kept.recall) == (1.0, 0.5)


def test_facts_of_equal_confidence_are_kept_together():
    kept = confidence_scores([judged(*[(0.9, True)] * 5, *[(0.6, False)] * 5)], draws=10).kept
    assert (kept.threshold, kept.facts, kept.share, kept.precision) == (0.6, 10, 1.0, 0.5)


def test_ranking():
    assert confidence_scores([judged((0.9, True), (0.1, False))], draws=10).ranking == 1.0
    assert confidence_scores([judged((0.1, True), (0.9, False))], draws=10).ranking == 0.0
    assert confidence_scores([judged((0.5, True), (0.5, False))], draws=10).ranking == 0.5
    assert confidence_scores([judged((0.5, True))], draws=10).ranking is None


def test_nothing_predicted_has_no_scores():
    assert confidence_scores([judged(gold=3), judged()], draws=10) is None
    assert confidence_scores([], draws=10) is None


@given(st.lists(JUDGED, min_size=1, max_size=6))
def test_what_holds_of_any_facts(articles):
    scores = confidence_scores(articles, draws=20)
    facts = sum(len(item.right) for item in articles)
    if not facts:
        assert scores is None
        return
    assert 0 <= scores.error <= 1
    assert sum(item.facts for item in scores.bins) == scores.facts == facts
    last = scores.curve[-1]
    assert (last.facts, last.right, last.share) == (facts, sum(sum(item.right) for item in articles), 1.0)
    thresholds = [point.threshold for point in scores.curve]
    assert thresholds == sorted(set(thresholds), reverse=True)
    recalls = [point.recall for point in scores.curve]
    assert recalls == sorted(recalls)
    assert scores.kept.share >= 0.7
    kept = [c for item in articles for c in item.confidences if c >= scores.kept.threshold]
    assert len(kept) == scores.kept.facts
    assert keep(scores.curve, 1.0) == last
    json.dumps(scores.to_dict(), allow_nan=False)


def fact_at(span, confidence, year=2021, **changes):
    fields = {
        "article_id": "a", "metric": "thành lập mới HTX", "value": Decimal(35), "unit": "HTX", "year": year,
        "status": Status.ACTUAL, "kind": Kind.LEVEL, "evidence": Evidence(span), "sentence": "",
        "confidence": confidence,
    }  # fmt: skip
    return Fact(**{**fields, **changes})


def test_judging_leaves_out_optional_and_derived_facts(compiled):
    gold = compiled(
        "[[Y1|Năm 2021]] [[M1|thành lập mới]] [[V1|35 HTX]] và [[V2|7 THT]].",
        "V1: M1 Y1 2021 actual\nV2: M1 Y1 2021 actual optional",
    )
    first, second = sorted((span.start, span.end) for span in gold.spans if span.label.value == "VALUE")
    predicted = [
        fact_at(first, 0.9),
        fact_at(second, 0.8),
        fact_at((0, 3), None),
        fact_at(first, 0.7, derived=Derivation("plan", ("x",))),
    ]
    assert judge([gold], {"a": predicted}) == [Judged((0.0, 0.9), (False, True), 1)]
    assert judge([gold], {"a": [fact_at(first, 0.9, year=1999)]}) == [Judged((0.9,), (False,), 1)]
    assert judge([gold], {}) == [Judged((), (), 1)]


def test_table_and_json_of_a_report():
    articles = [judged((0.9, True), (0.4, False)), judged((0.8, True))]
    measure = Measure("facts", "core", (Count(1, 2, 2), Count(1, 1, 1)))
    report = make_report("own", {"model": [measure]}, 50, confidence=confidence_scores(articles, draws=50))
    console = Console(width=120, record=True, file=io.StringIO())
    for table in report_tables(report):
        console.print(table)
    text = console.export_text()
    for wanted in ("expected calibration error", "precision of the surest 70%", "3/3", "Naeini"):
        assert wanted in text
    data = json.loads(json.dumps(report.to_dict()))["confidence"]
    assert data["expected calibration error"] == pytest.approx((0.1 + 0.4 + 0.2) / 3, abs=1e-6)
    assert data["surest 70%"]["predicted"] == 3
