"""Figures that compute: which values of an article are the quotient, growth, difference or sum of others near them.

A report that gives 18, 24 and 133,3% has said, without a cue, that 24 was reached of 18. Nothing here decides anything:
by chance, too, some figures fit, so the network is told what fits and how exactly, and learns what it is worth.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from itertools import permutations

import numpy as np
import numpy.typing as npt

from chitieu.relation.mentions import Mention, unit_meant

Floats = npt.NDArray[np.float32]

# How many values before and behind one, and within how many words, may have to do with it.
_REACH = 6
_WORDS = 80
_PARTS = 6  # of a whole, at most
# Reporters round the figures of which they give the quotient.
_ROUNDING = 0.002
_EXACT = 1e-6
_SCALES = (1.0, 1e3, 1e6, 1e9, 1e12)
# How a value stands to the nearest of its unit: less than half of it, …, about as much, …, more than twice.
_STEPS = (0.5, 0.8, 0.98, 1.02, 1.25, 2.0)
_STEP_WIDTH = len(_STEPS) + 2

# Columns. Each of the first six has another beside it for a percentage without decimals, which fits by chance more
# often.
_QUOTIENT, _NUMERATOR, _DENOMINATOR, _GROWTH, _GROWN, _BASE = range(0, 12, 2)
_MINUEND, _SUBTRAHEND, _DIFFERENCE, _WHOLE, _PART = range(12, 17)
_STEP_BEFORE = 17
_STEP_BEHIND = _STEP_BEFORE + _STEP_WIDTH
ARITHMETIC_WIDTH = _STEP_BEHIND + _STEP_WIDTH


def read_arithmetic(values: Sequence[Mention]) -> Floats:
    """What each value is to those near it, shape (values, ARITHMETIC_WIDTH)."""
    return _Figures(values).compute()


class _Figures:
    """The numbers of an article's values, and what was found of each."""

    def __init__(self, values: Sequence[Mention]) -> None:
        self.values = values
        self.numbers = [float(value.quantity.value) if value.quantity else 0.0 for value in values]
        self.units = [unit_meant(value.quantity) for value in values]
        self.found = np.zeros((len(values), ARITHMETIC_WIDTH), dtype=np.float32)

    def compute(self) -> Floats:
        for at, unit in enumerate(self.units):
            near = self._near(at)
            levels = [other for other in near if self.units[other] != "%"]
            if unit == "%":
                self._percentage(at, levels)
            elif self.numbers[at] > 0:
                alike = [other for other in near if self.units[other] == unit]
                self._difference(at, alike)
                self._sum(at, [other for other in alike if other > at])
                self._steps(at, levels)
        return self.found

    def _near(self, at: int) -> list[int]:
        first = self.values[at].first
        around = range(max(0, at - _REACH), min(len(self.values), at + _REACH + 1))
        return [
            other
            for other in around
            if other != at and self.numbers[other] > 0 and abs(self.values[other].first - first) <= _WORDS
        ]

    def _quotient(self, left: int, right: int) -> float | None:
        """Of two values of one unit; one without a unit (`3.711/18.195 tỷ đồng`) may leave its scale to the other."""
        quotient = self.numbers[left] / self.numbers[right]
        units = self.units[left], self.units[right]
        if units[0] == units[1]:
            return quotient
        if None not in units:
            return None
        return min((quotient * (scale if units[0] is None else 1 / scale) for scale in _SCALES), key=_distance)

    def _percentage(self, at: int, levels: Sequence[int]) -> None:
        """Mark pairs of values whose quotient, or growth, a percentage is."""
        told, quantity = self.numbers[at], self.values[at].quantity
        exponent = quantity.value.as_tuple().exponent if quantity else 0
        decimals = -exponent if isinstance(exponent, int) and exponent < 0 else 0
        slack = 0.5 * 10.0**-decimals + 1e-9
        divided, grown = slack + _ROUNDING * told, slack + _ROUNDING * min(told, 100.0)
        for left, right in permutations(levels, 2):
            quotient = self._quotient(left, right)
            if quotient is None:
                continue
            if abs(100 * quotient - told) <= divided:
                marks = ((at, _QUOTIENT), (left, _NUMERATOR), (right, _DENOMINATOR))
            elif abs(abs(100 * quotient - 100) - told) <= grown:
                marks = ((at, _GROWTH), (left, _GROWN), (right, _BASE))
            else:
                continue
            for row, column in marks:
                self.found[row, column + (decimals == 0)] = 1

    def _difference(self, at: int, alike: Sequence[int]) -> None:
        """Mark a value that is the difference of two others of its unit."""
        number = self.numbers[at]
        for left, right in permutations(alike, 2):
            whole, less = self.numbers[left], self.numbers[right]
            # 24 is no difference for being the half of 48
            if abs(whole - less - number) <= _EXACT * whole and less != number:
                self.found[(at, left, right), (_DIFFERENCE, _MINUEND, _SUBTRAHEND)] = 1

    def _sum(self, at: int, behind: Sequence[int]) -> None:
        """Mark a value that the next ones of its unit add up to."""
        for count in range(2, min(_PARTS, len(behind)) + 1):
            parts = behind[:count]
            if abs(sum(self.numbers[part] for part in parts) - self.numbers[at]) <= _EXACT * self.numbers[at]:
                self.found[at, _WHOLE] = 1
                self.found[list(parts), _PART] = 1

    def _steps(self, at: int, levels: Sequence[int]) -> None:
        """Mark how a value stands to the nearest before and behind it; class 0 where that is of another kind."""
        before, behind = [other for other in levels if other < at], [other for other in levels if other > at]
        for column, others in ((_STEP_BEFORE, before[-1:]), (_STEP_BEHIND, behind[:1])):
            quotient = self._quotient(at, others[0]) if others else None
            self.found[at, column + (0 if quotient is None else 1 + bisect_right(_STEPS, quotient))] = 1


def _distance(quotient: float) -> float:
    """How far two numbers are from being one."""
    return abs(math.log(quotient))
