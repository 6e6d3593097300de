"""What is weighed for which role of a VALUE: words for its METRIC and cue, mentions for the other roles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from chitieu.labels import Role
from chitieu.relation.layout import Layout
from chitieu.relation.mentions import Mention, Mentions

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Reach:
    """How many candidates before and behind a value are weighed, and how many from the head of the article."""

    before: int
    behind: int
    head: int


@dataclass(frozen=True, slots=True)
class Pool:
    """What one group of roles chooses among: the words of the doc, or its mentions of one kind."""

    name: str
    roles: tuple[Role, ...]
    reach: Reach


WORDS = "words"
# METRIC and cue are chosen word by word, given their value: the wording is whatever names this figure or plans it, and
# a tagger that knows no value can't tell. Reaches were set so that 96 to 99% of the links of the training articles lie
# inside; wider ones only cost time.
POOLS = (
    Pool(WORDS, (Role.METRIC, Role.CUE), Reach(64, 18, 0)),
    Pool("values", (Role.OF,), Reach(8, 3, 0)),
    Pool("orgs", (Role.ORG,), Reach(16, 4, 4)),
    Pool("years", (Role.YEAR, Role.BASE), Reach(10, 4, 3)),
)
_HEADING = 24  # words of a heading that are weighed
_OPENING = 16  # words of a paragraph's opening that are


def pool_mentions(mentions: Mentions, pool: Pool) -> tuple[Mention, ...]:
    """The candidates of a pool of mentions."""
    found: tuple[Mention, ...] = getattr(mentions, pool.name)
    return found


def word_pairs(
    values: tuple[Mention, ...], takes: npt.NDArray[np.bool_], layout: Layout, reach: Reach
) -> tuple[Ints, Ints]:
    """Indices of the pairs of a value and a word to weigh, grouped by value, both of shape (pairs,).

    Args:
        values: the doc's values.
        takes: whether each word can be chosen, shape (tokens,).
        layout: of the doc; the opening of a value's paragraph, the heading above it, and the one above that, are
            weighed wherever they stand.
        reach: in words.
    """
    words = np.flatnonzero(takes)
    ends = np.append(layout.line_start, len(takes))
    rows = []
    for value in values:
        low, high = np.searchsorted(words, (value.first - reach.before, value.last + reach.behind))
        row = words[low:high]
        line = layout.line[value.first]
        opening = words[slice(*np.searchsorted(words, (ends[line], min(ends[line] + _OPENING, value.first))))]
        above = [opening]
        for heading in {layout.heading[line], layout.heading[layout.heading[line]]} - {line}:
            stop = ends[heading + 1]
            above.append(words[slice(*np.searchsorted(words, (max(ends[heading], stop - _HEADING), stop)))])
        row = np.unique(np.concatenate([*above, row]))
        rows.append(row[(row < value.first) | (row >= value.last)])
    if not rows:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    return np.repeat(np.arange(len(values)), [len(row) for row in rows]), np.concatenate(rows)


def pairs(values: tuple[Mention, ...], candidates: tuple[Mention, ...], reach: Reach) -> tuple[Ints, Ints]:
    """Indices into `values` and `candidates` of the pairs to weigh, grouped by value, both of shape (pairs,)."""
    if not values or not candidates:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    starts = np.array([candidate.first for candidate in candidates])
    every = np.arange(len(candidates))
    rows: list[Ints] = []
    for value in values:
        at = int(np.searchsorted(starts, value.first))
        low, high = max(0, at - reach.before), min(len(candidates), at + reach.behind + 1)
        head = min(reach.head, len(candidates), low)
        row = np.concatenate([every[:head], every[low:high]])
        rows.append(row[starts[row] != value.first])
    left = np.repeat(np.arange(len(values)), [len(row) for row in rows])
    return left, np.concatenate(rows)
