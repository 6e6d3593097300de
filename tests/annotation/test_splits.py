from __future__ import annotations

import json
import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from chitieu.annotation.gold import AnnotatedArticle, read_annotated
from chitieu.annotation.splits import SPLITS, add_to_corpus, assign_splits, record_problems, without_copies
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


# -- copies and near-duplicates ---------------------------------------------------------------------------------------


def written(seed, words=60):
    """An article of words that hardly stand in that of another seed."""
    letters = random.Random(seed)
    return " ".join("".join(letters.choices("abcdefgh", k=4)) for _ in range(words))


def named(article_id, text, split=None, genre="trade"):
    return AnnotatedArticle(Article(article_id, text), split=split, genre=genre)


@given(st.integers(2, 40), st.randoms(use_true_random=False))
def test_near_duplicates_share_a_split_whatever_the_order(n, shuffle):
    texts = [written(seed) for seed in range(n)]
    new = [named(f"a-{i}", text) for i, text in enumerate(texts)]
    new += [named(f"b-{i}", f"Lời mở đầu khác. {text[: len(text) // 2]}") for i, text in enumerate(texts)]
    shuffle.shuffle(new)
    splits = assign_splits(new, {}, {})
    assert all(splits[f"a-{i}"] == splits[f"b-{i}"] for i in range(n))


def test_a_near_duplicate_goes_to_the_split_of_what_is_held(tmp_path):
    add_to_corpus(tmp_path, [named(f"a-{i}", written(i)) for i in range(20)])
    held = {a.id: a.split for split in SPLITS for a in read_annotated(tmp_path / f"{split}.jsonl")}
    assert set(held.values()) == set(SPLITS)
    add_to_corpus(tmp_path, [named(f"b-{i}", f"{written(i)} thêm một câu") for i in range(20)])
    now = json.loads((tmp_path / "splits.json").read_text(encoding="utf-8"))
    assert {f"b-{i}": now[f"b-{i}"] for i in range(20)} == {f"b-{i}": held[f"a-{i}"] for i in range(20)}


def test_what_is_like_articles_of_two_splits_is_refused(tmp_path):
    add_to_corpus(tmp_path, [named(f"a-{i}", written(i)) for i in range(20)])
    before = (tmp_path / "splits.json").read_bytes()
    by_split = {a.split: a.id for split in SPLITS for a in read_annotated(tmp_path / f"{split}.jsonl")}
    both = " ".join(written(int(by_split[split].split("-")[1])) for split in ("train", "test"))
    with pytest.raises(AnnotationError, match="C210"):
        add_to_corpus(tmp_path, [named("b", both)])
    assert (tmp_path / "splits.json").read_bytes() == before


def test_copies_are_told_from_other_articles():
    one = named("a", "Cả xã có 3 tổ hợp tác.")
    kept, copies = without_copies(
        [named("b", "CẢ XÃ  có 3 tổ hợp tác.\n"), named("c", "Cả xã có 4 tổ hợp tác.")], [one]
    )
    assert [article.id for article in kept] == ["c"]
    assert copies == {"b": "a"}
    assert without_copies([one, named("d", one.article.text)], []) == ([one], {"d": "a"})


def test_add_command_leaves_copies_out_and_names_them(tmp_path):
    drafts, corpus = tmp_path / "drafts", tmp_path / "corpus"
    drafts.mkdir()
    draft = "id: {}\ngenre: labour\npublished: 2021-01-02\n===\nMở [[V1|5 lớp]]\n===\nV1: 2020 actual\n"
    for name in ("a", "b"):
        (drafts / f"{name}.article.txt").write_text(draft.format(name), encoding="utf-8")
    result = CliRunner().invoke(app, ["add", str(drafts), "--corpus", str(corpus)])
    assert result.exit_code == 0, result.output
    assert "b: left out, the same text as a" in result.output
    assert "1 articles added" in result.output
    assert list(json.loads((corpus / "splits.json").read_text(encoding="utf-8"))) == ["a"]


def test_check_command_holds_a_folder_against_its_record(tmp_path):
    add_to_corpus(tmp_path, [named(f"a-{i}", written(i), genre=None) for i in range(5)])
    assert record_problems(tmp_path, []) == []
    assert CliRunner().invoke(app, ["check", str(tmp_path)]).exit_code == 0
    record = tmp_path / "splits.json"
    record.write_text(record.read_text(encoding="utf-8").replace("train", "dev"), encoding="utf-8")
    result = CliRunner().invoke(app, ["check", str(tmp_path)])
    assert result.exit_code == 1
    assert "C208" in result.output
    assert " is in train, but recorded in dev" in result.output
