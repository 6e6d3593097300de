"""The hand-written gradients against finite differences.

Some paths carry no gradient by design: what the first pass tells the second, what stands between value and candidate,
and the likely cue and year told to the attributes. So each pass is checked by itself, and the token vectors with the
words between left out.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from thinc.api import Model

from chitieu.annotation.docs import make_doc
from chitieu.annotation.links import gold_links
from chitieu.relation import network
from chitieu.relation.candidates import POOLS
from chitieu.relation.component import doc_spans, link_loss
from chitieu.relation.inputs import read_inputs
from chitieu.relation.network import FACT, HEADS, Scores, build_relation_network
from chitieu.relation.targets import read_targets

WIDTH = 6


@pytest.fixture(scope="module")
def sample(untrained, tiny_articles) -> tuple[list, list, list]:
    """Docs, inputs on their gold spans, and targets."""
    from chitieu.annotation.docs import make_example

    docs, inputs, targets = [], [], []
    for article in tiny_articles[:2]:
        reference = make_example(untrained, article).reference
        docs.append(make_doc(untrained, article))
        inputs.append(read_inputs(docs[-1], doc_spans(reference), article.article.published, article.article.title))
        targets.append(read_targets(inputs[-1], gold_links(article)))
    return docs, inputs, targets


def token_vectors(docs: list) -> Model:
    """A tok2vec whose vectors are its parameters."""
    sizes = np.cumsum([len(doc) for doc in docs])[:-1]

    def forward(model: Model, given: list, is_train: bool) -> Any:
        def backprop(d_vectors: list) -> list:
            model.inc_grad("E", np.concatenate(d_vectors))
            return given

        return np.split(model.get_param("E"), sizes), backprop

    vectors = np.random.default_rng(1).normal(size=(sum(map(len, docs)), WIDTH)).astype(np.float32)
    return Model("token_vectors", forward, dims={"nO": WIDTH}, params={"E": vectors})


@pytest.fixture
def model(sample) -> Model:
    """The network with all its weights drawn at random."""
    docs, inputs, _ = sample
    made = build_relation_network(token_vectors(docs), hidden_width=10, dropout=0.0)
    made.initialize(X=(docs, inputs))
    random = np.random.default_rng(2)
    for layer in made.layers[1:]:
        for name in ("W", "b"):
            shape = layer.get_param(name).shape
            layer.set_param(name, random.normal(scale=0.3, size=shape).astype(np.float32))
    return made


def directions(scores: Scores, number: int, part: str) -> Scores:
    """Random weights of the scores of one pass and one pool (or the attributes), zeros elsewhere: a linear loss."""
    random = np.random.default_rng(3)

    def draw(array: Any, wanted: bool) -> Any:
        return random.normal(size=array.shape).astype(np.float32) if wanted else np.zeros_like(array)

    def by_pool(arrays: list[list]) -> list[list]:
        return [
            [draw(array, at == number and pool.name == part) for pool, array in zip(POOLS, row, strict=True)]
            for at, row in enumerate(arrays)
        ]

    heads = [draw(array, at == number and part == "heads") for at, array in enumerate(scores.heads)]
    return Scores(by_pool(scores.links), by_pool(scores.none), heads)


def linear_loss(scores: Scores, weights: Scores) -> float:
    total = 0.0
    for given, by in ((scores.links, weights.links), (scores.none, weights.none), ([scores.heads], [weights.heads])):
        for row, row_by in zip(given, by, strict=True):
            total += sum(float((a.astype(float) * b).sum()) for a, b in zip(row, row_by, strict=True))
    return total


def check_along_a_line(model: Model, layer: Model, name: str, sample: Any, number: int, part: str) -> None:
    """Compare the slope of the loss along a random change of one parameter with what backpropagation says."""
    docs, inputs, _ = sample
    (batch, scores), backprop = model((docs, inputs), is_train=True)
    weights = directions(scores, number, part)
    for node in model.walk():
        for param in node.param_names:
            node.set_grad(param, np.zeros_like(node.get_param(param)))
    backprop((batch, weights))
    start = layer.get_param(name).copy()
    line = np.random.default_rng(4).normal(size=start.shape).astype(np.float32)
    line /= np.linalg.norm(line)
    told = float((layer.get_grad(name) * line).sum())
    step = 2e-4  # small beside the distance of most units from their kink, large beside rounding
    losses = []
    for sign in (1, -1):
        layer.set_param(name, start + sign * step * line)
        (_, moved), _ = model((docs, inputs), is_train=True)
        losses.append(linear_loss(moved, weights))
    layer.set_param(name, start)
    measured = (losses[0] - losses[1]) / (2 * step)
    assert np.abs(layer.get_grad(name)).max() > 0
    assert told == pytest.approx(measured, rel=0.03, abs=0.02)


FIRST = ("value", "candidate", "pair", "hidden", "score", "none")
SECOND = ("again", "score_again", "none_again")
LAYERS = [
    *(
        (number, pool.name, f"{pool.name}_{name}")
        for pool in POOLS
        for number, names in enumerate((FIRST, SECOND))
        for name in names
    ),
    *((0, "heads", name) for name in ("heads_value", "heads_score")),
    *((1, "heads", name) for name in ("heads_again", "heads_score_again")),
]


@pytest.mark.parametrize(("number", "part", "name"), LAYERS)
def test_gradient_of_every_layer(model, sample, number, part, name):
    layer = model.layers[model.attrs["names"].index(name)]
    check_along_a_line(model, layer, "W", sample, number, part)
    check_along_a_line(model, layer, "b", sample, number, part)


@pytest.mark.parametrize("part", [pool.name for pool in POOLS])
def test_gradient_of_the_token_vectors(model, sample, part, monkeypatch):
    monkeypatch.setattr(
        network._Passes,
        "_pair_rows",
        lambda self, pool: np.pad(pool.pair_features, ((0, 0), (0, self.width))),
    )
    check_along_a_line(model, model.layers[0], "E", sample, 0, part)


def test_gradient_of_the_loss(model, sample):
    docs, inputs, targets = sample
    batch, scores = model.predict((docs, inputs))
    loss, gradient = link_loss(batch, scores, targets)
    assert loss > 0
    random = np.random.default_rng(5)
    step = 1e-2
    arrays = [
        *(pair for number in (0, 1) for pair in zip(scores.links[number], gradient.links[number], strict=True)),
        *(pair for number in (0, 1) for pair in zip(scores.none[number], gradient.none[number], strict=True)),
        *zip(scores.heads, gradient.heads, strict=True),
    ]
    for array, told in arrays:
        assert array.shape == told.shape
        line = random.normal(size=array.shape).astype(np.float32)
        start = array.copy()
        losses = []
        for sign in (1, -1):
            array[...] = start + sign * step * line
            losses.append(link_loss(batch, scores, targets)[0])
        array[...] = start
        measured = (losses[0] - losses[1]) / (2 * step)
        assert float((told * line).sum()) == pytest.approx(measured, rel=0.03, abs=0.01)


def test_the_loss_of_right_scores_is_nothing(model, sample):
    docs, inputs, targets = sample
    batch, scores = model.predict((docs, inputs))
    for number in (0, 1):
        for index in range(len(POOLS)):
            links = np.concatenate([target.links[index] for target in targets])
            none = np.concatenate([target.none[index] for target in targets])
            scores.links[number][index] = (links * 60 - 30).astype(np.float32)
            scores.none[number][index] = (none * 60 - 30).astype(np.float32)
        heads = np.concatenate([target.heads for target in targets])
        scores.heads[number] = np.full_like(scores.heads[number], -30)
        at = 0
        for column, (_, classes) in enumerate(network.HEADS):
            scores.heads[number][np.arange(len(heads)), at + heads[:, column]] = 30
            at += len(classes)
    loss, gradient = link_loss(batch, scores, targets)
    assert loss == pytest.approx(0, abs=1e-3)
    assert max(np.abs(array).max() for row in gradient.links for array in row) < 1e-3


def test_values_that_are_no_facts_teach_only_that(model, sample):
    docs, inputs, targets = sample
    batch, scores = model.predict((docs, inputs))
    nothing = [read_targets(item, ()) for item in inputs]
    loss, gradient = link_loss(batch, scores, nothing)
    assert loss > 0
    assert not any(np.abs(array).max() for row in (*gradient.links, *gradient.none) for array in row)
    assert HEADS[0] == (FACT, (True, False))
    for heads in gradient.heads:
        assert (heads[:, 0] > 0).all()  # down with the score of a fact
        assert (heads[:, 1] < 0).all()
        assert not heads[:, 2:].any()
    assert len(targets) == len(nothing)
