"""Old plus new: which articles a training reads."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from chitieu.annotation.gold import read_annotated
from chitieu.errors import AnnotationError, ModelError
from chitieu.training.corpora import (
    ARTICLES,
    HELD_OUT,
    LEARNED,
    Corpora,
    default_corpora,
    require_held_out,
    write_corpora,
)


def article_file(path: Path, **texts: str) -> Path:
    lines = [json.dumps({"id": id_, "text": text, "spans": [], "facts": []}) + "\n" for id_, text in texts.items()]
    path.write_text("".join(lines), encoding="utf-8")
    return path


def texts(path: Path) -> dict[str, str]:
    return {article.id: article.article.text for article in read_annotated(path)}


def test_new_files_join_the_old():
    old = Corpora((Path("a"),), (Path("dev"),), (Path("real"),))
    new = Corpora((Path("b"), Path("x/../a")), (), (Path("more"),))
    assert old.joined_by(new) == Corpora((Path("x/../a"), Path("b")), (Path("dev"),), (Path("real"), Path("more")))
    assert old.joined_by(Corpora((), (Path("other"),))).dev == (Path("other"),)


def test_of_an_article_that_comes_twice_the_later_counts(tmp_path):
    first = article_file(tmp_path / "1.jsonl", a="Xã A.", b="Xã B.")
    second = article_file(tmp_path / "2.jsonl", c="Xã C.", a="Xã A mới.")
    write_corpora(Corpora((first, second), ()), tmp_path)
    assert texts(tmp_path / ARTICLES) == {"a": "Xã A mới.", "b": "Xã B.", "c": "Xã C."}


def test_one_file_is_read_as_it_stands(tmp_path):
    first = article_file(tmp_path / "1.jsonl", a="Xã A.")
    write_corpora(Corpora((first,), ()), tmp_path)
    assert not (tmp_path / ARTICLES).exists()


def test_one_partial_article_in_twenty_is_held_out(tmp_path):
    files = [
        article_file(
            tmp_path / f"{number}.jsonl", **{f"a{n}": f"Xã {n}." for n in range(number * 100, number * 100 + 150)}
        )
        for number in range(4)
    ]
    write_corpora(Corpora((), (), tuple(files)), tmp_path)
    learned, held_out = texts(tmp_path / LEARNED), texts(tmp_path / HELD_OUT)
    assert len(learned) + len(held_out) == 450
    assert not learned.keys() & held_out.keys()
    assert 10 <= len(held_out) <= 40


@pytest.mark.parametrize("same", [{"a": "Khác."}, {"b": "Xã  A.\n"}], ids=["id", "words"])
def test_a_held_out_article_is_not_learned(tmp_path, same):
    test = list(read_annotated(article_file(tmp_path / "test.jsonl", a="Xã A.")))
    require_held_out(test, [article_file(tmp_path / "fine.jsonl", c="Xã C.")])
    with pytest.raises(AnnotationError) as caught:
        require_held_out(test, [article_file(tmp_path / "train.jsonl", c="Xã C.", **same)])
    assert caught.value.code == "C240"
    assert caught.value.place == str(tmp_path / "train.jsonl")


def test_another_corpus(tmp_path):
    (tmp_path / "mine").mkdir()
    article_file(tmp_path / "mine" / "train.jsonl", a="Xã A.")
    found = default_corpora(tmp_path / "checkout", tmp_path / "mine")
    assert found.train == (tmp_path / "mine" / "train.jsonl",)
    assert found.dev == (tmp_path / "mine" / "dev.jsonl",)
    with pytest.raises(ModelError) as caught:
        default_corpora(tmp_path / "checkout", tmp_path / "none")
    assert caught.value.code == "C306"
    assert "--corpus" in str(caught.value)
    assert "--alone" in str(caught.value)
