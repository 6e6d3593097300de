"""What the relation model is told of a value, of a candidate, and of the two together.

Every feature is one of a few classes, written as ones and zeros; the widths are fixed, so that a model knows which
features it was trained with. Nothing here decides anything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from spacy.tokens import Doc

from chitieu.period import Period
from chitieu.quantity import Quantity
from chitieu.relation.arithmetic import ARITHMETIC_WIDTH, read_arithmetic
from chitieu.relation.layout import BETWEEN, Layout
from chitieu.relation.mentions import Mention, Mentions
from chitieu.relation.words import proper, titles
from chitieu.relation.words import words as word_list

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]

_DISTANCES = np.array([1, 2, 3, 4, 6, 9, 13, 21, 41, 81, 161])
_SENTENCES = np.array([1, 2, 3, 6, 11])
_COUNTS = np.array([1, 2, 3, 4, 6])
_NEAR_GAPS = np.array([1, 2, 4, 8, 20])
_SENTENCES_AGO = np.array([1, 2, 4, 9])
_FAR = 64  # words; beyond this the words between two places say nothing of the two

# Class 0 is any other word, 1 the edge of a line.
_NEIGHBOURS = {word: index for index, word in enumerate(word_list("neighbours"), start=2)}
_NEIGHBOUR_WIDTH = len(_NEIGHBOURS) + 2
_TELLING = {word: index for index, word in enumerate(word_list("telling"))}
_GOVERNING_KINDS = word_list("governing")
_GOVERNING = {word: kind for kind, kinds in enumerate(_GOVERNING_KINDS) for word in kinds}
_GENERIC_ORGS = {name: rank for rank, names in enumerate(word_list("generic_orgs"), start=1) for name in names}


def one_hot(classes: Ints, width: int) -> Floats:
    """Ones and zeros of shape (rows, width); a class beyond the width counts as the last."""
    return _identity(width)[np.minimum(classes, width - 1)]


@lru_cache(maxsize=64)
def _identity(width: int) -> Floats:
    return np.eye(width, dtype=np.float32)


def _flags(*columns: npt.NDArray[np.bool_] | Ints) -> Floats:
    return np.stack(columns, axis=1).astype(np.float32)


def _integers(numbers: Sequence[int]) -> Ints:
    return np.array(numbers, dtype=np.int64)


class Place:
    """Where the mentions of one list stand, as arrays of shape (mentions,)."""

    def __init__(self, first: Ints, last: Ints, layout: Layout) -> None:
        self.first, self.last = first, last
        self.line = layout.line[first]
        self.sentence = layout.sentence[first]
        self.clause = layout.clause[first]
        self.depth = layout.depth[first]

    @classmethod
    def of(cls, mentions: Sequence[Mention], layout: Layout) -> Place:
        """The places of mentions."""
        return cls(_integers([item.first for item in mentions]), _integers([item.last for item in mentions]), layout)


class Features:
    """The features of one doc: of its words, of each mention, and of each pair of a value and a candidate.

    Args:
        doc: tokenised.
        mentions: what was found in it.
        layout: its lines, sentences and clauses.
        present: the year in which the article speaks.
    """

    def __init__(self, doc: Doc, mentions: Mentions, layout: Layout, present: int | None) -> None:
        self.words = mentions.words
        self.mentions = mentions
        self.titles = titles(doc)
        self.proper = proper(mentions.words, mentions.capitals)
        self.layout = layout
        self.present = present
        self.values = Place.of(mentions.values, layout)
        neighbours = [1 if "\n" in word else _NEIGHBOURS.get(word, 0) for word in self.words]
        self.neighbours = _integers([1, 1, *neighbours, 1, 1])
        self.telling = _integers([_TELLING.get(word, -1) for word in self.words])
        self.governing = _integers([_GOVERNING.get(word, -1) for word in self.words])

    def of_words(self) -> Floats:
        """Features of each word alone, shape (tokens, WORD_WIDTH)."""
        tokens = np.arange(len(self.words))
        place = Place(tokens, tokens + 1, self.layout)
        numeric = np.array([word[0].isdigit() or word == "yyyy" for word in self.words], dtype=bool)
        return np.concatenate([self._standing(place), _flags(self.titles, numeric, *self._inside())], axis=1)

    def _inside(self) -> Iterator[npt.NDArray[np.bool_]]:
        """Whether each word is part of a body that was marked, of one found beside those, of a time expression.

        The name of a body between a list's metric and its figure is not the metric's.
        """
        orgs = self.mentions.orgs
        for mentions in (
            [mention for mention in orgs if mention.marked],
            [mention for mention in orgs if not mention.marked],
            self.mentions.years,
        ):
            inside = np.zeros(len(self.words), dtype=bool)
            for mention in mentions:
                inside[mention.first : mention.last] = True
            yield inside

    def of_mentions(self, mentions: Sequence[Mention], kind: str) -> Floats:
        """Features of each mention alone, shape (mentions, MENTION_WIDTHS[kind])."""
        if not mentions:
            return np.zeros((0, MENTION_WIDTHS[kind]), dtype=np.float32)
        place = Place.of(mentions, self.layout)
        own = {"values": self._value, "orgs": self._org, "years": self._year}[kind]
        return np.concatenate([self._standing(place), self._beside(place), own(mentions, place)], axis=1)

    def _standing(self, place: Place) -> Floats:
        """Where a mention stands in its line, list and sentence, shape (mentions, _STANDING_WIDTH)."""
        layout, values = self.layout, self.values
        start = np.searchsorted(values.sentence, place.sentence)
        end = np.searchsorted(values.sentence, place.sentence, side="right")
        before = np.clip(np.searchsorted(values.first, place.first), start, end) - start
        return np.concatenate(
            [
                _flags(
                    place.depth > 0,
                    layout.bullet[place.line] > 0,
                    place.first == layout.line_start[place.line],
                    place.line <= 1,
                    layout.heading[place.line] != place.line,
                ),
                one_hot(np.searchsorted(_COUNTS, end - start, side="right"), 6),
                one_hot(np.searchsorted(_COUNTS, before, side="right"), 6),
            ],
            axis=1,
        )

    def _beside(self, place: Place) -> Floats:
        """The two words before and the two behind, and the length, shape (mentions, _BESIDE_WIDTH)."""
        beside = [self.neighbours[at + 2] for at in (place.first - 1, place.first - 2, place.last, place.last + 1)]
        return np.concatenate(
            [
                *(one_hot(classes, _NEIGHBOUR_WIDTH) for classes in beside),
                one_hot(np.searchsorted(_COUNTS, place.last - place.first, side="right"), 6),
            ],
            axis=1,
        )

    def of_pairs(self, left: Ints, right: Ints, place: Place) -> Floats:
        """Features of pairs of a value (`left`) and a candidate (`right`, at `place`), shape (pairs, PAIR_WIDTH)."""
        if not len(left):
            return np.zeros((0, PAIR_WIDTH), dtype=np.float32)
        layout, values = self.layout, self.values
        before = place.first[right] < values.first[left]
        low = np.where(before, place.last[right], values.last[left])
        high = np.maximum(np.where(before, values.first[left], place.first[right]), low)
        side = before.astype(np.int64)
        values_between = np.searchsorted(values.first, high) - np.searchsorted(values.first, low)
        same_between = np.searchsorted(place.first, high) - np.searchsorted(place.first, low)
        near = high - low <= _FAR
        between = (layout.between[:, high] - layout.between[:, low]).T * near[:, None]
        sentences = np.abs(values.sentence[left] - place.sentence[right])
        counted = (
            (np.searchsorted(_DISTANCES, high - low, side="right") + 12 * side, 24),
            (np.searchsorted(_SENTENCES, sentences, side="right") + 6 * side, 12),
            (np.searchsorted(_COUNTS, values_between, side="right") + 6 * side, 12),
            (np.searchsorted(_COUNTS, same_between, side="right") + 6 * side, 12),
            (np.searchsorted(_COUNTS, between[:, 0], side="right"), 6),
        )
        # Written in place: these rows are most of what the network reads; copying them costs more than finding them.
        out = np.zeros((len(left), PAIR_WIDTH), dtype=np.float32)
        out[:, :_TOGETHER_WIDTH] = self._together(left, right, place, near)
        rows, start = np.arange(len(left)), _TOGETHER_WIDTH
        for classes, width in counted:
            out[rows, start + np.minimum(classes, width - 1)] = 1
            start += width
        out[:, start : start + len(BETWEEN)] = between > 0
        out[rows, start + len(BETWEEN) + self._other_side(place)[side, right] + 6 * side] = 1
        return out

    def _together(self, left: Ints, right: Ints, place: Place, near: npt.NDArray[np.bool_]) -> Floats:
        """What value and candidate share of the layout, shape (pairs, _TOGETHER_WIDTH)."""
        layout, values = self.layout, self.values
        line, other = values.line[left], place.line[right]
        heading = layout.heading[line]
        return _flags(
            values.clause[left] == place.clause[right],
            line == other,
            line - other == 1,
            line - other > 1,
            line < other,
            (heading == other) & (line != other),
            layout.heading[heading] == other,
            heading == layout.heading[other],
            values.depth[left] == place.depth[right],
            (layout.bullet[line] > 0) & (layout.bullet[other] > 0),
            near,
        )

    def _other_side(self, place: Place) -> Ints:
        """How near a value stands behind (row 0) and before (row 1) each candidate, in classes 0 to 5.

        Of a candidate before the pair's value, row 1 tells whether another value may have the better claim.
        """
        first, last = self.values.first, self.values.last
        at = np.searchsorted(first, place.first)
        before = np.where(at > 0, place.first - last[np.maximum(at - 1, 0)], 999)
        at = np.searchsorted(first, place.last)
        behind = np.where(at < len(first), first[np.minimum(at, len(first) - 1)] - place.last, 999)
        gaps = np.maximum(np.stack([behind, before]), 0)
        classes: Ints = np.searchsorted(_NEAR_GAPS, gaps, side="right")
        return classes

    def _value(self, mentions: Sequence[Mention], place: Place) -> Floats:
        classes = _integers([unit_class(mention.quantity) for mention in mentions])
        numbers = [mention.quantity.value if mention.quantity else Decimal(0) for mention in mentions]
        magnitudes = _integers([min(max(number.adjusted(), -1), 12) + 1 if number else 0 for number in numbers])
        yearlike = np.array([1990 <= number <= 2050 for number in numbers])
        ranges = np.array([mention.quantity is not None and mention.quantity.is_range for mention in mentions])
        return np.concatenate(
            [
                one_hot(classes, 8),
                one_hot(np.concatenate([[8], classes[:-1]]), 9),
                one_hot(magnitudes, 14),
                _flags(yearlike, ranges),
                self._telling_words(place),
                self._governing(place),
                read_arithmetic(mentions),
            ],
            axis=1,
        )

    def _telling_words(self, place: Place) -> Floats:
        """Which telling words stand in the sentence before and behind the value, and in the heading above it."""
        layout, size = self.layout, len(_TELLING)
        out = np.zeros(
            (len(place.first), 3, size + 1), dtype=np.float32
        )  # the last column takes the words that tell nothing
        starts = np.append(layout.line_start, len(self.words))
        for row, (first, last, line) in enumerate(zip(place.first, place.last, place.line, strict=True)):
            low, high = np.searchsorted(layout.sentence, (layout.sentence[first], layout.sentence[first] + 1))
            out[row, 0, self.telling[max(low, first - 24) : first]] = 1
            out[row, 1, self.telling[last : min(high, last + 12)]] = 1
            heading = layout.heading[line]
            if heading != line:
                out[row, 2, self.telling[max(starts[heading], starts[heading + 1] - 40) : starts[heading + 1]]] = 1
        return out[:, :, :size].reshape(len(place.first), -1)

    def _governing(self, place: Place) -> Floats:
        """How many sentences ago each kind of word for plans or results stood last, and which did so last.

        `Mục tiêu đến năm 2025` over a section rules its paragraphs until another year of results begins.
        Shape (mentions, _GOVERNING_WIDTH).
        """
        sentence = self.layout.sentence
        latest = np.full((len(place.first), len(_GOVERNING_KINDS)), -1, dtype=np.int64)
        for kind in range(len(_GOVERNING_KINDS)):
            stands = np.flatnonzero(self.governing == kind)
            before = np.searchsorted(stands, place.first) - 1
            latest[:, kind] = np.where(before >= 0, stands[np.maximum(before, 0)], -1) if len(stands) else -1
        ago = place.sentence[:, None] - sentence[np.maximum(latest, 0)]
        classes = np.where(latest >= 0, np.searchsorted(_SENTENCES_AGO, ago, side="right"), len(_SENTENCES_AGO) + 1)
        last = np.where(latest.max(axis=1) >= 0, latest.argmax(axis=1) + 1, 0)
        return np.concatenate(
            [
                *(one_hot(column, len(_SENTENCES_AGO) + 2) for column in classes.T),
                one_hot(last, len(_GOVERNING_KINDS) + 1),
            ],
            axis=1,
        )

    def _org(self, mentions: Sequence[Mention], place: Place) -> Floats:
        names = [mention.text.lower() for mention in mentions]
        counts = Counter(names)
        order = {name: rank for rank, (name, _) in enumerate(counts.most_common())}
        return np.concatenate(
            [
                one_hot(_integers([_GENERIC_ORGS.get(name, 0) for name in names]), 5),
                one_hot(np.searchsorted(_COUNTS, [counts[name] for name in names], side="right"), 6),
                one_hot(_integers([order[name] for name in names]), 5),
                one_hot(np.arange(len(names)), 5),
                _flags(
                    np.array([names.index(name) == index for index, name in enumerate(names)]),
                    np.array([mention.text[:1].isupper() for mention in mentions]),
                ),
                self._names(place),
            ],
            axis=1,
        )

    def _names(self, place: Place) -> Floats:
        """What the article makes of the proper name in each mention, shape (mentions, _NAME_WIDTH).

        `Thanh Trì` and `huyện Thanh Trì` are one, and so are `UOB` and `Ngân hàng UOB`: whoever an article is about
        comes under several forms of the name, first and most often.
        """
        names = [
            frozenset(self.words[at] for at in range(first, last) if self.proper[at])
            for first, last in zip(place.first, place.last, strict=True)
        ]
        holders: dict[str, list[int]] = {}
        for index, name in enumerate(names):
            for word in name:
                holders.setdefault(word, []).append(index)
        kin = [sorted({other for word in name for other in holders[word]}) for name in names]
        sizes = _integers([len(others) for others in kin])
        _, ranks = np.unique(-sizes, return_inverse=True)
        first_line = _integers([place.line[others[0]] if others else 99 for others in kin])
        sentence_start = np.searchsorted(self.layout.sentence, place.sentence)
        return np.concatenate(
            [
                one_hot(np.searchsorted(_COUNTS, sizes, side="right"), 6),
                one_hot(ranks, 4),
                _flags(
                    sizes == 0,
                    first_line <= 1,
                    _integers([bool(others) and others[0] == index for index, others in enumerate(kin)]),
                    place.first == sentence_start,
                    place.first <= sentence_start + 6,
                ),
            ],
            axis=1,
        )

    def _year(self, mentions: Sequence[Mention], place: Place) -> Floats:  # noqa: ARG002 - one signature for all kinds
        texts = [mention.text.lower() for mention in mentions]
        return np.concatenate(
            [
                one_hot(_integers([_granularity(mention.period) for mention in mentions]), 7),
                one_hot(_integers([_offset(mention.period, self.present) for mention in mentions]), 9),
                _flags(
                    np.array([any(character.isdigit() for character in text) for text in texts]),
                    *(
                        np.array([any(word in text for word in words) for text in texts])
                        for words in (
                            ("cùng kỳ", "cùng kì"),
                            ("hiện", "nay"),
                            ("trong",),
                            ("trước", "ngoái"),
                            ("đến", "tới"),
                            ("giai đoạn", "nhiệm kỳ"),
                        )
                    ),
                ),
            ],
            axis=1,
        )


def unit_class(quantity: Quantity | None) -> int:
    """0 none, 1 per cent, 2 money, 3 times, 4 people, 5 weight, area, volume, 6 another measure, 7 a counted noun."""
    unit = quantity.canonical_unit if quantity else None
    if quantity is None or not unit:
        return 0
    for index, starts in enumerate(
        (("%", "điểm"), ("đồng", "USD", "EUR"), ("lần",), ("người", "lao động", "lượt")), start=1
    ):
        if unit.startswith(starts):
            return index
    if quantity.is_measure:
        return 5 if unit.startswith(("tấn", "ha", "kg", "m", "tạ", "km", "lít")) else 6
    return 7


def _granularity(period: Period | None) -> int:
    """0 unknown, 1 year, 2 half, 3 quarter, 4 month, 5 cumulated months, 6 several years."""
    text = str(period) if period else ""
    if not text:
        return 0
    if "/" in text:
        return 6
    tail = text[5:]
    return 1 if not tail else 2 if tail[0] == "H" else 3 if tail[0] == "Q" else 5 if tail.endswith("M") else 4


def _offset(period: Period | None, present: int | None) -> int:
    """How far a period's year lies from the year in which the article speaks: 0 unknown, 1 to 8 for ≤-4 … ≥+3."""
    if period is None or present is None:
        return 0
    return int(np.clip(period.year - present, -4, 3)) + 5


_TOGETHER_WIDTH = 11
PAIR_WIDTH = _TOGETHER_WIDTH + 24 + 12 * 3 + 6 + len(BETWEEN) + 12
_STANDING_WIDTH = 5 + 6 + 6
_NAME_WIDTH = 6 + 4 + 5
_BESIDE_WIDTH = 4 * _NEIGHBOUR_WIDTH + 6
_GOVERNING_WIDTH = len(_GOVERNING_KINDS) * (len(_SENTENCES_AGO) + 2) + len(_GOVERNING_KINDS) + 1
_SAID_WIDTH = 3 * len(_TELLING) + _GOVERNING_WIDTH
WORD_WIDTH = _STANDING_WIDTH + 5
MENTION_WIDTHS = {
    "words": WORD_WIDTH,
    "values": _STANDING_WIDTH + _BESIDE_WIDTH + 8 + 9 + 14 + 2 + _SAID_WIDTH + ARITHMETIC_WIDTH,
    "orgs": _STANDING_WIDTH + _BESIDE_WIDTH + 5 + 6 + 5 + 5 + 2 + _NAME_WIDTH,
    "years": _STANDING_WIDTH + _BESIDE_WIDTH + 7 + 9 + 7,
}
