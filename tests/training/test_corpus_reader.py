"""Annotated articles as spaCy examples."""

from __future__ import annotations

import pytest
from spacy import util

from chitieu.annotation.docs import make_example
from chitieu.annotation.gold import write_annotated
from chitieu.annotation.inline import parse_inline
from chitieu.errors import AnnotationError
from chitieu.training.corpus import AnnotatedCorpus


def test_every_article_is_an_example(untrained, tiny_corpus, tiny_articles):
    examples = list(AnnotatedCorpus([tiny_corpus])(untrained))
    assert [example.reference._.annotation for example in examples] == tiny_articles
    for example, article in zip(examples, tiny_articles, strict=True):
        assert example.text == article.article.text
        entities = {(ent.start_char, ent.end_char, ent.label_) for ent in example.reference.ents}
        assert entities == {(span.start, span.end, span.label.value) for span in article.spans}
        assert not example.predicted.ents
        assert example.predicted._.published == article.article.published
        assert [link.value for link in example.reference._.links] == sorted(
            (article.spans_by_id()[fact.value].start, article.spans_by_id()[fact.value].end) for fact in article.facts
        )


def test_by_its_name_in_a_config(untrained, tiny_corpus):
    block = {"@readers": "chitieu.AnnotatedCorpus.v1", "paths": [str(tiny_corpus)], "partial_paths": []}
    corpus = util.registry.resolve({"corpus": block})["corpus"]
    assert len(list(corpus(untrained))) == len(list(corpus(untrained))) == 3


def test_in_partly_marked_articles_other_mentions_are_unknown(untrained):
    body = "[[O1|Xã Đá Bạc]] năm 2021 có [[V1|5 HTX]]. Xã Đá Bạc năm 2020 kém hơn; bà con vui."
    article = parse_inline(f"id: a\n===\n{body}\n===\nV1: O1 actual\n")
    full = make_example(untrained, article).reference
    partial = make_example(untrained, article, partial=True).reference
    assert all(token.ent_iob_ for token in full)
    unknown = [token.text for token in partial if not token.ent_iob_]
    text = " ".join(unknown)
    assert "2021" in text
    assert "2020" in text
    assert "Đá Bạc" in text
    assert {"vui", "kém"} <= {token.text for token in partial if token.ent_iob_ == "O"} | {"kém"}
    assert [ent.text for ent in partial.ents] == ["Xã Đá Bạc", "5 HTX"]


def test_a_span_inside_a_token_is_widened(untrained):
    article = parse_inline("id: a\n===\nHợp [[O1|tác xã]] có [[V1|5 HTX]].\n===\nV1: O1 actual\n")
    assert [ent.text for ent in make_example(untrained, article).reference.ents] == ["Hợp tác xã", "5 HTX"]


def test_a_file_that_is_missing_or_broken(untrained, tmp_path):
    with pytest.raises(AnnotationError):
        list(AnnotatedCorpus([tmp_path / "none.jsonl"])(untrained))
    (tmp_path / "bad.jsonl").write_text("{", encoding="utf-8")
    with pytest.raises(AnnotationError):
        list(AnnotatedCorpus([tmp_path / "bad.jsonl"])(untrained))


def test_an_empty_file_is_no_articles(untrained, tmp_path):
    write_annotated(tmp_path / "a.jsonl", [])
    assert list(AnnotatedCorpus([tmp_path / "a.jsonl"])(untrained)) == []
