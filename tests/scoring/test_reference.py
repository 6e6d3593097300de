"""The project's scorer against the reference scorer, where that and its data stand beside the checkout."""

from __future__ import annotations

import importlib.util
import json
import random
from pathlib import Path

import pytest

from chitieu.annotation.gold import AnnotatedArticle
from chitieu.scoring.counts import count_facts, fact_measures
from chitieu.scoring.rows import Row, gold_rows, predicted_rows

SHARED = Path(__file__).resolve().parents[2].parent / "shared"
TOOL = SHARED / "tools" / "score.py"
DATA = SHARED / "data" / "real-train.jsonl"
ARTICLES = 200  # of 635: the first ones, enough for thousands of facts in a few seconds
LINES = {"value found": "match", "value and unit": "value_only", "core": "core", "full": "full"}

pytestmark = pytest.mark.skipif(
    not (TOOL.is_file() and DATA.is_file()), reason=f"no reference scorer and data in {SHARED}"
)


@pytest.fixture(scope="module")
def reference():
    spec = importlib.util.spec_from_file_location("reference_score", TOOL)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def articles():
    with DATA.open(encoding="utf-8") as lines:
        return [json.loads(line) for line, _ in zip(lines, range(ARTICLES), strict=False)]


def perturbed(facts, article, seed):
    """Predictions that are right, half right, wrong, missing and doubled, from gold facts read out by the reference."""
    random_ = random.Random(f"{article['id']} {seed}")
    predictions = []
    for fact in facts:
        if random_.random() < 0.15:
            continue
        start, end = fact["value_span"]
        years = fact["years"] or [2020]
        prediction = {
            "article_id": article["id"], "value": fact["value"], "value_high": fact["value_high"], "unit": fact["unit"],
            "metric": fact["metric"], "org": fact["org"], "year": random_.choice(years), "status": fact["status"],
            "kind": fact["kind"], "bound": fact["bound"], "derived": None, "evidence": {"value": [start, end]},
        }  # fmt: skip
        changes = {
            "value": lambda value: value * random_.choice([1.0000005, 1.000002, 10]),
            "unit": lambda unit: random_.choice(
                ["", None, "HTX", unit.upper(), unit + " mới", unit.replace("tỷ", "tỉ")]
            ),
            "metric": lambda metric: " ".join(random_.sample(metric.split(), max(1, len(metric.split()) * 2 // 5))),
            "org": lambda org: random_.choice([None, "toàn tỉnh", "", "Huyện", (org or "x").upper(), (org or "x")[:6]]),
            "year": lambda year: random_.choice([None, year + 1]),
            "status": lambda status: "target" if status == "actual" else "actual",
            "kind": lambda kind: random_.choice(["level", "change"]),
            "bound": lambda bound: random_.choice([None, "exact", "min"]),
            "evidence": lambda e: {"value": [e["value"][0], e["value"][1] + random_.choice([-1, 5, 40])]},
            "derived": lambda derived: {"rule": "plan", "from": []},
        }
        for key, change in changes.items():
            if random_.random() < 0.08:
                prediction[key] = change(prediction[key])
        predictions.append(prediction)
        if random_.random() < 0.05:
            predictions.append(prediction | {"value": 1, "evidence": {"value": [end - 1, end + 3]}})
    return sorted(predictions, key=lambda p: p["evidence"]["value"])


def reference_row(fact):
    names = ("value", "value_high", "unit", "metric", "org", "status", "kind", "bound", "optional")
    return Row(span=tuple(fact["value_span"]), years=tuple(fact["years"]), **{name: fact[name] for name in names})


@pytest.mark.parametrize("seed", [1, 2])
def test_matching_agrees_article_by_article(reference, articles, seed):
    checked = 0
    for article in articles:
        gold = reference.gold_facts(article)
        predictions = perturbed(gold, article, seed)
        theirs, _ = reference.tally([p for p in predictions if not p["derived"]], gold)
        ours = count_facts(predicted_rows(predictions), [reference_row(fact) for fact in gold])
        assert (ours["core"].predicted, ours["core"].gold) == (theirs["pred"], theirs["gold"]), article["id"]
        for name, key in (
            ("value found", "match"),
            ("value and unit", "value_only"),
            ("core", "core"),
            ("full", "full"),
        ):
            assert ours[name].correct == theirs[key], (article["id"], name)
        for name in ("value", "metric", "year", "status", "org", "kind", "bound"):
            assert ours[name].correct == theirs[f"f_{name}"], (article["id"], name)
        checked += int(theirs["match"])
    assert checked > 1000


def test_scores_agree_to_the_printed_digit(reference, articles):
    """From article to F1, with the gold facts read out by this project and by the reference."""
    predictions = {a["id"]: perturbed(reference.gold_facts(a), a, 3) for a in articles}
    total = reference.total(
        reference.tally([p for p in predictions[a["id"]] if not p["derived"]], reference.gold_facts(a))[0]
        for a in articles
    )
    ours = {m.name: m.total for m in fact_measures([AnnotatedArticle.from_dict(a) for a in articles], predictions)}
    for name, key in LINES.items():
        theirs = reference.prf(total[key], total["pred"], total["gold"])
        mine = (ours[name].precision, ours[name].recall, ours[name].f1)
        assert [f"{x:.3f}" for x in mine] == [f"{x:.3f}" for x in theirs], name


def test_gold_is_read_out_alike(reference, articles):
    """Where the two differ, this project reads more (`23 vạn người`) or knows a measure that the reference does not."""
    facts = different = 0
    for article in articles:
        theirs = {tuple(fact["value_span"]): fact for fact in reference.gold_facts(article)}
        for row in gold_rows(AnnotatedArticle.from_dict(article)):
            facts += 1
            their = theirs.get(row.span)
            if their is None or row.value is None:
                different += 1
                continue
            words = (row.unit or "", row.metric or "", row.org) == (their["unit"], their["metric"], their["org"])
            numbers = reference.num_eq(row.value, their["value"]) and reference.num_eq(
                row.value_high, their["value_high"]
            )
            different += not (words and numbers)
    assert facts > 2000
    assert different <= facts * 0.01
