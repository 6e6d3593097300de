from __future__ import annotations

import json
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from chitieu.annotation.gold import AnnotatedArticle, read_annotated
from chitieu.annotation.splits import SPLITS, add_to_corpus, assign_splits
from chitieu.article import Article
from chitieu.cli.annotations import app
from chitieu.errors import AnnotationError


def articles(n, genre="trade", prefix="a"):
    return [AnnotatedArticle(Article(f"{prefix}-{i}", f"Bài {prefix} số {i}."), genre=genre) for i in range(n)]


@given(st.integers(1, 120), st.randoms(use_true_random=False))
def test_each_genre_has_its_shares_whatever_the_order(n, random):
    given_ = articles(n) + articles(10, "labour", "b")
    splits = assign_splits(given_, {}, {})
    shuffled = given_[:]
    random.shuffle(shuffled)
    assert assign_splits(shuffled, {}, {}) == splits
    held = Counter(split for article_id, split in splits.items() if article_id.startswith("a-"))
    assert all(abs(held[split] - share * n) <= 1 for split, share in SPLITS.items())
    assert Counter(split for i, split in splits.items() if i.startswith("b-")) == {"train": 7, "dev": 1, "test": 2}


def test_a_split_is_given_once(tmp_path):
    add_to_corpus(tmp_path, articles(20))
    first = json.loads((tmp_path / "splits.json").read_text(encoding="utf-8"))
    add_to_corpus(tmp_path, articles(30))
    second = json.loads((tmp_path / "splits.json").read_text(encoding="utf-8"))
    assert list(second.items())[:20] == list(first.items())
    assert len(second) == 30


def test_articles_are_replaced_not_doubled(tmp_path):
    add_to_corpus(tmp_path, articles(10))
    changed = [AnnotatedArticle(Article("a-3", "Bài viết lại."), genre="trade")]
    assert sum(add_to_corpus(tmp_path, changed).values()) == 10
    texts = {a.id: (a.article.text, a.split) for split in SPLITS for a in read_annotated(tmp_path / f"{split}.jsonl")}
    assert texts["a-3"][0] == "Bài viết lại."
    recorded = json.loads((tmp_path / "splits.json").read_text(encoding="utf-8"))
    assert {article_id: split for article_id, (_, split) in texts.items()} == recorded


def test_an_article_that_was_moved_is_told(tmp_path):
    add_to_corpus(tmp_path, articles(10))
    record = tmp_path / "splits.json"
    record.write_text(record.read_text(encoding="utf-8").replace("train", "test"), encoding="utf-8")
    with pytest.raises(AnnotationError, match="C208"):
        add_to_corpus(tmp_path, articles(1))


@pytest.mark.parametrize("content", ["{", "[]", '{"a": "all"}'])
def test_a_record_that_is_none_is_told(tmp_path, content):
    (tmp_path / "splits.json").write_text(content, encoding="utf-8")
    with pytest.raises(AnnotationError, match="C208"):
        add_to_corpus(tmp_path, articles(1))


def test_add_command_refuses_errors(tmp_path):
    drafts, corpus = tmp_path / "drafts", tmp_path / "corpus"
    drafts.mkdir()
    good = "id: {}\ngenre: labour\npublished: 2021-01-02\n===\nMở [[V1|5 lớp]]\n===\nV1: 2020 actual{}\n"
    (drafts / "a.article.txt").write_text(good.format("a", ""), encoding="utf-8")
    (drafts / "b.article.txt").write_text(good.format("b", " change"), encoding="utf-8")
    result = CliRunner().invoke(app, ["add", str(drafts), "--corpus", str(corpus)])
    assert result.exit_code == 1
    assert "a change goes up or down" in result.output
    assert not corpus.exists()
    (drafts / "b.article.txt").unlink()
    result = CliRunner().invoke(app, ["add", str(drafts), "--corpus", str(corpus)])
    assert result.exit_code == 0, result.output
    assert "1 articles added; now train 1, dev 0, test 0" in result.output
    assert CliRunner().invoke(app, ["check", str(corpus)]).exit_code == 0
