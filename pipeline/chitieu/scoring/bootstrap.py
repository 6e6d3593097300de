"""How sure a score is: a bootstrap over articles, since the facts of one article stand and fall together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from chitieu.scoring.counts import Count

DRAWS = 1000  # the 2.5th and 97.5th percentile move by about 0.002 between seeds, below what is printed as different
LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Interval:
    """Lower and upper end of a 95% percentile interval."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Difference:
    """F1 of one system less that of another on the same articles.

    Attributes:
        value: the difference on all articles.
        interval: over paired draws: both systems are scored on the same resampled articles.
        wins: share of draws in which the first is strictly better.
    """

    value: float
    interval: Interval
    wins: float


def bootstrap_f1(counts: Sequence[Count], draws: int = DRAWS, seed: int = 0) -> Interval | None:
    """The interval of F1 (of an accuracy: the share) when articles are drawn anew; None without articles."""
    if not counts:
        return None
    return interval_of(_resampled_f1(counts, resample_weights(len(counts), draws, seed)))


def paired_bootstrap(
    first: Sequence[Count], second: Sequence[Count], draws: int = DRAWS, seed: int = 0
) -> Difference | None:
    """How much better the first system is than the second; None without articles.

    Args:
        first: counts article by article.
        second: counts of the same articles in the same order.
        draws: how many resamples.
        seed: of the random numbers.

    Raises:
        ValueError: the two have not the same number of articles.
    """
    if len(first) != len(second):
        raise ValueError(f"{len(first)} articles against {len(second)}")
    if not first:
        return None
    weights = resample_weights(len(first), draws, seed)
    differences = _resampled_f1(first, weights) - _resampled_f1(second, weights)
    value = sum(first, Count()).f1 - sum(second, Count()).f1
    return Difference(value, interval_of(differences), float(np.mean(differences > 0)))


@lru_cache(maxsize=2)  # every measure of a report is resampled alike
def resample_weights(articles: int, draws: int, seed: int) -> npt.NDArray[np.float64]:
    """How often each article is drawn in each resample, of shape (draws, articles); read-only, since it is shared."""
    generator = np.random.default_rng(seed)
    drawn = generator.multinomial(articles, np.full(articles, 1 / articles), size=draws)
    weights: npt.NDArray[np.float64] = drawn.astype(np.float64)
    weights.flags.writeable = False
    return weights


def _resampled_f1(counts: Sequence[Count], weights: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    columns = np.array([(2 * count.correct, count.predicted + count.gold) for count in counts], dtype=float)
    totals = weights @ columns
    f1: npt.NDArray[np.float64] = np.divide(
        totals[:, 0], totals[:, 1], out=np.zeros(len(totals)), where=totals[:, 1] > 0
    )
    return f1


def interval_of(values: npt.NDArray[np.float64]) -> Interval:
    """The 95% percentile interval of what the resamples gave."""
    low, high = np.quantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(float(low), float(high))
