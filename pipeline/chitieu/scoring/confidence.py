"""Whether confidence means what it says: calibration, and precision where only the surest facts are kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from chitieu.annotation.gold import AnnotatedArticle
from chitieu.facts.fact import Fact
from chitieu.scoring.bootstrap import DRAWS, Interval, interval_of, resample_weights
from chitieu.scoring.match import match_facts
from chitieu.scoring.rows import gold_rows, predicted_rows

BINS = 10
"""Bins of equal width, as Naeini, Cooper and Hauskrecht (AAAI 2015) define the expected calibration error."""
KEPT = 0.7
"""Share of the facts that are kept where one number stands for the whole curve of precision against recall."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Judged:
    """The predicted facts of one article that count: how sure each was, and whether its core was right.

    Attributes:
        confidences: in [0, 1], 0 where unknown.
        right: value, metric, year and status all agree with one gold fact.
        gold: how many gold facts count.
    """

    confidences: tuple[float, ...]
    right: tuple[bool, ...]
    gold: int


@dataclass(frozen=True, slots=True)
class Bin:
    """The facts whose confidence lies in [low, high); the last bin holds 1 as well."""

    low: float
    high: float
    facts: int
    confidence: float
    right: float


@dataclass(frozen=True, slots=True)
class Kept:
    """The facts at or above a threshold; facts of equal confidence stay together.

    Attributes:
        share: of all predicted facts, at least what was asked for.
    """

    threshold: float
    share: float
    facts: int
    right: int
    gold: int
    interval: Interval | None = None

    @property
    def precision(self) -> float:
        """Share of the kept facts whose core is right."""
        return self.right / self.facts if self.facts else 0.0

    @property
    def recall(self) -> float:
        """Share of the gold facts that are found right and kept."""
        return self.right / self.gold if self.gold else 0.0


@dataclass(frozen=True, slots=True)
class ConfidenceScores:
    """How far confidence can be trusted on a set of articles.

    Attributes:
        facts: predicted facts that count.
        confidence: their mean confidence; `precision` the share that is right. A model is too sure where the first is
            higher.
        error: expected calibration error: mean distance of the bins' confidence from their share right, weighted by
            their facts.
        interval: of `error`, over articles drawn anew.
        error_by_chance: what a perfectly calibrated model would show with facts as few as these.
        ranking: chance that a right fact has a higher confidence than a wrong one (area under the ROC curve); None
            where all are right or all are wrong.
        kept: the facts that remain at the threshold that keeps `KEPT` of them.
        bins: those that hold facts.
        curve: precision and recall at every threshold, from the highest down; the last keeps all facts.
    """

    facts: int
    confidence: float
    precision: float
    error: float
    interval: Interval
    error_by_chance: float
    ranking: float | None
    kept: Kept
    bins: tuple[Bin, ...]
    curve: tuple[Kept, ...]

    def to_dict(self) -> dict[str, Any]:
        """As JSON, without the curve."""
        kept = self.kept
        between = kept.interval
        return {
            "facts": self.facts,
            "mean confidence": round(self.confidence, 6),
            "precision": round(self.precision, 6),
            "expected calibration error": round(self.error, 6),
            "interval": _rounded(self.interval),
            "error of a perfectly calibrated model": round(self.error_by_chance, 6),
            "right above wrong": None if self.ranking is None else round(self.ranking, 6),
            f"surest {KEPT:.0%}": {
                "threshold": kept.threshold,
                "kept": round(kept.share, 6),
                "correct": kept.right,
                "predicted": kept.facts,
                "precision": round(kept.precision, 6),
                "interval": None if between is None else _rounded(between),
            },
            "bins": [
                {
                    "from": round(item.low, 6),
                    "to": round(item.high, 6),
                    "facts": item.facts,
                    "confidence": round(item.confidence, 6),
                    "right": round(item.right, 6),
                }
                for item in self.bins
            ],
        }


def judge(gold: Sequence[AnnotatedArticle], predicted: Mapping[str, Iterable[Fact]]) -> list[Judged]:
    """Article by article, each predicted fact's confidence and whether it is right.

    Predictions that match an optional gold fact are left out, as in every score.

    Args:
        gold: the articles.
        predicted: facts by article id; an article that is missing has none.
    """
    judged = []
    for article in gold:
        facts = {fact.evidence.value: fact for fact in predicted.get(article.id, ()) if fact.derived is None}
        rows, wanted = predicted_rows(facts.values()), gold_rows(article)
        matches = {match.predicted: match for match in match_facts(rows, wanted)}
        counted = [i for i in range(len(rows)) if i not in matches or not wanted[matches[i].gold].optional]
        judged.append(
            Judged(
                tuple(facts[rows[i].span].confidence or 0.0 for i in counted),
                tuple(i in matches and matches[i].agreement.core for i in counted),
                sum(not row.optional for row in wanted),
            )
        )
    return judged


def confidence_scores(judged: Sequence[Judged], draws: int = DRAWS, seed: int = 0) -> ConfidenceScores | None:
    """Score the confidence of a model's facts; None where it found none.

    Args:
        judged: article by article.
        draws: resamples of the bootstrap over articles, and of the perfectly calibrated model.
        seed: of the random numbers.
    """
    confidences = np.array([c for item in judged for c in item.confidences], dtype=np.float64)
    right = np.array([r for item in judged for r in item.right], dtype=np.float64)
    if not len(confidences):
        return None
    owners = np.array([n for n, item in enumerate(judged) for _ in item.confidences], dtype=np.int64)
    gold = sum(item.gold for item in judged)
    places = bin_places(confidences)
    weights = resample_weights(len(judged), draws, seed)
    errors = _errors(weights @ _table(owners, places, len(judged), confidences, right).reshape(len(judged), -1))
    curve = _curve(confidences, right, gold)
    kept = keep(curve, KEPT)
    return ConfidenceScores(
        facts=len(confidences),
        confidence=float(confidences.mean()),
        precision=float(right.mean()),
        error=calibration_error(confidences, right),
        interval=interval_of(errors),
        error_by_chance=_error_by_chance(confidences, draws, seed),
        ranking=_ranking(confidences, right),
        kept=Kept(
            kept.threshold, kept.share, kept.facts, kept.right, kept.gold,
            _precision_interval(owners, confidences >= kept.threshold, right, weights),
        ),
        bins=tuple(_bins(confidences, right, places)),
        curve=curve,
    )  # fmt: skip


def calibration_error(confidences: Floats, right: Floats) -> float:
    """The expected calibration error of facts: of shape (facts,), confidences in [0, 1] and 1 where right, else 0."""
    one = np.zeros(len(confidences), dtype=np.int64)
    table = _table(one, bin_places(confidences), 1, confidences, right)
    return float(_errors(table.reshape(1, -1))[0])


def bin_places(confidences: Floats) -> npt.NDArray[np.int64]:
    """The bin of each confidence."""
    return np.clip((confidences * BINS + 1e-9).astype(np.int64), 0, BINS - 1)


def keep(curve: Sequence[Kept], share: float) -> Kept:
    """The highest threshold of a curve that keeps at least a share of the facts."""
    return next(point for point in curve if point.share >= share - 1e-9)


def _table(
    owners: npt.NDArray[np.int64], places: npt.NDArray[np.int64], articles: int, confidences: Floats, right: Floats
) -> Floats:
    """Facts, summed confidence and right facts by article and bin, of shape (articles, BINS, 3)."""
    table = np.zeros((articles, BINS, 3))
    np.add.at(table, (owners, places), np.stack([np.ones_like(confidences), confidences, right], axis=1))
    return table


def _errors(sums: Floats) -> Floats:
    """The calibration error of each resample, of sums of shape (resamples, BINS * 3)."""
    bins = sums.reshape(len(sums), BINS, 3)
    distance: Floats = np.abs(bins[:, :, 1] - bins[:, :, 2]).sum(axis=1)
    errors: Floats = distance / np.maximum(bins[:, :, 0].sum(axis=1), 1)
    return errors


def _error_by_chance(confidences: Floats, draws: int, seed: int) -> float:
    """The mean error where each fact is right with just the chance that it claims."""
    generator = np.random.default_rng(seed)
    right = generator.random((draws, len(confidences))) < confidences
    places = bin_places(confidences)
    total = np.zeros(draws)
    for place in np.unique(places):
        inside = places == place
        total += np.abs(right[:, inside].sum(axis=1) - confidences[inside].sum())
    return float(total.mean() / len(confidences))


def _bins(confidences: Floats, right: Floats, places: npt.NDArray[np.int64]) -> Iterable[Bin]:
    for place in np.unique(places):
        inside = places == place
        mean, share = float(confidences[inside].mean()), float(right[inside].mean())
        yield Bin(place / BINS, (place + 1) / BINS, int(inside.sum()), mean, share)


def _curve(confidences: Floats, right: Floats, gold: int) -> tuple[Kept, ...]:
    points = []
    order = np.argsort(-confidences, kind="stable")
    ordered, hits = confidences[order], np.cumsum(right[order])
    for index in range(len(ordered)):
        if index + 1 == len(ordered) or ordered[index + 1] < ordered[index]:
            facts = index + 1
            points.append(Kept(float(ordered[index]), facts / len(ordered), facts, int(hits[index]), gold))
    return tuple(points)


def _precision_interval(
    owners: npt.NDArray[np.int64], kept: npt.NDArray[np.bool_], right: Floats, weights: Floats
) -> Interval:
    columns = np.zeros((weights.shape[1], 2))
    np.add.at(columns, owners[kept], np.stack([right[kept], np.ones(int(kept.sum()))], axis=1))
    totals = weights @ columns
    return interval_of(totals[:, 0] / np.maximum(totals[:, 1], 1))


def _ranking(confidences: Floats, right: Floats) -> float | None:
    wrong, good = np.sort(confidences[right == 0]), confidences[right == 1]
    if not len(wrong) or not len(good):
        return None
    below, not_above = np.searchsorted(wrong, good, "left"), np.searchsorted(wrong, good, "right")
    return float((below + not_above).mean() / 2 / len(wrong))


def _rounded(interval: Interval) -> list[float]:
    return [round(interval.low, 6), round(interval.high, 6)]
