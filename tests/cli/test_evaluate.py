"""`chitieu evaluate` from arguments to files, by the small trained model."""

from __future__ import annotations

import json
import shutil

import pytest


@pytest.fixture(scope="module")
def models(trained, tmp_path_factory):
    """The small model twice; the second time its confidence is halved."""
    folder = tmp_path_factory.mktemp("models")
    shutil.copytree(trained.folder, folder / "old")
    shutil.copytree(trained.folder, folder / "new")
    half = {"weight": 0.0, "intercept": 0.0}
    (folder / "new" / "chitieu_facts" / "calibration.json").write_text(json.dumps(half), encoding="utf-8")
    return folder


@pytest.fixture
def gold(tmp_path, tiny_corpus):
    return shutil.copy(tiny_corpus, tmp_path / "gold.jsonl")


def test_page_plots_and_json(run, models, gold, tmp_path):
    done = run(
        "evaluate",
        gold,
        "--model",
        models / "old",
        "--html",
        "report.html",
        "--plots",
        "drawn",
        "-o",
        "s.json",
        "--brief",
    )
    assert (done.code, done.err) == (0, "")
    assert "expected calibration error" in done.out
    assert "spans, exact" not in done.out
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert page.rstrip().endswith("</html>")
    (scores,) = json.loads((tmp_path / "s.json").read_text(encoding="utf-8"))
    assert set(scores["confidence"]) >= {"expected calibration error", "surest 70%", "bins"}
    drawn = sorted(path.name for path in (tmp_path / "drawn").iterdir())
    assert drawn == ["precision-recall-gold.svg", "reliability-gold.svg"]


def test_compare(run, models, gold, tmp_path):
    done = run("evaluate", gold, "--compare", models / "old", models / "new", "-o", "c.json")
    assert done.code == 0
    assert "both count the same in every article" in done.out
    (comparison,) = json.loads((tmp_path / "c.json").read_text(encoding="utf-8"))
    assert comparison["sections"]["facts"]["core"]["verdict"] == "the same"


def test_min_confidence_leaves_out_facts(run, models, gold, tmp_path):
    """All facts of the second model have at most a half."""
    run("evaluate", gold, "--compare", models / "old", models / "new", "--min-confidence", 0.51, "-o", "c.json")
    (comparison,) = json.loads((tmp_path / "c.json").read_text(encoding="utf-8"))
    found = comparison["sections"]["facts"]["value found"]
    assert found["new"]["predicted"] == 0
    assert found["verdict"] == "too few articles"
    run("evaluate", gold, "--model", models / "new", "--min-confidence", 0.51, "-o", "s.json", "--html", "r.html")
    (scores,) = json.loads((tmp_path / "s.json").read_text(encoding="utf-8"))
    assert scores["sections"]["facts"]["core"]["model"]["predicted"] == 0
    assert "confidence" not in scores
    assert "missed" in (tmp_path / "r.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--compare", "a", "b", "--model", "c"], "--compare"),
        (["--compare", "a", "b", "--html", "c.html"], "--compare"),
        (["--compare", "a"], "2 arguments"),
        (["--compare", "none", "none"], "C302"),
        (["--min-confidence", "2"], "--min-confidence"),
        (["--html", "gold.jsonl"], "C404"),
        (["--html", "p.html", "--output", "p.html"], "C404"),
    ],
)
def test_wrong_usage(run, gold, arguments, says):
    done = run("evaluate", "gold.jsonl", *arguments)
    assert done.code == 2
    assert says in done.err


def test_what_can_not_be_done(run, models, gold, tmp_path):
    (tmp_path / "empty.jsonl").write_text("", encoding="utf-8")
    for arguments in (["--compare", models / "old", models / "new"], ["--model", models / "old"]):
        done = run("evaluate", "empty.jsonl", *arguments)
        assert (done.code, len(done.error_lines)) == (2, 1)
        assert "C208" in done.err
    done = run("evaluate", gold, "--model", models / "old", "--html", "no/such/page.html")
    assert "C401" in done.err
