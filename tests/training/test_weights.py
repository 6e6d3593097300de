"""Going on from the weights of a model."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from spacy import util
from spacy.training.initialize import init_nlp

from chitieu.errors import ModelError
from chitieu.training.weights import TAKEN, WeightsOf


def weights(nlp):
    models = [nlp.get_pipe(name).model for name in TAKEN]
    return [
        node.get_param(name)
        for model in models
        for node in model.walk()
        for name in node.param_names
        if node.has_param(name)
    ]


@pytest.fixture
def start(root, small_overrides, tiny_corpus):
    """Initialise a small pipeline that starts from a folder."""

    def begin(folder, **overrides):
        settings = {**small_overrides, "paths.train": [str(tiny_corpus)], "paths.start_from": folder, **overrides}
        return init_nlp(util.load_config(root / "configs" / "cpu.cfg", overrides=settings))

    return begin


def test_weights_of_a_model(trained, nlp, start):
    old, new, other = weights(nlp), weights(start(str(trained.folder))), weights(start(None))
    assert len(old) > 20
    assert all(np.array_equal(*pair) for pair in zip(old, new, strict=True))
    assert not all(np.array_equal(*pair) for pair in zip(old, other, strict=True))


def test_weights_that_do_not_fit(trained, start):
    with pytest.raises(ModelError, match="chitieu_relation don't fit") as caught:
        start(str(trained.folder), **{"components.chitieu_relation.model.hidden_width": 48})
    assert caught.value.code == "C315"


@pytest.mark.parametrize("content", [None, b"", b"no weights", b"\x81\xa6params\x91\x01"])
def test_folders_that_hold_no_weights(tmp_path, trained, untrained, content):
    folder = tmp_path / "model"
    shutil.copytree(trained.folder, folder)
    file = folder / "tok2vec" / "model"
    file.unlink() if content is None else file.write_bytes(content)
    with pytest.raises(ModelError, match=r"\[C315\] no weights of tok2vec can be read"):
        WeightsOf(folder)(untrained)


@pytest.mark.slow
def test_a_training_goes_on_where_another_stood(trained, train_tiny):
    few = {"training.max_steps": 4, "training.eval_frequency": 4, "training.optimizer.learn_rate": 0.0001}
    begun, going_on = (train_tiny(**few, **{"paths.start_from": start}) for start in (None, str(trained.folder)))
    assert going_on.scores["chitieu_relation_loss"] < 0.5 * begun.scores["chitieu_relation_loss"]
