"""The benchmark script runs, and writes what it measured."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "evaluate" / "benchmark.py"


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, SCRIPT, *map(str, arguments)], capture_output=True, text=True, timeout=300, check=False
    )


@pytest.mark.slow
def test_it_measures_a_model(trained, tiny_corpus, tmp_path):
    out = tmp_path / "numbers.json"
    options = ("--articles", 3, "--repeats", 1, "--memory", 20)
    plot = tmp_path / "plot.svg"
    lengths = ("--lengths", 1, 2)
    done = run("--model", trained.folder, "--data", tiny_corpus, *options, *lengths, "--output", out, "--plot", plot)
    assert done.returncode == 0, done.stderr
    for row in (
        "word_tokenize",
        "2 workers",
        "underthesea.ner",
        "pipeline speed",
        "time in chitieu_relation",
        "a KB of 2",
    ):
        assert row in done.stdout
    assert "<svg" in plot.read_text(encoding="utf-8")
    found = json.loads(out.read_text(encoding="utf-8"))
    assert found["articles"] == 3
    assert found["pipeline_speed"] == found["speeds"]["pipeline"] > 0
    assert found["speeds"]["word_tokenize"] == 1
    assert found["two_workers"] > 0
    assert min(found["over_ner"].values()) > 0
    assert found["megabytes_worker"] > 20
    assert all(each["milliseconds"] > 0 for each in found["lengths"].values())
    assert found["tokenizer_cost"] > 0
    assert sum(found["component_share"].values()) == pytest.approx(1)
    assert found["memory"]["articles"] == 20
    assert found["memory"]["facts"] > 0
    assert 20 < found["memory"]["megabytes_loaded"] <= found["memory"]["megabytes_peak"]
    assert found["model_megabytes"] < 5


def test_without_a_model_it_says_so(tmp_path):
    done = run("--model", tmp_path / "none")
    assert done.returncode == 2
    assert "chitieu train" in done.stderr
    assert "Traceback" not in done.stderr
