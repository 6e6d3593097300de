"""Examples by way of a kept DocBin are those made afresh, and what is kept is never believed beyond its words."""

from __future__ import annotations

import unicodedata
from dataclasses import replace

import pytest
import spacy
from spacy.tokens import DocBin

from chitieu import tokenizer
from chitieu.annotation import docbin
from chitieu.annotation.docbin import cache_folder, docbin_digest, read_examples
from chitieu.annotation.docs import make_example
from chitieu.annotation.gold import read_annotated, write_annotated


@pytest.fixture(scope="module")
def nlp():
    return spacy.blank("vi", config={"nlp": {"tokenizer": {"@tokenizers": "chitieu.tokenizer.v1"}}})


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("CHITIEU_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def corpus(tmp_path, tiny_articles):
    """Enough articles to be kept; some in decomposed letters."""
    articles = []
    for number in range(24):
        article = tiny_articles[number % len(tiny_articles)]
        body = replace(article.article, id=f"bai-{number}")
        if number % 5 == 0:
            text = unicodedata.normalize("NFD", body.text)
            articles.append(replace(article, article=replace(body, text=text), spans=(), facts=()))
        else:
            articles.append(replace(article, article=body))
    write_annotated(tmp_path / "corpus.jsonl", articles)
    return tmp_path / "corpus.jsonl"


def told(example):
    """All that a component can see of an example."""
    return [
        (
            [(t.text, t.whitespace_, t.norm_, t.ent_iob, t.ent_type_, t.lower_, t.shape_) for t in doc],
            doc.text,
            doc._.links,
            doc._.annotation,
            doc._.article_id,
            doc._.published,
            doc._.title,
        )
        for doc in (example.predicted, example.reference)
    ]


def fresh(nlp, corpus, partial=False):
    return [told(make_example(nlp, article, partial=partial)) for article in read_annotated(corpus)]


def read(nlp, corpus, partial=False):
    return [told(example) for example in read_examples(nlp, corpus, partial=partial)]


def forbid_tokenising(monkeypatch):
    def refuse(self, text):
        raise AssertionError("tokenised anew")

    monkeypatch.setattr(tokenizer.VietnameseTokenizer, "__call__", refuse)


@pytest.mark.parametrize("partial", [False, True])
def test_examples_from_the_cache_are_those_made_afresh(nlp, corpus, folder, monkeypatch, partial):
    wanted = fresh(nlp, corpus, partial)
    assert read(nlp, corpus, partial) == wanted
    (kept,) = folder.iterdir()
    assert kept.name == f"{docbin_digest(corpus, partial=partial)}.spacy"
    forbid_tokenising(monkeypatch)
    assert read(nlp, corpus, partial) == wanted


def test_what_is_kept_is_a_docbin_with_entities(nlp, corpus, folder):
    read(nlp, corpus)
    (kept,) = folder.iterdir()
    docs = list(DocBin().from_disk(kept).get_docs(nlp.vocab))
    wanted = [example.reference for example in read_examples(nlp, corpus)]
    assert [[(ent.text, ent.label_) for ent in doc.ents] for doc in docs] == [
        [(ent.text, ent.label_) for ent in doc.ents] for doc in wanted
    ]
    assert any(doc.ents for doc in docs)


def test_digest_hangs_on_all_that_examples_are_made_from(corpus, monkeypatch):
    seen = {docbin_digest(corpus), docbin_digest(corpus, partial=True)}
    data = corpus.read_bytes()
    corpus.write_bytes(data.replace(b'"actual"', b'"target"', 1))
    seen.add(docbin_digest(corpus))
    corpus.write_bytes(data)
    monkeypatch.setattr(docbin, "version", lambda name: "another")
    seen.add(docbin_digest(corpus))
    other = corpus.with_name("other.py")
    other.write_text("# another tokenizer", encoding="utf-8")
    monkeypatch.setattr(tokenizer, "__file__", str(other))
    seen.add(docbin_digest(corpus))
    assert len(seen) == 5


def test_a_changed_corpus_is_read_as_it_stands_now(nlp, corpus, folder):
    read(nlp, corpus)
    articles = list(read_annotated(corpus))
    write_annotated(corpus, articles[:-1])
    assert read(nlp, corpus) == fresh(nlp, corpus)
    assert len(list(folder.iterdir())) == 2


@pytest.mark.parametrize("broken", [b"", b"no zlib", None])
def test_a_broken_file_is_made_anew(nlp, corpus, folder, broken):
    wanted = read(nlp, corpus)
    (kept,) = folder.iterdir()
    whole = kept.read_bytes()
    kept.write_bytes(whole[: len(whole) // 2] if broken is None else broken)
    assert read(nlp, corpus) == wanted
    assert list(folder.iterdir()) == [kept]
    assert len(list(DocBin().from_disk(kept).get_docs(nlp.vocab))) == 24


def test_marks_and_texts_of_the_kept_file_are_not_believed(nlp, corpus, folder):
    wanted = read(nlp, corpus)
    (kept,) = folder.iterdir()
    docs = list(DocBin().from_disk(kept).get_docs(nlp.vocab))
    for doc in docs:
        doc.set_ents([])
        for token in doc:
            token.norm_ = "sai"
    kept.write_bytes(DocBin(attrs=["ORTH", "SPACY", "NORM", "ENT_IOB", "ENT_TYPE"], docs=docs).to_bytes())
    assert read(nlp, corpus) == wanted
    kept.write_bytes(DocBin(attrs=["ORTH", "SPACY"], docs=[*docs[1:], docs[0]]).to_bytes())
    assert read(nlp, corpus) == wanted
    kept.write_bytes(DocBin(attrs=["ORTH", "SPACY"], docs=docs[1:]).to_bytes())
    assert read(nlp, corpus) == wanted


def test_what_cannot_be_kept_is_read_all_the_same(nlp, corpus, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("CHITIEU_CACHE", str(tmp_path / "file" / "cache"))
    assert read(nlp, corpus) == fresh(nlp, corpus)


def test_few_articles_other_tokenizers_and_half_readings_are_not_kept(nlp, corpus, folder, tiny_corpus):
    read(nlp, tiny_corpus)
    other = spacy.blank("vi", config={"nlp": {"tokenizer": {"@tokenizers": "spacy.Tokenizer.v1"}}})
    assert [words for words, *_ in read(other, corpus)] == [words for words, *_ in fresh(other, corpus)]
    next(read_examples(nlp, corpus))
    assert not folder.exists()


def test_old_files_are_dropped(nlp, corpus, folder, monkeypatch):
    monkeypatch.setattr(docbin, "_MOST_FILES", 1)
    read(nlp, corpus)
    read(nlp, corpus, partial=True)
    assert len(list(folder.iterdir())) == 1


def test_folder_follows_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("CHITIEU_CACHE", "")
    assert cache_folder() is None
    monkeypatch.delenv("CHITIEU_CACHE")
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "chitieu"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / ".cache" / "chitieu"
    monkeypatch.setattr("sys.platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))
    assert cache_folder() == tmp_path / "local" / "chitieu"
