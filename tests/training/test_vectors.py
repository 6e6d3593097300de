"""Word vectors taken out of a model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import spacy
from spacy.attrs import NORM
from spacy.vectors import Vectors

from chitieu.training.vectors import vectors_alone


def test_vectors_of_a_model_that_can_not_be_loaded(tmp_path):
    nlp = spacy.blank("vi", config={"nlp": {"tokenizer": {"@tokenizers": "chitieu.tokenizer.v1"}}})
    table = np.arange(12, dtype=np.float32).reshape(3, 4)
    nlp.vocab.vectors = Vectors(strings=nlp.vocab.strings, data=table, keys=["tỉnh", "kế_hoạch", "htx"], attr="NORM")
    folder = tmp_path / "model"
    nlp.to_disk(folder)
    (folder / "config.cfg").write_text('[nlp]\npipeline = ["of_another_time"]\n', encoding="utf-8")
    alone = spacy.load(vectors_alone(folder, tmp_path / "vectors"))
    assert alone.pipe_names == []
    assert (alone.vocab.vectors["kế_hoạch"] == table[1]).all()
    assert list(alone.vocab.vectors.key2row.values()) == list(nlp.vocab.vectors.key2row.values())
    # spaCy forgets what the vectors are keyed by
    assert alone.vocab.vectors.attr == nlp.vocab.vectors.attr == NORM
    assert alone.make_doc("Kế hoạch")[0].has_vector
    copied = spacy.blank("vi", config=alone.config).from_bytes(alone.to_bytes())
    assert copied.vocab.vectors.attr == NORM


def test_a_folder_without_vocabulary_is_left_to_spacy(tmp_path):
    assert vectors_alone(tmp_path, tmp_path / "vectors") == tmp_path
    assert vectors_alone(Path("nowhere"), tmp_path / "vectors") == Path("nowhere")
    assert not (tmp_path / "vectors").exists()
