"""The corpus that ships with the project: clean, split as recorded, and as its card says."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest

from chitieu.annotation.check import Severity, check
from chitieu.annotation.gold import read_annotated
from chitieu.annotation.inline import format_inline, parse_inline
from chitieu.annotation.repetition import repetitions
from chitieu.annotation.splits import SPLITS, read_splits
from chitieu.annotation.statistics import corpus_statistics, statistics_by_genre

CORPUS = Path(__file__).resolve().parents[2] / "annotations"


@pytest.fixture(scope="module")
def corpus():
    return {split: list(read_annotated(CORPUS / f"{split}.jsonl")) for split in SPLITS}


@pytest.fixture(scope="module")
def articles(corpus):
    return [article for split in corpus.values() for article in split]


@pytest.fixture(scope="module")
def problems(articles):
    return list(check(articles))  # seconds: once for all tests


def test_no_errors(problems):
    assert [problem for problem in problems if problem.severity is Severity.ERROR] == []


def test_no_article_shares_its_sentences_with_another(problems):
    shared = [p for p in problems if p.code == "C228" and int(re.search(r"shares (\d+)", p.message)[1]) > 8]
    assert shared == []


def test_splits_are_as_recorded(corpus):
    held = {article.id: split for split, members in corpus.items() for article in members}
    assert held == read_splits(CORPUS)
    assert all(article.split == split for split, members in corpus.items() for article in members)


def test_no_wording_stands_in_more_than_three_articles(articles):
    assert [(found.words, [articles[i].id for i, _ in found.holders]) for found in repetitions(articles)] == []


def test_splits_only_grow(corpus):
    """The first entries of the record are those that were there when this test's file was last written."""
    known = json.loads(Path(__file__).with_name("splits_recorded.json").read_text(encoding="utf-8"))
    first = list(read_splits(CORPUS).items())[: known["articles"]]
    assert len(first) == known["articles"]
    assert hashlib.sha256(json.dumps(first).encode()).hexdigest() == known["sha256"]


def test_large_enough(articles):
    assert len(articles) >= 200
    assert sum(len(article.facts) for article in articles) >= 2_800


def test_metrics_are_worded_in_many_ways(articles):
    assert corpus_statistics(articles).metrics >= 1_200


def test_every_article_can_be_edited_inline(articles):
    for article in articles:
        assert parse_inline(format_inline(article)) == article.canonical()


def test_card_tells_the_counts(corpus, articles):
    card = (CORPUS / "README.md").read_text(encoding="utf-8")
    for genre, held in statistics_by_genre(articles).items():
        assert f"| {genre} | {held.articles} | {held.words:,} | {held.facts:,} |" in card, genre
    for split, members in corpus.items():
        assert f"| {split} | {len(members)} | {sum(len(article.facts) for article in members):,} |" in card, split
