"""Masked words: what is hidden, what is learned, and where the weights go."""

from __future__ import annotations

import json
import lzma
from pathlib import Path

import numpy as np
import pytest
import spacy
from spacy.attrs import NORM
from spacy.vectors import Vectors
from thinc.api import Adam

from chitieu.training.pretraining import MASK, TextCorpus, build_masked_words, frequent_words, masked_words_loss

TEXTS = [
    "Toàn tỉnh thành lập mới 12 hợp tác xã, đạt kế hoạch.",
    "Huyện thành lập mới 5 tổ hợp tác, vượt kế hoạch năm 2021.",
    "Hợp tác xã đạt doanh thu 3 tỷ đồng, tăng so với năm 2020.",
]


@pytest.fixture
def blank(tmp_path):
    """A blank pipeline that knows the words of the texts, the frequent ones first."""
    nlp = spacy.blank("vi", config={"nlp": {"tokenizer": {"@tokenizers": "chitieu.tokenizer.v1"}}})
    norms = [token.norm_ for text in TEXTS for token in nlp.make_doc(text)]
    order = sorted(dict.fromkeys(norms), key=lambda norm: -norms.count(norm))
    table = np.random.default_rng(0).random((len(order), 8), dtype=np.float32)
    nlp.vocab.vectors = Vectors(strings=nlp.vocab.strings, data=table, keys=order, attr="NORM")
    nlp.to_disk(tmp_path / "vectors")
    return nlp


@pytest.fixture
def objective(blank):
    tok2vec = spacy.registry.architectures.get("spacy.HashEmbedCNN.v2")(
        width=16,
        depth=1,
        embed_size=200,
        window_size=1,
        maxout_pieces=2,
        subword_features=False,
        pretrained_vectors=False,
    )
    model = build_masked_words(words=20, hidden_width=16)(blank.vocab, tok2vec)
    model.initialize(X=[blank.make_doc(TEXTS[0])])
    return model


def test_frequent_words_come_first(blank):
    classes = frequent_words(blank.vocab, 15)
    assert sorted(classes.values()) == list(range(15))
    words = {blank.vocab.strings[key]: number for key, number in classes.items()}
    assert words["thành_lập"] < 10


def test_what_is_hidden_is_told(blank, objective):
    docs = [blank.make_doc(" ".join(TEXTS)) for _ in range(40)]
    hidden, rows, classes = objective.attrs["hider"].hide(docs)
    told = objective.attrs["hider"].told
    before = np.concatenate([doc.to_array([NORM]).reshape(-1) for doc in docs])
    after = np.concatenate([doc.to_array([NORM]).reshape(-1) for doc in hidden])
    assert [told[key] for key in before[rows].tolist()] == classes.tolist()
    changed = np.flatnonzero(before != after)
    assert set(changed) <= set(rows.tolist())
    masked = after == blank.vocab.strings[MASK]
    known = sum(token.is_alpha or " " in token.text for doc in docs for token in doc if token.norm in told)
    assert not any(character.isdigit() for key in before[rows].tolist() for character in blank.vocab.strings[key])
    assert 0.10 < len(rows) / known < 0.20
    assert 0.7 < masked.sum() / len(rows) < 0.9
    for doc, original in zip(hidden, docs, strict=True):
        assert [bool(token.whitespace_) for token in doc] == [bool(token.whitespace_) for token in original]


def test_it_learns(blank, objective):
    docs = [blank.make_doc(text) for text in TEXTS] * 8
    optimizer = Adam(0.01)
    losses = []
    for _ in range(60):
        predicted, backprop = objective.begin_update(docs)
        loss, gradient = masked_words_loss(objective.ops, docs, predicted)
        backprop(gradient)
        objective.finish_update(optimizer)
        losses.append(loss)
    assert np.mean(losses[-10:]) < 0.5 * np.mean(losses[:5])


def test_nothing_hidden_is_no_loss(blank, objective):
    docs = [blank.make_doc("2021")]
    predicted, backprop = objective.begin_update(docs)
    loss, gradient = masked_words_loss(objective.ops, docs, predicted)
    assert loss == 0
    assert backprop(gradient) == docs


def test_texts_of_all_forms(tmp_path, blank):
    lines = "".join(json.dumps({"text": text}) + "\n" for text in TEXTS)
    plain, packed, text = tmp_path / "a.jsonl", tmp_path / "b.jsonl.xz", tmp_path / "c.txt"
    plain.write_text(lines, encoding="utf-8")
    packed.write_bytes(lzma.compress(lines.encode()))
    text.write_text(TEXTS[0] + "\n", encoding="utf-8")
    read = [doc.text for doc in TextCorpus([plain, packed, text])(blank)]
    assert sorted(read) == sorted([*TEXTS, *TEXTS, TEXTS[0] + "\n"])
    assert read == [doc.text for doc in TextCorpus([plain, packed, text])(blank)]
    assert read != [doc.text for doc in TextCorpus([plain, packed, text], seed=1)(blank)]


@pytest.mark.slow
def test_training_starts_from_pretrained_weights(tmp_path, root, blank, small_overrides, tiny_corpus):
    from spacy import util
    from spacy.training.initialize import init_nlp

    from chitieu.training.pretraining import pretrain

    texts = tmp_path / "texts.jsonl"
    texts.write_text("".join(json.dumps({"text": text}) + "\n" for text in TEXTS * 30), encoding="utf-8")
    config = Path(tmp_path / "small.cfg")
    small = {**small_overrides, "components.tok2vec.model.embed.include_static_vectors": True}
    util.load_config(root / "configs" / "cpu.cfg", overrides=small, interpolate=False).to_disk(config)
    weights = tmp_path / "tok2vec.bin"
    said: list[str] = []
    pretrain(config, [texts], weights, vectors=tmp_path / "vectors", epochs=400, report=said.append)
    losses = [float(line.split("loss ")[1].split(",")[0]) for line in said]
    assert losses[-1] < 0.9 * losses[0]  # the rate that warms up does so
    settings = {
        "paths.vectors": str(tmp_path / "vectors"),
        "paths.train": [str(tiny_corpus)],
        "paths.init_tok2vec": str(weights),
    }
    nlp = init_nlp(util.load_config(config, overrides=settings, interpolate=False))
    assert nlp.get_pipe("tok2vec").model.to_bytes() == weights.read_bytes()
