"""Which mentions are weighed for which role of a VALUE: the nearest ones on both sides, and the first of the article."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from chitieu.labels import Role
from chitieu.relation.mentions import Mention, Mentions

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Reach:
    """How many mentions before and behind a value are candidates, and how many from the head of the article."""

    before: int
    behind: int
    head: int


@dataclass(frozen=True, slots=True)
class Pool:
    """The mentions that one group of roles chooses among."""

    name: str
    roles: tuple[Role, ...]
    reach: Reach


# Reaches were set so that 99% of the links of the training articles lie inside; wider ones only cost time.
POOLS = (
    Pool("metrics", (Role.METRIC,), Reach(10, 4, 0)),
    Pool("values", (Role.OF,), Reach(8, 3, 0)),
    Pool("orgs", (Role.ORG,), Reach(12, 4, 3)),
    Pool("years", (Role.YEAR, Role.BASE), Reach(10, 4, 3)),
    Pool("cues", (Role.CUE,), Reach(7, 2, 0)),
)


def pool_mentions(mentions: Mentions, pool: Pool) -> tuple[Mention, ...]:
    """The candidates of a pool."""
    found: tuple[Mention, ...] = getattr(mentions, pool.name)
    return found


def pairs(values: tuple[Mention, ...], candidates: tuple[Mention, ...], reach: Reach) -> tuple[Ints, Ints]:
    """Indices into `values` and `candidates` of the pairs to weigh, grouped by value, both of shape (pairs,)."""
    if not values or not candidates:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    starts = np.array([candidate.first for candidate in candidates])
    rows: list[Ints] = []
    for value in values:
        at = int(np.searchsorted(starts, value.first))
        window = np.arange(max(0, at - reach.before), min(len(candidates), at + reach.behind + 1))
        head = np.arange(min(reach.head, len(candidates)))
        row = np.union1d(head, window)
        same = np.array([candidates[index].first == value.first for index in row], dtype=bool)
        rows.append(row[~same])
    left = np.repeat(np.arange(len(values)), [len(row) for row in rows])
    return left, np.concatenate(rows)
