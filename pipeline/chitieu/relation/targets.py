"""What the network should have said: gold links laid over the candidates of a doc."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from chitieu.labels import Role
from chitieu.relation.candidates import POOLS, WORDS, pool_mentions
from chitieu.relation.inputs import DocInputs
from chitieu.relation.links import Links, Offsets
from chitieu.relation.mentions import Mention, said
from chitieu.relation.network import FACT, HEADS

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Targets:
    """Gold for one doc.

    Attributes:
        links: per pool, 1 where the candidate fills the role, shape (pairs, roles).
        none: per pool, 1 where no span fills the role, shape (values, roles).
        known: per pool, 1 where the answer is among the candidates or is "none", so that it can be learned,
            shape (values, roles).
        heads: class of each attribute, shape (values, attributes).
        weights: 1 where the value is a gold fact, shape (values,).
        told: 1 where the value is known to be a fact's or none, which of an optional one it isn't, shape (values,).
    """

    links: tuple[Floats, ...]
    none: tuple[Floats, ...]
    known: tuple[Floats, ...]
    heads: Ints
    weights: Floats
    told: Floats


def overlaps(left: Offsets, right: Offsets) -> bool:
    """Whether two spans share a character."""
    return left[0] < right[1] and right[0] < left[1]


def read_targets(inputs: DocInputs, gold: Sequence[Links]) -> Targets:
    """Lay gold links over the candidates of a doc; spans match by overlap, so predicted ones can be trained on."""
    facts = [_matching(value, gold) for value in inputs.mentions.values]
    links, none, known = [], [], []
    for pool, part in zip(POOLS, inputs.pools, strict=True):
        link = np.zeros((len(part.left), len(pool.roles)), dtype=np.float32)
        nothing = np.zeros((len(facts), len(pool.roles)), dtype=np.float32)
        for column, role in enumerate(pool.roles):
            if pool.name == WORDS:
                link[:, column] = _in_spans(inputs.word_offsets[part.right], part.left, facts, role)
            else:
                candidates = pool_mentions(inputs.mentions, pool)
                wanted = [_answers(fact, role, candidates) if fact else frozenset() for fact in facts]
                for row, (value, candidate) in enumerate(zip(part.left, part.right, strict=True)):
                    link[row, column] = candidate in wanted[value]
            for row, fact in enumerate(facts):
                nothing[row, column] = fact is not None and not _spans(fact, role)
        found = np.zeros_like(nothing)
        np.add.at(found, part.left, link)
        links.append(link)
        none.append(nothing)
        known.append(((found > 0) | (nothing > 0)).astype(np.float32))
    heads = [[_class(fact, name, classes) for name, classes in HEADS] for fact in facts]
    return Targets(
        links=tuple(links),
        none=tuple(none),
        known=tuple(known),
        heads=np.array(heads, dtype=np.int64).reshape(-1, len(HEADS)),
        weights=np.array([float(fact is not None) for fact in facts], dtype=np.float32),
        told=np.array([float(fact is None or not fact.optional) for fact in facts], dtype=np.float32),
    )


def _class(fact: Links | None, name: str, classes: tuple[Any, ...]) -> int:
    if name == FACT:
        return classes.index(fact is not None)
    return classes.index(getattr(fact, name)) if fact else 0


def _in_spans(offsets: Ints, left: Ints, facts: Sequence[Links | None], role: Role) -> Floats:
    """1 where the word of a pair lies in a span that fills the role of the pair's value, shape (pairs,)."""
    inside = np.zeros(len(left), dtype=np.float32)
    for value, fact in enumerate(facts):
        for start, end in _spans(fact, role) if fact else ():
            inside[(left == value) & (offsets[:, 0] < end) & (offsets[:, 1] > start)] = 1
    return inside


def _matching(value: Mention, gold: Sequence[Links]) -> Links | None:
    return next((fact for fact in gold if overlaps(fact.value, value.offsets)), None)


def _spans(fact: Links, role: Role) -> tuple[Offsets, ...]:
    found = getattr(fact, role.value)
    if role is Role.METRIC:
        return tuple(found)
    return () if found is None else (found,)


def _answers(fact: Links, role: Role, candidates: Sequence[Mention]) -> frozenset[int]:
    """The candidates that are right: the gold span, and for ORG, YEAR and base the mentions that say the same."""
    spans = _spans(fact, role)
    right = {
        index for index, candidate in enumerate(candidates) if any(overlaps(candidate.offsets, span) for span in spans)
    }
    answers = {said(candidates[index]) for index in right}
    if role is Role.ORG:
        # a name and a shorter form of it are one organisation (guidelines §7)
        names = [str(answer) for answer in answers]
        return frozenset(
            index
            for index, candidate in enumerate(candidates)
            if index in right or any(name in str(said(candidate)) or str(said(candidate)) in name for name in names)
        )
    return frozenset(right | {index for index, candidate in enumerate(candidates) if said(candidate) in answers})
