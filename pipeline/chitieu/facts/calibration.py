"""From a model's own score of a fact to the probability that the fact is right."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chitieu.errors import ModelError
from chitieu.facts.fact import Fact

_LEAST, _MOST = 0.01, 0.99  # a few hundred facts can't tell a certainty
_EDGE = 1e-4  # scores nearer to 0 or 1 than this are taken for it: their logarithm would run away


@dataclass(frozen=True, slots=True)
class Calibration:
    """A logistic curve over the log-odds of the score (Platt 1999, "Probabilistic outputs for support vector …").

    Attributes:
        weight: of the score's log-odds.
        intercept: log-odds of a fact whose score is 0.5.
    """

    weight: float
    intercept: float

    def __call__(self, fact: Fact) -> float:
        """The probability that value, metric, year and status of a fact are all right, in [0.01, 0.99]."""
        odds = self.intercept + self.weight * _log_odds(fact)
        probability = 1 / (1 + math.exp(-max(-30.0, min(30.0, odds))))
        return max(_LEAST, min(_MOST, probability))

    def to_json(self) -> str:
        """As JSON."""
        return json.dumps({"weight": self.weight, "intercept": self.intercept})


def read_calibration(data: str | bytes) -> Calibration | None:
    """Read what `to_json` wrote; None stands for a model that is not calibrated.

    Raises:
        ModelError: C303 it is no calibration.
    """
    try:
        stored: Any = json.loads(data)
        return None if stored is None else Calibration(float(stored["weight"]), float(stored["intercept"]))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ModelError(
            "C303", f"the calibration of confidence can't be read: {error}", remedy="train it anew with `chitieu train`"
        ) from None


def fit_calibration(
    facts: Sequence[Fact], right: Sequence[bool], weights: Sequence[float] | None = None
) -> Calibration | None:
    """Fit by logistic regression (scikit-learn) on facts of articles that the model was not trained on.

    Args:
        facts: with the model's own scores as confidence, in [0, 1].
        right: whether each fact's value, metric, year and status are all right.
        weights: how much each fact counts against the others; all the same where none are given.

    Returns:
        None where all are right or all are wrong, since then nothing can be learned.
    """
    if len(set(right)) < 2:
        return None
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    scores = np.array([[_log_odds(fact)] for fact in facts], dtype=np.float64)
    weight = np.ones(len(facts)) if weights is None else np.asarray(weights, dtype=np.float64)
    weight = weight * (len(weight) / weight.sum())  # regularisation is against the number of facts
    fitted = LogisticRegression(C=1.0, max_iter=1000).fit(scores, np.asarray(right, dtype=np.int64), weight)
    return Calibration(round(float(fitted.coef_[0, 0]), 6), round(float(fitted.intercept_[0]), 6))


def _log_odds(fact: Fact) -> float:
    held = max(_EDGE, min(1 - _EDGE, fact.confidence or 0.0))
    return math.log(held / (1 - held))
