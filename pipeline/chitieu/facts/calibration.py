"""From a model's own score to a probability that a fact is right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_LEAST, _MOST = 0.01, 0.99  # a few hundred facts can't tell a certainty


@dataclass(frozen=True, slots=True)
class Calibration:
    """A rising piecewise-linear curve from score to probability.

    Attributes:
        scores: corners of the curve, ascending, in [0, 1].
        probabilities: how many of a hundred facts with such a score are right, as a share, ascending.
    """

    scores: tuple[float, ...]
    probabilities: tuple[float, ...]

    def __call__(self, score: float) -> float:
        """The probability of a score."""
        return float(np.interp(score, self.scores, self.probabilities))


def fit_calibration(scores: Sequence[float], right: Sequence[bool]) -> Calibration | None:
    """Fit by isotonic regression (scikit-learn) on facts that the model was not trained on.

    Args:
        scores: the model's own, in [0, 1].
        right: whether each fact's value, metric, year and status are all right.

    Returns:
        None where all are right or all are wrong, since then nothing can be learned.
    """
    if len(set(right)) < 2:
        return None
    from sklearn.isotonic import IsotonicRegression

    curve = IsotonicRegression(y_min=_LEAST, y_max=_MOST, out_of_bounds="clip")
    curve.fit(np.asarray(scores, dtype=np.float64), np.asarray(right, dtype=np.float64))
    return Calibration(
        tuple(round(float(score), 6) for score in curve.X_thresholds_),
        tuple(round(float(probability), 6) for probability in curve.y_thresholds_),
    )
