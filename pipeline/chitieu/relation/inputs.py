"""Docs with their mentions, turned into the arrays that the network reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
from spacy.tokens import Doc

from chitieu.article import Span
from chitieu.period import article_present
from chitieu.relation.candidates import POOLS, WORDS, Pool, pairs, pool_mentions, word_pairs
from chitieu.relation.features import Features, Place
from chitieu.relation.layout import Layout, read_layout
from chitieu.relation.mentions import Mention, Mentions, find_mentions, unit_meant

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]


_OPENING = 16  # words
_HEAD = 48  # words of the article's beginning


@dataclass(frozen=True, slots=True)
class PoolInputs:
    """One pool of candidates.

    Attributes:
        tokens: first and last (exclusive) token of each candidate, shape (candidates, 2).
        features: of each candidate, shape (candidates, width).
        left, right: value and candidate of each pair, shape (pairs,), ordered by value, then candidate.
        pair_features: shape (pairs, width).
    """

    tokens: Ints
    features: Floats
    left: Ints
    right: Ints
    pair_features: Floats


@dataclass(frozen=True, slots=True)
class DocInputs:
    """Everything the network reads of one doc beside its token vectors.

    Attributes:
        mentions: the doc's mentions.
        present: the year in which the article speaks, where it can be told.
        word_offsets: start and end of each token in code points, shape (tokens, 2).
        tokens: first and last (exclusive) token of each value, shape (values, 2).
        contexts: the same of the stretches around each value: its sentence before it and behind it, the sentence before
            that, the heading above, the opening of its paragraph, the beginning of the article, and all of it, shape
            (values, 7, 2).
        features: of each value, shape (values, width).
        near: whether a value and the next one share doc, line, sentence and clause, shape (values, 4).
        groups: number of the line, the sentence, the heading, the doc and the figure of each value, shape (values, 5).
        pools: the candidates.
        years_ahead: whether each YEAR lies behind (0), in (1) or ahead of (2) the year in which the article speaks, or
            can't be told (3).
    """

    mentions: Mentions
    present: int | None
    word_offsets: Ints
    tokens: Ints
    contexts: Ints
    features: Floats
    near: Floats
    groups: Ints
    pools: tuple[PoolInputs, ...]
    years_ahead: Ints


def read_inputs(
    doc: Doc,
    spans: Sequence[Span],
    published: date | None = None,
    title: str | None = None,
    *,
    text: str | None = None,
) -> DocInputs:
    """Find mentions, pairs and features of one doc."""
    mentions = find_mentions(doc, spans, published, title, text=text)
    layout = read_layout(doc, mentions.words)
    present = article_present(mentions.text, title, published).year
    features = Features(doc, mentions, layout, present)
    place = features.values
    own = features.of_mentions(mentions.values, "values")
    near = np.zeros((len(mentions.values), 4), dtype=np.float32)
    near[:-1, 0] = 1
    for column, numbers in enumerate((place.line, place.sentence, place.clause), start=1):
        near[:-1, column] = numbers[:-1] == numbers[1:]
    ahead = [
        3 if year.period is None or present is None else int(np.sign(year.period.year - present)) + 1
        for year in mentions.years
    ]
    return DocInputs(
        mentions=mentions,
        present=present,
        word_offsets=mentions.offsets,
        tokens=np.stack([place.first, place.last], axis=1),
        contexts=_contexts(place, layout, len(doc)),
        features=own,
        near=near,
        groups=np.stack(
            [
                place.line,
                place.sentence,
                layout.heading[place.line],
                np.zeros_like(place.line),
                _first_alike(mentions.values, place),
            ],
            axis=1,
        ),
        pools=tuple(_pool(pool, mentions, features, layout, own) for pool in POOLS),
        years_ahead=np.array(ahead, dtype=np.int64),
    )


def _first_alike(values: Sequence[Mention], place: Place) -> Ints:
    """Where each value's number and unit stand for the first time: headlines and captions repeat figures."""
    first: dict[object, int] = {}
    return np.array(
        [
            first.setdefault((item.quantity.value, unit_meant(item.quantity)) if item.quantity else at, at)
            for item, at in zip(values, place.first.tolist(), strict=True)
        ],
        dtype=np.int64,
    )


def _pool(pool: Pool, mentions: Mentions, features: Features, layout: Layout, of_values: Floats) -> PoolInputs:
    """One pool of candidates; `of_values`: the features of the values, which are candidates themselves."""
    if pool.name == WORDS:
        tokens = np.arange(len(features.words))
        place = Place(tokens, tokens + 1, layout)
        takes = np.array([any(map(str.isalnum, word)) for word in features.words], dtype=bool)
        for value in mentions.values:
            if value.marked:  # `3` may be a word of `OCOP 3 sao`
                takes[value.first : value.last] = False
        left, right = word_pairs(mentions.values, takes, layout, pool.reach)
        own = features.of_words()
    else:
        candidates = pool_mentions(mentions, pool)
        place = Place.of(candidates, layout)
        left, right = pairs(mentions.values, candidates, pool.reach)
        own = of_values if pool.name == "values" else features.of_mentions(candidates, pool.name)
    return PoolInputs(
        tokens=np.stack([place.first, place.last], axis=1),
        features=own,
        left=left,
        right=right,
        pair_features=features.of_pairs(left, right, place),
    )


def _contexts(place: Place, layout: Layout, size: int) -> Ints:
    """Stretches around each value; an empty one has equal ends."""
    ends = np.append(layout.line_start, size)
    heading = layout.heading[place.line]
    headed = heading != place.line
    start = np.searchsorted(layout.sentence, place.sentence)
    stop = np.searchsorted(layout.sentence, place.sentence, side="right")
    previous = np.searchsorted(layout.sentence, place.sentence - 1)
    stretches = (
        (np.maximum(start, place.first - 40), place.first),
        (place.last, np.minimum(np.maximum(stop, place.last), place.last + 24)),
        (np.maximum(previous, start - 60), start),
        (ends[heading], np.where(headed, ends[heading + 1], ends[heading])),
        (ends[place.line], np.minimum(ends[place.line] + _OPENING, place.first)),
        (np.zeros_like(place.first), np.full_like(place.first, min(_HEAD, size))),
        (np.zeros_like(place.first), np.full_like(place.first, size)),
    )
    return np.stack([np.stack(stretch, axis=1) for stretch in stretches], axis=1)


@dataclass(frozen=True, slots=True)
class BatchInputs:
    """The inputs of several docs as one: token, value and candidate numbers run on from doc to doc."""

    tokens: Ints
    contexts: Ints
    features: Floats
    near: Floats
    groups: Ints
    pools: tuple[PoolInputs, ...]
    years_ahead: Ints
    values_per_doc: tuple[int, ...]


def join_inputs(inputs: Sequence[DocInputs], token_starts: Sequence[int]) -> BatchInputs:
    """Concatenate the inputs of docs whose tokens start at `token_starts` in the batch."""
    value_starts = np.cumsum([0, *(len(item.tokens) for item in inputs)])
    pools = []
    for index in range(len(POOLS)):
        parts = [item.pools[index] for item in inputs]
        starts = np.cumsum([0, *(len(part.tokens) for part in parts)])
        pools.append(
            PoolInputs(
                tokens=np.concatenate([part.tokens + at for part, at in zip(parts, token_starts, strict=True)]),
                features=np.concatenate([part.features for part in parts]),
                left=np.concatenate([part.left + at for part, at in zip(parts, value_starts[:-1], strict=True)]),
                right=np.concatenate([part.right + at for part, at in zip(parts, starts[:-1], strict=True)]),
                pair_features=np.concatenate([part.pair_features for part in parts]),
            )
        )
    return BatchInputs(
        tokens=np.concatenate([item.tokens + at for item, at in zip(inputs, token_starts, strict=True)]),
        contexts=np.concatenate([item.contexts + at for item, at in zip(inputs, token_starts, strict=True)]),
        features=np.concatenate([item.features for item in inputs]),
        near=np.concatenate([item.near for item in inputs]),
        # a group lies within its doc: token numbers of the batch are larger than any number of lines or sentences
        groups=np.concatenate([item.groups + at for item, at in zip(inputs, token_starts, strict=True)]),
        pools=tuple(pools),
        years_ahead=np.concatenate([item.years_ahead for item in inputs]),
        values_per_doc=tuple(len(item.tokens) for item in inputs),
    )
