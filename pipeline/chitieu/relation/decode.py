"""From the network's scores to links: one choice for each role of each value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from chitieu.labels import Role
from chitieu.relation.candidates import POOLS, pool_mentions
from chitieu.relation.inputs import BatchInputs
from chitieu.relation.links import Links, Offsets
from chitieu.relation.mentions import Mentions
from chitieu.relation.network import HEADS, Scores, head_chances, sigmoid, softmax_by_value

Floats = npt.NDArray[np.float32]

_MOST_PIECES = 3  # guidelines §3: none to three METRIC pieces


def decode(mentions: Sequence[Mentions], batch: BatchInputs, scores: Scores) -> list[tuple[Links, ...]]:
    """Links of each doc of a batch, a value each, in text order.

    `confidence` is the chance, as the network sees it, that metric, year and status are all as chosen.
    """
    count = len(batch.tokens)
    chosen: dict[Role, list[Any]] = {}
    confidence = np.ones(count)
    for index, (pool, inputs) in enumerate(zip(POOLS, batch.pools, strict=True)):
        candidates = [mention.offsets for item in mentions for mention in pool_mentions(item, pool)]
        for column, role in enumerate(pool.roles):
            links, none = scores.links[1][index][:, column], scores.none[1][index][:, column]
            if role is Role.METRIC:
                chosen[role], chance = _pieces(inputs.left, inputs.right, sigmoid(links), candidates, count)
            else:
                chances, nothing = softmax_by_value(inputs.left, links, none)
                chosen[role], chance = _best(inputs.left, inputs.right, chances, nothing, candidates)
            if role in {Role.METRIC, Role.YEAR}:
                confidence *= chance
    attributes, chance = _attributes(scores.heads[1])
    confidence *= chance
    values = [value.offsets for item in mentions for value in item.values]
    links = [
        Links(
            value=value,
            metric=chosen[Role.METRIC][row],
            of=chosen[Role.OF][row],
            org=chosen[Role.ORG][row],
            year=chosen[Role.YEAR][row],
            base=chosen[Role.BASE][row],
            cue=chosen[Role.CUE][row],
            confidence=float(confidence[row]),
            **attributes[row],
        )
        for row, value in enumerate(values)
    ]
    ends = np.cumsum([0, *batch.values_per_doc])
    return [tuple(links[start:end]) for start, end in zip(ends[:-1], ends[1:], strict=True)]


def _pieces(
    left: Any, right: Any, chances: Floats, candidates: Sequence[Offsets], count: int
) -> tuple[list[tuple[Offsets, ...]], Floats]:
    """The METRIC pieces of each value: every candidate more likely in than out, the likeliest three, in text order."""
    pieces: list[list[tuple[float, Offsets]]] = [[] for _ in range(count)]
    confidence = np.ones(count, dtype=np.float32)
    for value, candidate, chance in zip(left, right, chances, strict=True):
        confidence[value] *= max(chance, 1 - chance)
        if chance >= 0.5:
            pieces[value].append((float(chance), candidates[candidate]))
    best = [tuple(sorted(offsets for _, offsets in sorted(found, reverse=True)[:_MOST_PIECES])) for found in pieces]
    return best, confidence


def _best(
    left: Any, right: Any, chances: Floats, none: Floats, candidates: Sequence[Offsets]
) -> tuple[list[Offsets | None], Floats]:
    """The likeliest candidate of each value, or none, with its chance."""
    best: list[Offsets | None] = [None] * len(none)
    confidence = none.copy()
    for value, candidate, chance in zip(left, right, chances, strict=True):
        if chance > confidence[value]:
            best[value], confidence[value] = candidates[candidate], chance
    return best, confidence


def _attributes(heads: Floats) -> tuple[list[dict[str, Any]], Floats]:
    """The likeliest class of each attribute, and the chance of the status."""
    chances = head_chances(heads)
    found: list[dict[str, Any]] = [{} for _ in heads]
    status = np.ones(len(heads), dtype=np.float32)
    at = 0
    for name, classes in HEADS:
        part = chances[:, at : at + len(classes)]
        for row, best in enumerate(part.argmax(axis=1)):
            found[row][name] = classes[best]
        if name == "status":
            status = part.max(axis=1)
        at += len(classes)
    return found, status
