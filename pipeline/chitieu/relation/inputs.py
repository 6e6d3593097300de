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
from chitieu.relation.candidates import POOLS, pairs, pool_mentions
from chitieu.relation.features import Features
from chitieu.relation.layout import read_layout
from chitieu.relation.mentions import Mention, Mentions, find_mentions

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]


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
    """Everything the network reads of one doc beside its token vectors; `near` tells of a value and the next one whether
    they share doc, line, sentence and clause, shape (values, 4)."""

    mentions: Mentions
    tokens: Ints
    features: Floats
    near: Floats
    pools: tuple[PoolInputs, ...]
    years_ahead: Ints


def read_inputs(
    doc: Doc, spans: Sequence[Span], published: date | None = None, title: str | None = None
) -> DocInputs:
    """Find mentions, pairs and features of one doc."""
    mentions = find_mentions(doc, spans, published, title)
    layout = read_layout(doc)
    present = article_present(doc.text, title, published).year
    features = Features(doc, layout, mentions.values, present)
    pools = []
    for pool in POOLS:
        candidates = pool_mentions(mentions, pool)
        left, right = pairs(mentions.values, candidates, pool.reach)
        pools.append(
            PoolInputs(
                tokens=_tokens(candidates),
                features=features.mention(candidates, pool.name),
                left=left,
                right=right,
                pair_features=features.pair(left, right, candidates),
            )
        )
    place = features.value_place
    near = np.zeros((len(mentions.values), 4), dtype=np.float32)
    near[:-1, 0] = 1
    for column, numbers in enumerate((place.line, place.sentence, place.clause), start=1):
        near[:-1, column] = numbers[:-1] == numbers[1:]
    ahead = np.array(
        [
            2 if year.period is None or present is None else int(np.sign(year.period.year - present)) + 1
            for year in mentions.years
        ],
        dtype=np.int64,
    )
    return DocInputs(mentions, _tokens(mentions.values), features.mention(mentions.values, "values"), near, tuple(pools), ahead)


def _tokens(mentions: Sequence[Mention]) -> Ints:
    return np.array([(mention.first, mention.last) for mention in mentions], dtype=np.int64).reshape(-1, 2)


@dataclass(frozen=True, slots=True)
class BatchInputs:
    """The inputs of several docs as one: token, value and candidate numbers run on from doc to doc."""

    tokens: Ints
    features: Floats
    near: Floats
    pools: tuple[PoolInputs, ...]
    years_ahead: Ints
    values_per_doc: tuple[int, ...]
    pairs_per_doc: tuple[tuple[int, ...], ...]


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
        features=np.concatenate([item.features for item in inputs]),
        near=np.concatenate([item.near for item in inputs]),
        pools=tuple(pools),
        years_ahead=np.concatenate([item.years_ahead for item in inputs]),
        values_per_doc=tuple(len(item.tokens) for item in inputs),
        pairs_per_doc=tuple(tuple(len(pool.left) for pool in item.pools) for item in inputs),
    )
