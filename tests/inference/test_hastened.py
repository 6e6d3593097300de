"""The faster layers say what spaCy's say, and step aside where they can't."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import spacy
from spacy.language import Language
from spacy.tokens import Doc
from thinc.api import Adam

import chitieu
from chitieu.annotation.gold import read_annotated
from chitieu.inference import EntityTagger, entities, hasten_token_vectors
from chitieu.inference import token_vectors as hastened
from chitieu.pipeline import fast_cpu

ROOT = Path(__file__).parents[2]
MODEL = ROOT / "models" / "chitieu_vi"
TEXTS = [item.article.text for item in read_annotated(ROOT / "annotations" / "dev.jsonl")]
ODD = ["", " ", "\n\n", "35", "HTX", "\n 35 HTX \n", "Năm 2021 " * 40, "1.183/1000 tổ hợp tác\n" * 30]

pytestmark = pytest.mark.skipif(not MODEL.is_dir(), reason="no shipped model")


@pytest.fixture(scope="module")
def usual() -> Language:
    with fast_cpu():
        return spacy.load(MODEL)


@pytest.fixture(scope="module")
def fast() -> Language:
    return chitieu.load(MODEL)


def tagged(nlp: Language, texts: list[str]) -> list[Doc]:
    docs = [nlp.make_doc(text) for text in texts]
    for name in ("tok2vec", "ner"):
        docs = list(nlp.get_pipe(name).pipe(docs, batch_size=7))
    return docs


def test_the_shipped_model_takes_the_fast_way(fast, usual):
    assert isinstance(fast.get_pipe("ner"), EntityTagger)
    assert isinstance(fast.get_pipe("tok2vec").model._func, hastened._Hastened)
    assert not isinstance(usual.get_pipe("ner"), EntityTagger)
    assert fast.pipe_names == usual.pipe_names


@pytest.mark.parametrize("stretch", [1, 7, 512])
def test_token_vectors_are_the_same(fast, usual, monkeypatch, stretch):
    monkeypatch.setattr(hastened, "_AT_ONCE", stretch)
    monkeypatch.setattr(hastened, "_MOST_WORDS", 300)
    texts = [*TEXTS[:3], *filter(None, ODD)]
    for size in (1, 4):
        docs = [nlp.make_doc(text) for nlp in (fast, usual) for text in texts[:size]]
        found = fast.get_pipe("tok2vec").predict(docs[:size])
        for ours, theirs in zip(found, usual.get_pipe("tok2vec").predict(docs[size:]), strict=True):
            np.testing.assert_allclose(ours, theirs, atol=3e-5)


@pytest.mark.parametrize("followed", [1, 2, 32])
def test_entities_are_the_same(fast, usual, monkeypatch, followed):
    monkeypatch.setattr(entities, "_FOLLOWED", followed)
    for ours, theirs in zip(tagged(fast, TEXTS + ODD), tagged(usual, TEXTS + ODD), strict=True):
        assert [(ent.start, ent.end, ent.label_) for ent in ours.ents] == [
            (ent.start, ent.end, ent.label_) for ent in theirs.ents
        ]
        assert ours.to_array("ENT_IOB").tolist() == theirs.to_array("ENT_IOB").tolist()
    assert sum(len(doc.ents) for doc in tagged(fast, TEXTS)) > 200


@pytest.mark.parametrize("mark", ["entities", "sentences"])
def test_marks_that_a_doc_came_with_are_respected(fast, usual, mark):
    found = []
    for nlp in (fast, usual):
        doc = nlp.make_doc("Năm 2021, tỉnh có 35 HTX đạt chuẩn.")
        if mark == "entities":
            doc.set_ents([spacy.tokens.Span(doc, 3, 6, label="ORG")], default="missing")
        else:
            doc[4].is_sent_start = True
        nlp.get_pipe("ner")(nlp.get_pipe("tok2vec")(doc))
        found.append([(ent.start, ent.end, ent.label_) for ent in doc.ents])
    assert found[0] == found[1]
    assert mark != "entities" or (3, 6, "ORG") in found[0]


def test_a_token_with_a_norm_of_its_own(fast, usual):
    """What is kept of a word must not be taken for a token that says something else."""
    vectors = []
    for nlp in (fast, usual):
        doc = nlp.make_doc("Tỉnh có 35 HTX, 12 HTX yếu.")
        doc[3].norm_ = "hợp_tác_xã"
        vectors.append(nlp.get_pipe("tok2vec").predict([doc])[0])
    np.testing.assert_allclose(*vectors, atol=3e-5)


def test_other_weights_are_seen(usual):
    """After training on, or reading other weights into the same pipeline, nothing old is told."""
    fast = chitieu.load(MODEL)
    doc = fast.make_doc("Tỉnh có 35 HTX.")
    component = fast.get_pipe("tok2vec")
    before = component.predict([doc])[0]
    for node in component.model.walk():
        if node.name == "hashembed":
            node.set_param("E", node.get_param("E") * 2)
    (ours,) = component.predict([doc])
    (theirs,) = component.model._func.usual(component.model, [doc], False)[0]
    assert abs(ours - before).max() > 0.01
    np.testing.assert_allclose(ours, theirs, atol=3e-5)


def test_a_model_of_another_shape_goes_the_usual_way():
    nlp = spacy.blank("vi", config={"nlp": {"tokenizer": {"@tokenizers": "chitieu.tokenizer.v1"}}})
    wide = {"@architectures": "spacy.MaxoutWindowEncoder.v2", "width": 16, "depth": 1, "window_size": 2}
    embed = {
        "@architectures": "spacy.MultiHashEmbed.v2",
        "width": 16,
        "attrs": ["NORM"],
        "rows": [50],
        "include_static_vectors": False,
    }
    model = {"@architectures": "spacy.Tok2Vec.v2", "embed": embed, "encode": {**wide, "maxout_pieces": 2}}
    nlp.add_pipe("tok2vec", config={"model": model})
    nlp.initialize()
    assert not hasten_token_vectors(nlp.get_pipe("tok2vec").model)


def test_a_hastened_pipeline_learns_on():
    fast = chitieu.load(MODEL)
    doc = fast.make_doc("Tỉnh có 35 HTX.")
    component = fast.get_pipe("tok2vec")
    before = component.predict([doc])[0]
    vectors, backprop = component.model.begin_update([doc])
    backprop([np.ones_like(vectors[0])])
    component.finish_update(Adam(0.01))
    (ours,) = component.predict([doc])
    (theirs,) = component.model._func.usual(component.model, [doc], False)[0]
    assert abs(ours - before).max() > 1e-4
    np.testing.assert_allclose(ours, theirs, atol=3e-5)


def test_an_article_alone_is_told_the_same_whatever_came_before():
    """What is kept of words must not hang on the words that they were met with: a resumed run says the same."""
    found = []
    for texts in (TEXTS[:6], TEXTS[5::-1]):
        fast = chitieu.load(MODEL)
        vectors = [fast.get_pipe("tok2vec").predict([fast.make_doc(text)])[0] for text in texts]
        found.append(vectors)
    for ours, theirs in zip(found[0], reversed(found[1]), strict=True):
        assert np.array_equal(ours, theirs)
