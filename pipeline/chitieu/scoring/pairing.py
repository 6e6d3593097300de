"""Pairing spans that overlap, one to one, so that one long span can't pass for many."""

from __future__ import annotations

from collections.abc import Sequence

from chitieu.facts.fact import Offsets


def pair_overlapping(first: Sequence[Offsets], second: Sequence[Offsets]) -> list[tuple[int, int]]:
    """Pair spans of two lists that share characters, each at most once: exact ones first, then the longest overlap.

    Returns:
        Places in `first` and in `second`, in the order of `first`.
    """
    candidates = []
    for i, (a, b) in enumerate(first):
        for j, (c, d) in enumerate(second):
            overlap = min(b, d) - max(a, c)
            if overlap > 0:
                candidates.append((-((a, b) == (c, d)), -overlap, a, c, i, j))
    taken_first: set[int] = set()
    taken_second: set[int] = set()
    pairs = []
    for *_, i, j in sorted(candidates):
        if i not in taken_first and j not in taken_second:
            taken_first.add(i)
            taken_second.add(j)
            pairs.append((i, j))
    return sorted(pairs)
