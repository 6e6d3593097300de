"""docs/tagging.md holds the tables that evaluate/ray_engine.py computes from what it measured."""

from __future__ import annotations

import json
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

EVALUATE = Path(__file__).parents[2] / "evaluate"


@pytest.fixture(scope="module")
def script():
    sys.path.insert(0, str(EVALUATE))  # it takes a function from its neighbour
    try:
        spec = spec_from_file_location("ray_engine", EVALUATE / "ray_engine.py")
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(EVALUATE))
    return module


def test_the_document_says_what_was_measured(script, root):
    measured = json.loads((EVALUATE / "ray_engine.json").read_text(encoding="utf-8"))
    document = (root / "docs" / "tagging.md").read_text(encoding="utf-8")
    assert script.documented(document, measured) == document
    assert "| 100,000,000 |" in document


def test_sizes_follow_from_rates(script):
    engine = {"articles_per_second": 10.0, "start_up_seconds": 5.0, "megabytes": 300, "bytes_per_article": 2_000}
    measured = {
        "engines": dict.fromkeys(script.CONTESTANTS, engine),
        "replaying_per_second": 100,
    }
    row = script._sizing(measured)[2 + script.SIZES.index(1_000_000)]
    # 100,000 s by one process of 10 a second; an actor does half of what two do; 2 GB; 10,000 s into the database.
    assert row == "| 1,000,000 | 27.8 h | 27.8 h | 3.5 h | 52 min | 13 min | 2 GB | 2 GB | 2.8 h |"


@pytest.mark.parametrize(
    ("seconds", "text"), [(50, "50 s"), (600, "10 min"), (6_000, "1.7 h"), (200_000, "2 days"), (1e8, "1,157 days")]
)
def test_durations(script, seconds, text):
    assert script.duration(seconds) == text


def test_copies_differ_in_their_figures_only(script):
    text = "Năm 2022 trồng 12 ha, đạt 105,6%, còn 07 hộ"
    assert script.with_other_figures(text, 0) == text
    assert script.with_other_figures(text, 3) == "Năm 2022 trồng 15 ha, đạt 108,9%, còn 07 hộ"
