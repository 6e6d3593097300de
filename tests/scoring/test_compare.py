from __future__ import annotations

import io
import json
from dataclasses import replace

import pytest
from rich.console import Console

from chitieu.errors import AnnotationError
from chitieu.scoring.compare import LEAST_ARTICLES, Verdict, compare_facts, comparison_table
from chitieu.scoring.rows import gold_rows


def fact(article_id: str, row, **changes):
    found = {
        "article_id": article_id, "org": row.org, "metric": row.metric, "value": row.value, "unit": row.unit,
        "value_high": row.value_high, "bound": row.bound, "year": row.years[0], "status": row.status,
        "kind": row.kind, "derived": None, "evidence": {"value": list(row.span)},
    }  # fmt: skip
    return {**found, **changes}


@pytest.fixture(scope="module")
def gold(tiny_articles):
    """The tiny article with facts, twenty times under other ids."""
    (first, *_) = (article for article in tiny_articles if article.facts)
    return [replace(first, article=replace(first.article, id=f"a{n}")) for n in range(20)]


def facts_of(gold, wrong_years_in):
    return {
        article.id: [
            fact(article.id, row, **({"year": 1999} if number in wrong_years_in else {})) for row in gold_rows(article)
        ]
        for number, article in enumerate(gold)
    }


def test_a_model_that_gains_everywhere_is_better(gold):
    comparison = compare_facts(gold, facts_of(gold, range(20)), facts_of(gold, ()), "own")
    core = comparison.line("core")
    assert core.verdict is Verdict.BETTER
    assert core.difference.value == pytest.approx(1.0)
    assert comparison.line("year").verdict is Verdict.BETTER
    assert comparison.line("value found").verdict is Verdict.SAME
    assert "0.000 → 1.000" in comparison.summary()
    assert "better, by more than chance" in comparison.summary()


def test_the_other_way_round_it_is_worse(gold):
    comparison = compare_facts(gold, facts_of(gold, ()), facts_of(gold, range(20)))
    assert comparison.line("core").verdict is Verdict.WORSE
    assert comparison.line("core").difference.interval.high < 0


def test_one_article_lost_and_one_won_could_be_chance(gold):
    comparison = compare_facts(gold, facts_of(gold, {0}), facts_of(gold, {1}))
    assert comparison.line("core").verdict is Verdict.CHANCE
    assert comparison.line("core").difference.value == 0
    one_lost = compare_facts(gold, facts_of(gold, ()), facts_of(gold, {1}))
    assert one_lost.line("core").difference.value < 0
    assert one_lost.line("core").verdict is Verdict.CHANCE


def test_few_articles_tell_nothing(gold):
    few = gold[: LEAST_ARTICLES - 1]
    assert compare_facts(few, facts_of(few, range(20)), facts_of(few, ())).line("core").verdict is Verdict.TOO_FEW
    enough = gold[:LEAST_ARTICLES]
    comparison = compare_facts(enough, facts_of(enough, range(20)), facts_of(enough, ()))
    assert comparison.line("core").verdict is Verdict.BETTER


def test_what_a_model_leaves_out_counts(gold):
    comparison = compare_facts(gold, facts_of(gold, ()), {})
    assert comparison.line("value found").verdict is Verdict.WORSE
    assert comparison.line("value found").line.scores["new"].count.predicted == 0


def test_json_has_counts_interval_and_verdict(gold):
    data = json.loads(json.dumps(compare_facts(gold, facts_of(gold, {0, 1}), facts_of(gold, ()), "own").to_dict()))
    core = data["sections"]["facts"]["core"]
    assert core["new"]["correct"] == core["new"]["gold"] > core["old"]["correct"]
    assert core["difference"] == pytest.approx(0.1, abs=1e-6)
    assert core["interval"][0] <= core["difference"] <= core["interval"][1]
    assert core["verdict"] in {verdict.value for verdict in Verdict}
    assert "ahead of" not in core
    assert (data["articles"], data["title"]) == (20, "own")


def test_table_says_it_in_words(gold):
    console = Console(width=200, record=True, file=io.StringIO())
    console.print(comparison_table(compare_facts(gold, facts_of(gold, range(20)), facts_of(gold, ()), "own words")))
    text = console.export_text()
    for wanted in ("own words (20 articles)", "+1.000", "better", "the same", "core", "year"):
        assert wanted in text


def test_nothing_to_compare_on_and_facts_of_unknown_articles(gold):
    with pytest.raises(ValueError, match="no articles"):
        compare_facts([], {}, {})
    with pytest.raises(AnnotationError, match="C207"):
        compare_facts(gold, {}, {"elsewhere": []})
