from __future__ import annotations

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from chitieu.scoring.bootstrap import Interval, bootstrap_f1, paired_bootstrap
from chitieu.scoring.counts import Count, Measure
from chitieu.scoring.report import make_report, report_tables

COUNTS = st.builds(
    lambda correct, missed, extra: Count(correct, correct + extra, correct + missed),
    st.integers(0, 9), st.integers(0, 9), st.integers(0, 9),
)  # fmt: skip


def test_count_arithmetic():
    count = Count(2, 4, 8) + Count(1, 1, 1)
    assert count == Count(3, 5, 9)
    assert (count.precision, count.recall) == (3 / 5, 3 / 9)
    assert count.f1 == pytest.approx(2 * (3 / 5) * (3 / 9) / (3 / 5 + 3 / 9))
    assert (Count().precision, Count().recall, Count().f1) == (0.0, 0.0, 0.0)


def test_interval_is_seeded_and_brackets_the_score():
    counts = [Count(i % 4, 4, 5) for i in range(40)]
    first = bootstrap_f1(counts)
    assert first == bootstrap_f1(counts)
    assert first.low < sum(counts, Count()).f1 < first.high
    wide = bootstrap_f1(counts[:8])
    assert wide.high - wide.low > first.high - first.low


def test_interval_of_the_binomial_share():
    """100 articles with one fact each, half of them right: the share has a standard error of 0.05."""
    interval = bootstrap_f1([Count(i % 2, 1, 1) for i in range(100)], draws=4000)
    assert interval.low == pytest.approx(0.5 - 1.96 * 0.05, abs=0.02)
    assert interval.high == pytest.approx(0.5 + 1.96 * 0.05, abs=0.02)


def test_one_article_has_no_spread_and_none_has_no_interval():
    assert bootstrap_f1([Count(1, 2, 2)]) == Interval(0.5, 0.5)
    assert bootstrap_f1([]) is None
    assert paired_bootstrap([], []) is None


@given(st.lists(COUNTS, min_size=1, max_size=12))
def test_a_system_is_not_ahead_of_itself(counts):
    difference = paired_bootstrap(counts, counts, draws=50)
    assert (difference.value, difference.interval, difference.wins) == (0.0, Interval(0.0, 0.0), 0.0)


def test_a_better_system_wins_and_the_difference_is_antisymmetric():
    good = [Count(8 + i % 2, 10, 10) for i in range(30)]
    poor = [Count(5 + i % 3, 10, 10) for i in range(30)]
    ahead, behind = paired_bootstrap(good, poor), paired_bootstrap(poor, good)
    assert ahead.interval.low > 0
    assert (ahead.wins, behind.wins) == (1.0, 0.0)
    assert ahead.value == pytest.approx(-behind.value)


def test_paired_needs_the_same_articles():
    with pytest.raises(ValueError, match="2 articles against 1"):
        paired_bootstrap([Count(), Count()], [Count()])


@pytest.fixture
def report():
    model = [
        Measure("facts", "core", (Count(8, 10, 10), Count(3, 4, 6))),
        Measure("fields over matched values", "year", (Count(9, 9, 9), Count(3, 4, 4)), is_accuracy=True),
        Measure("spans, exact", "ORG", (Count(1, 2, 3), Count(0, 0, 0)), note="marked where linked only"),
    ]
    nearest = [Measure("facts", "core", (Count(4, 10, 10), Count(2, 4, 6)))]
    return make_report("own words", {"model": model, "nearest": nearest}, draws=200)


def test_report_as_json_has_counts_beside_every_score(report):
    data = json.loads(json.dumps(report.to_dict()))
    core = data["sections"]["facts"]["core"]
    assert core["model"]["correct"] == 11
    assert (core["model"]["predicted"], core["model"]["gold"]) == (14, 16)
    assert core["model"]["f1"] == pytest.approx(22 / 30, abs=1e-6)
    assert core["ahead of"]["nearest"]["f1"] == pytest.approx((22 - 12) / 30, abs=1e-6)
    assert core["ahead of"]["nearest"]["wins"] == 1.0
    assert data["sections"]["fields over matched values"]["year"]["model"]["share"] == pytest.approx(12 / 13, abs=1e-6)
    assert data["sections"]["spans, exact"]["ORG"]["note"]
    assert (data["articles"], data["systems"]) == (2, ["model", "nearest"])


def test_line_lookup(report):
    assert report.line("facts", "core").scores["nearest"].count == Count(6, 14, 16)
    with pytest.raises(KeyError):
        report.line("facts", "cores")


def test_tables_show_counts_and_the_baseline(report):
    console = Console(width=300, record=True, file=io.StringIO())
    for table in report_tables(report):
        console.print(table)
    text = console.export_text()
    for wanted in (
        "0.733",
        "11/14/16",
        "0.400",
        "6/14/16",
        "nearest F1",
        "ahead of nearest",
        "+0.333",
        "12/13",
        "marked where",
    ):
        assert wanted in text
    with_nothing = [line for line in text.splitlines() if " year " in line]
    assert "–" in with_nothing[0]


def test_systems_on_different_articles_are_refused():
    one, two = Measure("facts", "core", (Count(),)), Measure("facts", "core", (Count(), Count()))
    with pytest.raises(ValueError, match="same articles"):
        make_report("x", {"a": [one], "b": [two]})
    with pytest.raises(ValueError, match="same articles"):
        make_report("x", {})
