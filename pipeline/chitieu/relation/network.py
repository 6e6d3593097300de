"""The relation network: scores pairs of a value and a candidate for each role, and tells each value's status and kind.

For a pair, a hidden layer adds what is known of the value, of the candidate and of the two together; the scores of a
value's candidates and of "none" compete in a softmax (METRIC and cue are chosen word by word, each weighed by itself).
A second pass looks at what the values before and behind, and all of the same line, sentence and heading, chose in the
first: the figures of a list share their org, year and cue; and a figure that headline and text repeat is the same fact
twice. Status, kind and direction are told from the value, its likely cue, the time of its likely year, and whichever
words around it speak most clearly.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from spacy.tokens import Doc
from thinc.api import Linear, Model
from thinc.types import Floats2d

from chitieu.labels import Direction, Kind, Role, Status
from chitieu.relation.candidates import POOLS, WORDS
from chitieu.relation.features import MENTION_WIDTHS, PAIR_WIDTH
from chitieu.relation.inputs import BatchInputs, DocInputs, PoolInputs, join_inputs

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

# What is told of each value, and the classes of each: whether it is a fact's, and the attributes of the fact; None is
# "no direction".
FACT = "fact"
HEADS: tuple[tuple[str, tuple[Any, ...]], ...] = (
    (FACT, (True, False)),
    ("status", tuple(Status)),
    ("kind", tuple(Kind)),
    ("dir", (None, *Direction)),
)
HEAD_WIDTH = sum(len(classes) for _, classes in HEADS)
_NEAR = 4
_FAR = 30  # words; the mean of more says nothing of what stands between
_CONTEXTS = 7
_GROUPS = 5  # line, sentence, heading, doc, figure
_WORD_POOL = [pool.name for pool in POOLS].index(WORDS)
_LEAST = np.float32(-1e9)


@dataclass(slots=True)
class Scores:
    """What the network says of a batch; two passes, of which the second is the answer.

    Attributes:
        links: per pass and pool, the score of each pair for each role, shape (pairs, roles).
        none: per pass and pool, the score of "no candidate" of each value for each role, shape (values, roles).
        heads: per pass, the scores of each value's attribute classes, shape (values, HEAD_WIDTH).
    """

    links: list[list[Floats]]
    none: list[list[Floats]]
    heads: list[Floats]


RelationModel = Model[tuple[list[Doc], list[DocInputs]], tuple[BatchInputs, Scores]]


def build_relation_network(
    tok2vec: Model[list[Doc], list[Floats2d]], hidden_width: int = 96, dropout: float = 0.2
) -> RelationModel:
    """Registered as `chitieu.RelationNetwork.v1`.

    Args:
        tok2vec: token vectors; usually a listener to the pipeline's shared `tok2vec`.
        hidden_width: width of every hidden layer.
        dropout: share of hidden units silenced in training.
    """
    width = tok2vec.get_dim("nO")
    value_width = width * (2 + _CONTEXTS) + MENTION_WIDTHS["values"]
    layers: dict[str, Model[Any, Any]] = {"tok2vec": tok2vec}
    for pool in POOLS:
        roles = len(pool.roles)
        layers[f"{pool.name}_value"] = Linear(hidden_width, value_width)
        vectors = 1 if pool.name == WORDS else 2
        layers[f"{pool.name}_candidate"] = Linear(hidden_width, width * vectors + MENTION_WIDTHS[pool.name])
        layers[f"{pool.name}_pair"] = Linear(hidden_width, PAIR_WIDTH + width)
        layers[f"{pool.name}_hidden"] = Linear(hidden_width // 2, hidden_width)
        layers[f"{pool.name}_score"] = Linear(roles, hidden_width // 2)
        layers[f"{pool.name}_none"] = Linear(roles, hidden_width)
        told = (5 if pool.name == WORDS else 3) + _GROUPS
        layers[f"{pool.name}_again"] = Linear(hidden_width // 2, hidden_width // 2 + roles * told + 2 * _NEAR)
        layers[f"{pool.name}_score_again"] = Linear(roles, hidden_width // 2)
        layers[f"{pool.name}_none_again"] = Linear(roles, hidden_width + roles * (3 + _GROUPS) + 2 * _NEAR)
    layers["heads_value"] = Linear(hidden_width, value_width + _summary_width(width) + hidden_width // 2)
    layers["heads_score"] = Linear(HEAD_WIDTH, hidden_width)
    layers["heads_again"] = Linear(hidden_width, hidden_width + HEAD_WIDTH * (3 + _GROUPS) + 2 * _NEAR)
    layers["heads_score_again"] = Linear(HEAD_WIDTH, hidden_width)
    return Model(
        "chitieu_relation",
        _forward,
        init=_initialise,
        layers=list(layers.values()),
        attrs={"names": list(layers), "dropout": dropout, "width": width},
    )


def _summary_width(width: int) -> int:
    return width + 1 + 4 + 1


def _initialise(model: RelationModel, X: Any = None, Y: Any = None) -> RelationModel:  # noqa: ARG001, N803 - Thinc's protocol
    for layer in model.layers[1:]:
        layer.initialize()
    if model.layers[0].has_dim("nO") is not True or X is not None:
        model.layers[0].initialize(X=X[0] if X else None)
    return model


def _forward(
    model: RelationModel,
    X: tuple[list[Doc], list[DocInputs]],  # noqa: N803 - Thinc's protocol
    is_train: bool,
) -> tuple[tuple[BatchInputs, Scores], Callable[[tuple[BatchInputs, Scores]], list[Doc]]]:
    docs, inputs = X
    names: list[str] = model.attrs["names"]
    layers = dict(zip(names, model.layers, strict=True))
    vectors, back_vectors = layers["tok2vec"](docs, is_train)
    tokens = model.ops.xp.concatenate(vectors) if vectors else model.ops.alloc2f(0, model.attrs["width"])
    starts = np.cumsum([0, *(len(doc) for doc in docs)])[:-1].tolist()
    batch = join_inputs(inputs, starts)
    passes = _Passes(layers, cast("Floats", tokens), batch, model.attrs["dropout"] if is_train else 0.0, is_train)
    scores = passes.run()

    def backprop(gradient: tuple[BatchInputs, Scores]) -> list[Doc]:
        d_tokens = passes.back(gradient[1])
        ends = np.cumsum([len(doc) for doc in docs])[:-1]
        return cast("list[Doc]", back_vectors(model.ops.xp.split(d_tokens, ends)))

    return (batch, scores), backprop


class _Passes:
    """One run of the network over a batch, which remembers what its gradient needs."""

    def __init__(
        self,
        layers: dict[str, Model[Any, Any]],
        tokens: Floats,
        batch: BatchInputs,
        dropout: float,
        is_train: bool,
    ) -> None:
        self.layers, self.tokens, self.batch = layers, tokens, batch
        self.dropout, self.is_train = dropout, is_train
        self.d_tokens = np.zeros_like(tokens)
        # in double precision, so that what stands before a stretch, be it another article, doesn't show in its mean
        before = np.zeros((1, tokens.shape[1]))
        self.running = np.concatenate([before, np.cumsum(tokens, axis=0, dtype=np.float64)])
        self.width = tokens.shape[1]
        self.before_near = self._shifted(batch.near)
        self.groups = [_Group(numbers) for numbers in batch.groups.T]

    # -- pieces ------------------------------------------------------------------------------------------------

    def _apply(self, name: str, rows: Floats) -> tuple[Floats, Callable[[Floats], Floats]]:
        layer = self.layers[name]
        if len(rows) == 0:
            return np.zeros((0, layer.get_dim("nO")), dtype=np.float32), lambda _: rows
        return layer(rows, self.is_train)

    def _means(self, places: Ints) -> tuple[Floats, Callable[[Floats], None]]:
        """Mean token vectors of stretches, zeros for an empty one, shape (stretches, width)."""
        lengths = np.maximum(places[:, 1] - places[:, 0], 1)[:, None].astype(np.float32)
        mean = (self.running[places[:, 1]] - self.running[places[:, 0]]) / lengths

        def back(d_mean: Floats) -> None:
            edges = np.zeros((len(self.tokens) + 1, self.width), dtype=np.float32)
            np.add.at(edges, places[:, 0], d_mean / lengths)
            np.subtract.at(edges, places[:, 1], d_mean / lengths)
            self.d_tokens += np.cumsum(edges, axis=0)[:-1]

        return mean.astype(np.float32), back

    def _words(self) -> tuple[Floats, Callable[[Floats], None]]:
        """The token vectors themselves."""

        def back(d_tokens: Floats) -> None:
            self.d_tokens += d_tokens

        return self.tokens, back

    def _spans(self, places: Ints) -> tuple[Floats, Callable[[Floats], None]]:
        """Mean and first token vectors of spans, shape (spans, 2 × width)."""
        mean, back_mean = self._means(places)
        out = np.concatenate([mean, self.tokens[places[:, 0]]], axis=1)

        def back(d_out: Floats) -> None:
            back_mean(d_out[:, : self.width])
            np.add.at(self.d_tokens, places[:, 0], d_out[:, self.width :])

        return out, back

    @staticmethod
    def _shifted(rows: Floats) -> Floats:
        """Each row's predecessor; zeros before the first."""
        return np.concatenate([np.zeros_like(rows[:1]), rows[:-1]])

    def _before(self, rows: Floats) -> Floats:
        """What the value before each says; nothing where that is in another doc, so that batches don't matter."""
        return self._shifted(rows) * self.before_near[:, :1]

    def _behind(self, rows: Floats) -> Floats:
        """What the value behind each says."""
        return np.concatenate([rows[1:], np.zeros_like(rows[:1])]) * self.batch.near[:, :1]

    def _pair_rows(self, pool: PoolInputs) -> Floats:
        """Features of each pair, and the mean token vector between value and candidate where near; no gradient flows.

        Shape (pairs, PAIR_WIDTH + width).
        """
        value, candidate = self.batch.tokens[pool.left], pool.tokens[pool.right]
        before = candidate[:, 0] < value[:, 0]
        low = np.where(before, candidate[:, 1], value[:, 1])
        high = np.maximum(np.where(before, value[:, 0], candidate[:, 0]), low)
        near = np.flatnonzero((high > low) & (high - low <= _FAR))
        mean = self.running[high[near]] - self.running[low[near]]
        mean /= (high - low)[near, None]
        rows = np.zeros((len(value), PAIR_WIDTH + self.width), dtype=np.float32)
        rows[:, :PAIR_WIDTH] = pool.pair_features
        rows[near, PAIR_WIDTH:] = mean
        return rows

    def _relu(self, rows: Floats) -> tuple[Floats, Callable[[Floats], Floats]]:
        if not self.is_train:
            return np.maximum(rows, 0), lambda d_rows: d_rows * (rows > 0)
        keep = (rows > 0).astype(np.float32)
        if self.dropout:
            keep *= (np.random.random(rows.shape) >= self.dropout) / np.float32(1 - self.dropout)
        return rows * keep, lambda d_rows: d_rows * keep

    # -- the two passes ----------------------------------------------------------------------------------------

    def run(self) -> Scores:
        spans, self.back_values = self._spans(self.batch.tokens)
        around = [self._means(self.batch.contexts[:, index]) for index in range(_CONTEXTS)]
        self.back_contexts = [back for _, back in around]
        self.value_rows = np.concatenate([spans, *(mean for mean, _ in around), self.batch.features], axis=1)
        self.d_value_rows = np.zeros_like(self.value_rows)
        scores = Scores([[], []], [[], []], [])
        self.pool_backs = []
        summaries: list[Floats] = []
        for pool, inputs in zip(POOLS, self.batch.pools, strict=True):
            first, again, back = self._pool(pool.name, inputs)
            for number, (links, none) in enumerate((first, again)):
                scores.links[number].append(links)
                scores.none[number].append(none)
            self.pool_backs.append(back)
            if pool.name == WORDS:
                summaries.append(self._likely_cue(inputs, sigmoid(again[0][:, pool.roles.index(Role.CUE)])))
            elif pool.name == "years":
                summaries.append(self._likely_time(inputs, again[0][:, 0], again[1][:, 0]))
        most, self.back_most = self._most(self.batch.pools[_WORD_POOL], self.words_deep)
        heads, heads_again, self.back_heads = self._heads(np.concatenate([*summaries, most], axis=1), most.shape[1])
        scores.heads = [heads, heads_again]
        return scores

    def back(self, d_scores: Scores) -> Floats:
        self.d_words_deep = self.back_most(self.back_heads(d_scores.heads[0], d_scores.heads[1]))
        for index, back in enumerate(self.pool_backs):
            back(
                (d_scores.links[0][index], d_scores.none[0][index]),
                (d_scores.links[1][index], d_scores.none[1][index]),
            )
        self.back_values(self.d_value_rows[:, : 2 * self.width])
        for index, back in enumerate(self.back_contexts, start=2):
            back(self.d_value_rows[:, index * self.width : (index + 1) * self.width])
        return self.d_tokens

    def _pool(self, name: str, inputs: PoolInputs) -> Any:
        left, right = inputs.left, inputs.right
        spans, back_spans = self._words() if name == WORDS else self._spans(inputs.tokens)
        candidate_rows = np.concatenate([spans, inputs.features], axis=1)
        value_part, back_value = self._apply(f"{name}_value", self.value_rows)
        candidate_part, back_candidate = self._apply(f"{name}_candidate", candidate_rows)
        pair_part, back_pair = self._apply(f"{name}_pair", self._pair_rows(inputs))
        parts = value_part[left]
        parts += candidate_part[right]
        parts += pair_part
        joined, back_joined = self._relu(parts)
        deeper, back_deeper = self._apply(f"{name}_hidden", joined)
        deep, back_deep = self._relu(deeper)
        if name == WORDS:
            self.words_deep = deep
        links, back_links = self._apply(f"{name}_score", deep)
        lone, back_lone = self._relu(value_part)
        none, back_none = self._apply(f"{name}_none", lone)
        told, told_none = self._neighbours(inputs, links, none, words=name == WORDS)
        more, back_more = self._apply(f"{name}_again", np.concatenate([deep, told], axis=1))
        deep_again, back_deep_again = self._relu(more)
        links_again, back_links_again = self._apply(f"{name}_score_again", deep_again)
        none_again, back_none_again = self._apply(f"{name}_none_again", np.concatenate([lone, told_none], axis=1))

        def back(d_first: tuple[Floats, Floats], d_again: tuple[Floats, Floats]) -> None:
            d_deep = back_more(back_deep_again(back_links_again(d_again[0])))[:, : deep.shape[1]] + back_links(
                d_first[0]
            )
            if name == WORDS:
                d_deep = d_deep + self.d_words_deep
            d_joined = back_joined(back_deeper(back_deep(d_deep)))
            back_pair(d_joined)
            d_candidate = np.zeros_like(candidate_part)
            np.add.at(d_candidate, right, d_joined)
            back_spans(back_candidate(d_candidate)[:, : spans.shape[1]])
            d_value = back_lone(back_none(d_first[1]) + back_none_again(d_again[1])[:, : lone.shape[1]])
            np.add.at(d_value, left, d_joined)
            self.d_value_rows += back_value(d_value)

        return (links, none), (links_again, none_again), back

    def _neighbours(self, inputs: PoolInputs, links: Floats, none: Floats, *, words: bool) -> tuple[Floats, Floats]:
        """What the value itself, the one before and the one behind made of each candidate in the first pass."""
        left, right = inputs.left, inputs.right
        if words:
            chances, none_chances = sigmoid(links), sigmoid(none)
        else:
            columns = [softmax_by_value(left, links[:, role], none[:, role]) for role in range(links.shape[1])]
            chances = np.stack([column for column, _ in columns], axis=1)
            none_chances = np.stack([column for _, column in columns], axis=1)
        size = len(inputs.tokens) + 1
        keys = left * size + right
        near, before_near = self.batch.near, self.before_near
        told = [chances]
        for step in (-1, 1):
            wanted = (left + step) * size + right
            at = np.minimum(np.searchsorted(keys, wanted), max(len(keys) - 1, 0))
            told.append(np.where((keys[at] == wanted)[:, None], chances[at], 0) if len(keys) else chances)
        if words:
            # the words beside, where they are weighed for the same value
            for step in (-1, 1):
                beside = np.roll(chances, -step, axis=0)
                told.append(beside * (np.roll(keys, -step) == keys + step)[:, None])
        told.extend(group.means_of_pairs(left, right, chances) for group in self.groups)
        told_none = [
            none_chances,
            self._before(none_chances),
            self._behind(none_chances),
            *(group.means(none_chances) for group in self.groups),
            before_near,
            near,
        ]
        return (
            np.concatenate([*told, before_near[left], near[left]], axis=1).astype(np.float32),
            np.concatenate(told_none, axis=1).astype(np.float32),
        )

    def _likely_cue(self, inputs: PoolInputs, chances: Floats) -> Floats:
        """Mean token vector of the likely cue of each value, and how likely it is; no gradient flows."""
        out = np.zeros((len(self.batch.tokens), self.width + 1), dtype=np.float32)
        out[:, : self.width] = _sums(inputs.left, self.tokens[inputs.right] * chances[:, None], len(out))
        out[:, self.width] = _sums(inputs.left, chances[:, None], len(out))[:, 0]
        out[:, : self.width] /= np.maximum(out[:, self.width :], 1)
        return out

    def _likely_time(self, inputs: PoolInputs, links: Floats, none: Floats) -> Floats:
        """How likely the year of each value lies behind, in or ahead of the present; no gradient flows."""
        chances, none_chances = softmax_by_value(inputs.left, links, none)
        ahead = np.eye(4, dtype=np.float32)[self.batch.years_ahead[inputs.right]]
        out = _sums(inputs.left, ahead * chances[:, None], len(none))
        return np.concatenate([out, none_chances[:, None]], axis=1)

    def _most(self, inputs: PoolInputs, deep: Floats) -> tuple[Floats, Callable[[Floats], Floats]]:
        """The most of each hidden unit over the words weighed for a value, zeros for none, shape (values, units)."""
        counts = np.bincount(inputs.left, minlength=len(self.batch.tokens))
        starts = np.cumsum(counts) - counts
        filled = counts > 0
        out = np.zeros((len(counts), deep.shape[1]), dtype=np.float32)
        if filled.any():
            out[filled] = np.maximum.reduceat(deep, starts[filled], axis=0)

        def back(d_out: Floats) -> Floats:
            first = deep == out[inputs.left]  # a tie between words shares the gradient
            shares = np.zeros_like(out)
            np.add.at(shares, inputs.left, first)
            d_deep: Floats = (first * (d_out / np.maximum(shares, 1))[inputs.left]).astype(np.float32)
            return d_deep

        return out, back

    def _heads(self, summary: Floats, learned: int) -> Any:
        rows = np.concatenate([self.value_rows, summary], axis=1)
        hidden, back_hidden = self._apply("heads_value", rows)
        deep, back_deep = self._relu(hidden)
        heads, back_heads = self._apply("heads_score", deep)
        chances = head_chances(heads)
        told = np.concatenate(
            [
                deep,
                chances,
                self._before(chances),
                self._behind(chances),
                *(group.means(chances) for group in self.groups),
                self.before_near,
                self.batch.near,
            ],
            axis=1,
        )
        more, back_more = self._apply("heads_again", told)
        deep_again, back_deep_again = self._relu(more)
        heads_again, back_heads_again = self._apply("heads_score_again", deep_again)

        def back(d_heads: Floats, d_again: Floats) -> Floats:
            d_deep = back_more(back_deep_again(back_heads_again(d_again)))[:, : deep.shape[1]] + back_heads(d_heads)
            d_rows: Floats = back_hidden(back_deep(d_deep))
            self.d_value_rows += d_rows[:, : self.value_rows.shape[1]]
            return d_rows[:, d_rows.shape[1] - learned :]

        return heads, heads_again, back


def _sums(left: Ints, rows: Floats, values: int) -> Floats:
    """Sum of the rows of the pairs of each value, shape (values, columns); pairs are ordered by value."""
    counts = np.bincount(left, minlength=values)
    out = np.zeros((values, rows.shape[1]), dtype=np.float32)
    filled = counts > 0
    if filled.any():
        out[filled] = np.add.reduceat(rows, (np.cumsum(counts) - counts)[filled], axis=0)
    return out


class _Group:
    """The values that share a line, a sentence, a heading, or their number and unit.

    Args:
        numbers: of the group of each value, shape (values,).
    """

    def __init__(self, numbers: Ints) -> None:
        _, self.of_value, self.sizes = np.unique(numbers, return_inverse=True, return_counts=True)

    def means(self, rows: Floats) -> Floats:
        """For each value, the mean over the rows of the values of its group, shape as given."""
        sums = _sums_by(self.of_value, rows)[self.of_value]
        return (sums / self.sizes[self.of_value][:, None]).astype(np.float32)

    def means_of_pairs(self, left: Ints, right: Ints, chances: Floats) -> Floats:
        """Mean chance of each pair's candidate over the values of the pair's group, shape (pairs, roles)."""
        if not len(left):
            return chances
        group = self.of_value[left]
        _, at = np.unique(group * (int(right.max()) + 1) + right, return_inverse=True)
        return (_sums_by(at, chances)[at] / self.sizes[group][:, None]).astype(np.float32)


def _sums_by(at: Ints, rows: Floats) -> npt.NDArray[np.float64]:
    """Sum of the rows that go to each place, shape (places, columns)."""
    sums: npt.NDArray[np.float64] = np.stack([np.bincount(at, weights=column) for column in rows.T], axis=1)
    return sums


def sigmoid(scores: Floats) -> Floats:
    """The logistic function."""
    chances: Floats = np.reciprocal(1 + np.exp(-np.clip(scores, -30, 30)), dtype=np.float32)
    return chances


def softmax_by_value(left: Ints, links: Floats, none: Floats) -> tuple[Floats, Floats]:
    """Chances of the candidates of each value and of none, which sum to one by value.

    Args:
        left: value of each pair, ascending, shape (pairs,).
        links: score of each pair, shape (pairs,).
        none: score of "no candidate", shape (values,).
    """
    table, at = by_value(left, links, none)
    table -= table.max(axis=1, keepdims=True)
    chances = np.exp(table)
    chances /= chances.sum(axis=1, keepdims=True)
    return chances[left, at], chances[:, 0]


def by_value(left: Ints, links: Floats, none: Floats) -> tuple[Floats, Ints]:
    """Scores as a table of shape (values, 1 + most candidates), "none" first; and the column of each pair."""
    counts = np.bincount(left, minlength=len(none))
    starts = np.cumsum(counts) - counts
    at = np.arange(len(left)) - starts[left] + 1
    table = np.full((len(none), 1 + (int(counts.max()) if len(counts) else 0)), _LEAST, dtype=np.float32)
    table[:, 0] = none
    table[left, at] = links
    return table, at


def head_chances(heads: Floats) -> Floats:
    """Chances of each attribute's classes, which sum to one by attribute, shape as given."""
    parts = []
    at = 0
    for _, classes in HEADS:
        part = heads[:, at : at + len(classes)]
        part = np.exp(part - part.max(axis=1, keepdims=True))
        parts.append(part / part.sum(axis=1, keepdims=True))
        at += len(classes)
    return np.concatenate(parts, axis=1)
