"""Underthesea's conditional random field, decoded a whole text at a time.

underthesea_core spells out some forty features of every piece as strings and looks each of them up; nearly all that
tokenising cost was spent on that. Here the same weights are laid out once as tables, by piece, by two neighbours and by
three, so that the score of every piece of a text is a handful of numpy look-ups. Which pieces count as numerals,
titles or dictionary words is still asked of underthesea_core, once for each piece, so that the two can't drift apart.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_HEADER = struct.Struct("<4sI4sIIIIIIIII")
_FEATURE = np.dtype([("type", "<u4"), ("source", "<u4"), ("target", "<u4"), ("weight", "<f8")])
_STATE, _TRANSITION = 0, 1
INSIDE = "I-W"
_LABELS = ("B-W", INSIDE)
_TEMPLATE = re.compile(r"T\[(-?\d)(?:,(-?\d))?\](?:\.(lower|isdigit|istitle|is_in_dict))?")
_MOST_PIECES = 65_536  # kept from text to text; then the table starts anew
_KINDS = ("", "lower", "isdigit", "istitle", "is_in_dict")
_NO_KEY = np.iinfo(np.int64).max
_MOST_NUMBERS = 1 << 20  # three of them make a key
_EDGE = 0


class UnknownFormatError(ValueError):
    """The model is not laid out as expected; whoever asks then does without these tables."""


def read_weights(data: bytes) -> tuple[dict[str, float], Floats]:
    """The weights of a CRFsuite model of the two labels B-W and I-W.

    Returns:
        for each attribute how much more it speaks for I-W than for B-W; and the weight of each step from label to
        label, shape (2, 2), B-W first.

    Raises:
        UnknownFormatError: it is another kind of model, or cut short.
    """
    try:
        magic, _, kind, version, *_, at_features, at_labels, at_attributes, _, _ = _HEADER.unpack_from(data)
        if (magic, kind, version) != (b"lCRF", b"FOMC", 100):
            raise UnknownFormatError("no CRFsuite model of version 100")
        (count,) = struct.unpack_from("<I", data, at_features + 8)
        features = np.frombuffer(data, dtype=_FEATURE, count=count, offset=at_features + 12)
        labels = dict(_strings(data, at_labels))
        attributes = dict(_strings(data, at_attributes))
        if set(labels.values()) != set(_LABELS):
            raise UnknownFormatError(f"labels {sorted(labels.values())}")
        sign = np.array([1.0 if labels[number] == INSIDE else -1.0 for number in range(2)])
        place = [_LABELS.index(labels[number]) for number in range(2)]
        steps = np.zeros((2, 2))
        for step in features[features["type"] == _TRANSITION].tolist():
            steps[place[step[1]], place[step[2]]] = step[3]
        states = features[features["type"] == _STATE]
        totals = np.zeros(max(attributes, default=-1) + 1)
        np.add.at(totals, states["source"], states["weight"] * sign[states["target"]])
        return {name: float(totals[number]) for number, name in attributes.items()}, steps
    except (struct.error, ValueError, IndexError, KeyError) as error:
        raise UnknownFormatError(str(error)) from error


def _strings(data: bytes, start: int) -> Iterable[tuple[int, str]]:
    """Number and text of each entry of a constant database (CQDB)."""
    magic, _, _, _, size, backward = struct.unpack_from("<4sIIIII", data, start)
    if magic != b"CQDB":
        raise UnknownFormatError("no database of strings")
    for offset in np.frombuffer(data, dtype="<u4", count=size, offset=start + backward).tolist():
        if offset:
            number, length = struct.unpack_from("<II", data, start + offset)
            first = start + offset + 8
            yield number, data[first : first + length - 1].decode()


class _Table:
    """Rows of weights by whole-number keys; every other key has one row of its own.

    Args:
        keys: one for each row.
        rows: of weights, shape (keys + 1, width), that of all other keys last.
    """

    def __init__(self, keys: list[int], rows: Floats) -> None:
        sortable = np.array([*keys, _NO_KEY], dtype=np.int64)
        order = np.argsort(sortable)
        self.keys, self.rows = sortable[order], rows[order]

    def __call__(self, keys: Ints) -> Floats:
        at = np.searchsorted(self.keys, keys)
        return self.rows[np.where(self.keys[at] == keys, at, len(self.keys) - 1)]


class _Weights:
    """The weights of attributes by template: the first and the last place of a run of pieces, and what of it is asked.

    Raises:
        UnknownFormatError: a template that no table is made for, or none for the pieces themselves.
    """

    def __init__(self, weights: dict[str, float], templates: Sequence[str]) -> None:
        self.by_name = weights
        self.names: dict[tuple[int, int, str], str] = {}
        for template in templates:
            part = _TEMPLATE.fullmatch(template)
            first, last = (int(part[1]), int(part[2] or part[1])) if part else (0, 9)
            kind = part[3] or "" if part else ""
            if not -2 <= first <= last <= min(2, first + 2) or (kind == "isdigit" and first < last):
                raise UnknownFormatError(f"the feature {template}")
            self.names[first, last, kind] = template
        # the place of each of them among the features of a piece
        try:
            self.own = {kind: templates.index(self.names[0, 0, kind]) for kind in _KINDS}
        except KeyError as error:
            raise UnknownFormatError(f"no feature {error}") from None

    def row(self, length: int, kind: str, value: str) -> Floats:
        """What a run of pieces of which something is true says to the pieces around it.

        Column 0 speaks to the piece two places behind the first of the run, column 2 to the first itself, and so on.
        """
        names = (self.names.get((start, start + length - 1, kind)) for start in range(-2, 4 - length))
        return np.array([self.by_name.get(f"{name}={value}", 0.0) if name else 0.0 for name in names])

    def edges(self, length: int) -> tuple[Floats, Floats]:
        """What runs over the edge of a line say: those that begin before it, and those that end behind it."""
        behind, before = (sum(self.row(length, kind, edge) for kind in _KINDS) for edge in ("BOS", "EOS"))
        return np.where(np.arange(-2, 4 - length) < 0, behind, before), np.array(before)

    def runs(self, length: int, kind: str) -> dict[str, list[tuple[int, float]]]:
        """The runs of pieces that are weighed, each as one string, with the columns that their weights stand in."""
        columns = {
            name: first + 2
            for (first, last, of), name in self.names.items()
            if (last - first + 1, of) == (length, kind)
        }
        found: dict[str, list[tuple[int, float]]] = {}
        for attribute, weight in self.by_name.items():
            name, _, run = attribute.partition("=")
            if name in columns and run.count(" ") == length - 1:
                found.setdefault(run, []).append((columns[name], weight))
        return found


class _Pieces(NamedTuple):
    """The pieces of several lines, two empty places before, between and behind the lines."""

    edge: npt.NDArray[np.bool_]
    alone: Floats  # what each says by itself to the pieces around it, shape (places, 5)
    written: Ints  # its number in the tables as it is written
    small: Ints  # and in small letters
    title: Ints  # 1 where it begins with a capital and goes on small, as far as underthesea_core sees


class _Runs:
    """What runs of two or three neighbouring pieces say."""

    def __init__(self, length: int, weights: _Weights, dictionary: set[str], numbers: dict[str, int]) -> None:
        self.length = length
        self.numbers = numbers
        held = {word for word in dictionary if word.count(" ") == length - 1}
        missing, in_dictionary = (weights.row(length, "is_in_dict", answer) for answer in ("False", "True"))
        self.written = self._table(weights.runs(length, ""), set(), 0 * missing, 0 * missing)
        self.small = self._table(weights.runs(length, "lower"), held, in_dictionary, missing)
        self.titles = np.stack([weights.row(length, "istitle", answer) for answer in ("False", "True")])
        self.begins_before, self.ends_behind = weights.edges(length)

    def _table(
        self, weighed: dict[str, list[tuple[int, float]]], held: set[str], in_dictionary: Floats, missing: Floats
    ) -> _Table:
        runs = list(weighed.keys() | held)
        rows = np.tile(missing, (len(runs) + 1, 1))
        keys = []
        numbers = self.numbers
        for at, run in enumerate(runs):
            key = 0
            for piece in run.split(" "):
                key = key * _MOST_NUMBERS + numbers.setdefault(piece, len(numbers) + 1)
            keys.append(key)
            if run in held:
                rows[at] = in_dictionary
            for column, weight in weighed.get(run, ()):
                rows[at, column] += weight
        if len(numbers) >= _MOST_NUMBERS:
            raise UnknownFormatError("more pieces than the tables are made for")
        return _Table(keys, rows)

    def add(self, scores: Floats, pieces: _Pieces) -> None:
        """Add what the runs say to the score of each place but the two at either end."""
        count = len(pieces.edge) - self.length + 1
        windows = [slice(at, at + count) for at in range(self.length)]
        written, small = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64)
        titles, over = np.ones(count, dtype=np.int64), np.zeros(count, dtype=bool)
        for window in windows:
            written = written * _MOST_NUMBERS + pieces.written[window]
            small = small * _MOST_NUMBERS + pieces.small[window]
            titles &= pieces.title[window]
            over |= pieces.edge[window]
        said = self.written(written) + self.small(small) + self.titles[titles]
        said[over] = self.ends_behind
        said[pieces.edge[:count]] = self.begins_before
        for column, start in enumerate(range(-2, 4 - self.length)):
            scores += said[2 + start : 2 + start + len(scores), column]


class WordTagger:
    """Tells which pieces of a line continue the word before them, as underthesea's tagger does.

    Args:
        data: the tagger's model file.
        templates: its features.
        dictionary: the words that its features ask for.
        describe: the features of the pieces of a line, as underthesea_core spells them out.

    Raises:
        UnknownFormatError: it can't be laid out as tables.
    """

    def __init__(
        self,
        data: bytes,
        templates: Sequence[str],
        dictionary: set[str],
        describe: Callable[[list[str]], list[list[str]]],
    ) -> None:
        attributes, self._steps = read_weights(data)
        self._weights = _Weights(attributes, templates)
        self._describe = describe
        self._numbers: dict[str, int] = {}
        self._runs = [_Runs(length, self._weights, dictionary, self._numbers) for length in (2, 3)]
        self._forget()

    def __call__(self, lines: Sequence[Sequence[str]]) -> list[list[bool]]:
        """Whether each piece of each line continues a word; the first never does."""
        if len(self._rows) > _MOST_PIECES:
            self._forget()
        rows = [_EDGE, _EDGE]
        for line in lines:
            rows.extend([self._rows.get(piece) or self._learn(piece) for piece in line])
            rows += (_EDGE, _EDGE)
        at = np.array(rows)
        pieces = _Pieces(at == _EDGE, self._alone[at], *self._own[:, at])
        scores = np.zeros(max(len(rows) - 4, 0))
        for column, away in enumerate(range(-2, 3)):
            scores += pieces.alone[2 + away : 2 + away + len(scores), column]
        for runs in self._runs:
            runs.add(scores, pieces)
        inside: list[list[bool]] = []
        first = 0
        for line in lines:
            inside.append(self._decode(scores[first : first + len(line)].tolist()))
            first += len(line) + 2
        return inside

    def _decode(self, scores: list[float]) -> list[bool]:
        """The likelier label of each piece of a line, given those of the others (Viterbi).

        With two labels the whole state is by how much the likeliest way to I-W leads over that to B-W.
        """
        ((stays_out, enters), (leaves, stays_in)) = self._steps.tolist()
        lead = scores[0] if scores else 0.0
        back: list[tuple[bool, bool]] = []
        for score in scores[1:]:
            from_inside = (lead + leaves > stays_out, lead + stays_in > enters)
            lead = (
                score
                + (lead + stays_in if from_inside[1] else enters)
                - (lead + leaves if from_inside[0] else stays_out)
            )
            back.append(from_inside)
        label = lead > 0
        labels = [label]
        for from_inside in reversed(back):
            label = from_inside[label]
            labels.append(label)
        labels.reverse()
        return labels[: len(scores)]

    def _forget(self) -> None:
        """Empty the table of pieces; its row 0 is the edge of a line."""
        self._rows: dict[str, int] = {}
        self._alone = np.zeros((1024, 5))
        self._own = np.zeros((3, 1024), dtype=np.int64)
        self._alone[_EDGE] = self._weights.edges(1)[0]

    def _learn(self, piece: str) -> int:
        """Note a piece that the table lacks, and return its row."""
        row = self._rows[piece] = len(self._rows) + 1
        if row == len(self._alone):
            self._alone = np.concatenate([self._alone, np.zeros_like(self._alone)])
            self._own = np.concatenate([self._own, np.zeros_like(self._own)], axis=1)
        (told,) = self._describe([piece])
        values = {kind: told[at].partition("=")[2] for kind, at in self._weights.own.items()}
        self._alone[row] = sum(self._weights.row(1, kind, value) for kind, value in values.items())
        numbers = (self._numbers.get(piece, 0), self._numbers.get(values["lower"], 0))
        self._own[:, row] = (*numbers, values["istitle"] == "True")
        return row
