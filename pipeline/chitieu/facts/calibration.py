"""From a model's own score of a fact to the probability that the fact is right."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chitieu.errors import ModelError
from chitieu.facts.fact import Fact

_LEAST, _MOST = 0.01, 0.99  # a few hundred facts can't tell a certainty
_EDGE = 1e-4  # scores nearer to 0 or 1 than this are taken for it: their logarithm would run away

# What tells right from wrong: of thirty signs tried beside the score, cross-validated by article on the held-out ones,
# one stood out (log-loss 0.504 to 0.476); kind, status and whether the year lies ahead gained 0.002 each, less than
# fifty articles can tell; lengths, distances, bounds, org, cue and a missing year nothing.
SIGNALS: Mapping[str, Callable[[Fact], float]] = {
    "score": lambda fact: _log_odds(fact.confidence or 0.0),
    # A figure nearly always measures something that the article says: the network is too sure where it found no word.
    "no metric": lambda fact: float(fact.metric is None),
}


@dataclass(frozen=True, slots=True)
class Calibration:
    """A logistic curve over signals of a fact (Platt scaling, where the score is the only one).

    Attributes:
        weights: of the signals, by their names in `SIGNALS`.
        intercept: log-odds of a fact whose signals are all 0.
    """

    weights: Mapping[str, float]
    intercept: float

    def __call__(self, fact: Fact) -> float:
        """The probability that value, metric, year and status of a fact are all right, in [0.01, 0.99]."""
        odds = self.intercept + sum(weight * SIGNALS[name](fact) for name, weight in self.weights.items())
        probability = 1 / (1 + math.exp(-max(-30.0, min(30.0, odds))))
        return max(_LEAST, min(_MOST, probability))

    def to_json(self) -> str:
        """As JSON."""
        return json.dumps({"weights": dict(self.weights), "intercept": self.intercept})


def read_calibration(data: str | bytes) -> Calibration | None:
    """Read what `to_json` wrote; None stands for a model that is not calibrated.

    Raises:
        ModelError: C303 it is no calibration, or knows of a signal that this version does not.
    """
    try:
        stored: Any = json.loads(data)
        if stored is None:
            return None
        weights = {str(name): float(weight) for name, weight in stored["weights"].items()}
        unknown = set(weights) - set(SIGNALS)
        if unknown:
            raise ValueError(f"unknown signals {sorted(unknown)}")  # noqa: TRY301 - told like the other faults
        return Calibration(weights, float(stored["intercept"]))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ModelError(
            "C303", f"the calibration of confidence can't be read: {error}", remedy="train it anew with `chitieu train`"
        ) from None


def fit_calibration(facts: Sequence[Fact], right: Sequence[bool]) -> Calibration | None:
    """Fit by logistic regression (scikit-learn) on facts of articles that the model was not trained on.

    Args:
        facts: with the model's own scores as confidence, in [0, 1].
        right: whether each fact's value, metric, year and status are all right.

    Returns:
        None where all are right or all are wrong, since then nothing can be learned.
    """
    if len(set(right)) < 2:
        return None
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    signals = np.array([[signal(fact) for signal in SIGNALS.values()] for fact in facts], dtype=np.float64)
    fitted = LogisticRegression(C=1.0, max_iter=1000).fit(signals, np.asarray(right, dtype=np.int64))
    weights = {name: round(float(weight), 6) for name, weight in zip(SIGNALS, fitted.coef_[0], strict=True)}
    return Calibration(weights, round(float(fitted.intercept_[0]), 6))


def _log_odds(score: float) -> float:
    held = max(_EDGE, min(1 - _EDGE, score))
    return math.log(held / (1 - held))
