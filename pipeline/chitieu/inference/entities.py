"""spaCy's greedy entity recogniser, all tokens of a batch at once.

A transition-based tagger walks a text token by token, and spaCy lets a few texts walk side by side. But what it does
where no entity is open depends on that token alone, and inside an entity on that token, the one before it and the
entity's first. So the choice at every token is computed at once as if no entity were open; those that would open one
are followed, all at once, to where they would close it; and the walk is then read off.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from spacy.attrs import ENT_IOB, IS_SPACE, SENT_START  # type: ignore[import-not-found]  # compiled, without types
from spacy.pipeline import EntityRecognizer
from spacy.tokens import Doc, Span
from spacy.util import minibatch
from thinc.api import NumpyOps

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
Entities = list[tuple[int, int, str]]

_OPEN, _INSIDE, _LAST, _ALONE = "BILU"
_OUTSIDE = "O"
_FOLLOWED = 16  # tokens that all possible entities are followed at once; a longer one, only where the walk meets it
_AT_ONCE = 1_024  # tokens, so that what is computed of them stays in the processor's cache
_FAR_AT_ONCE = 128


class _Moves(NamedTuple):
    """The recogniser's moves: what each does, and to which label."""

    kinds: npt.NDArray[np.str_]
    labels: npt.NDArray[np.str_]
    inside: Ints  # for each move that opens an entity, the one that continues it
    last: Ints  # and the one that closes it


class _Weights(NamedTuple):
    """The recogniser's layers as they stand now.

    Attributes:
        parts: for the token itself, the entity's first token and the token before, shape (width, pieces × hidden).
        absent: what the last two say where no entity is open, shape (pieces × hidden,).
        bias: shape (pieces × hidden,).
        scores, scores_bias: from hidden units to moves, shapes (hidden, moves) and (moves,).
        pieces: of a maxout unit.
    """

    parts: tuple[Floats, Floats, Floats]
    absent: tuple[Floats, Floats]
    bias: Floats
    scores: Floats
    scores_bias: Floats
    pieces: int


class EntityTagger(EntityRecognizer):  # type: ignore[misc]  # spaCy ships no types for it
    """An `EntityRecognizer` whose predictions are computed at once; it shares model and moves with the given one."""

    @classmethod
    def of(cls, component: EntityRecognizer) -> EntityTagger | None:
        """The faster form of a recogniser; None where its shape has none."""
        model = component.model
        lower = model.maybe_get_ref("lower")
        greedy = component.cfg.get("beam_width", 1) == 1 and model.attrs.get("has_upper")
        if (
            not greedy
            or lower is None
            or not isinstance(model.ops, NumpyOps)
            or not lower.has_dim("nF")
            or lower.get_dim("nF") != 3
            or lower.get_dim("nP") < 2
        ):
            return None
        settings = {name: value for name, value in component.cfg.items() if name in _SETTINGS}
        tagger = cls(component.vocab, model, component.name, component.moves, scorer=component.scorer, **settings)
        tagger.cfg = component.cfg  # as it is stored: the constructor adds the moves
        return tagger

    def predict(self, docs: Iterable[Doc]) -> Any:
        """The entities of each doc: first token, last token (exclusive) and label."""
        docs = list(docs)
        moves = self._moves()
        if moves is None or self.model.attrs["unseen_classes"] or any(map(_is_marked, docs)):
            return super().predict(docs)
        if not any(map(len, docs)):
            return [[] for _ in docs]
        vectors: Floats = self.model.get_ref("tok2vec").predict(docs)
        return _walk(docs, vectors, _read_weights(self.model), moves)

    def set_annotations(self, docs: Iterable[Doc], found: Any) -> None:
        """Mark the entities on the docs."""
        docs = list(docs)
        if not all(isinstance(entities, list) for entities in found):
            super().set_annotations(docs, found)
            return
        for doc, entities in zip(docs, found, strict=True):
            doc.set_ents([Span(doc, first, last, label=label) for first, last, label in entities])

    def pipe(self, stream: Iterable[Doc], *, batch_size: int = 256) -> Iterator[Doc]:
        """Process a stream of docs, batch by batch."""
        handle_error = self.get_error_handler()
        for batch in minibatch(stream, size=batch_size):  # type: ignore[no-untyped-call]
            docs = list(batch)
            try:
                self.set_annotations(docs, self.predict(docs))
            except Exception as error:
                handle_error(self.name, self, docs, error)
            else:
                yield from docs

    def _moves(self) -> _Moves | None:
        names = [self.moves.get_class_name(number) for number in range(self.moves.n_moves)]
        kinds, labels = zip(*(name.partition("-")[::2] for name in names), strict=True)
        number = {name: at for at, name in enumerate(names)}
        opens = [f"{_OPEN}-{label}" in number for label in labels]
        if _OUTSIDE not in number:
            return None
        inside, last = (
            np.array([number.get(f"{kind}-{label}", -1) if label else -1 for label in labels])
            for kind in (_INSIDE, _LAST)
        )
        if (np.array(opens) & ((inside < 0) | (last < 0))).any():
            return None
        return _Moves(np.array(kinds), np.array(labels), inside, last)


_SETTINGS = (
    "update_with_oracle_cut_size",
    "beam_width",
    "beam_density",
    "beam_update_prob",
    "multitasks",
    "incorrect_spans_key",
)


def _is_marked(doc: Doc) -> bool:
    """Whether a doc came with entities or sentences, which the recogniser would have to respect."""
    entities, sentences = doc.to_array([ENT_IOB, SENT_START]).T
    return bool(entities.any() or (sentences[1:] == 1).any())


def _read_weights(model: Any) -> _Weights:
    lower, upper = model.get_ref("lower"), model.get_ref("upper")
    hidden, pieces = lower.get_dim("nO"), lower.get_dim("nP")

    def by_piece(rows: Any) -> Any:  # (…, hidden, pieces) → (…, pieces × hidden), so that a maxout is one maximum
        return np.ascontiguousarray(np.swapaxes(rows, -1, -2)).reshape(*rows.shape[:-2], hidden * pieces)

    here, first, before = (by_piece(np.moveaxis(part, -1, 0)) for part in lower.get_param("W"))
    _, *absent = by_piece(lower.get_param("pad")[0])
    return _Weights(
        (here, first, before),
        (absent[0], absent[1]),
        by_piece(lower.get_param("b")),
        np.ascontiguousarray(upper.get_param("W").T),
        upper.get_param("b"),
        pieces,
    )


def _scores(weights: _Weights, here: Floats, first: Floats, before: Floats) -> Floats:
    """Scores of all moves, given what the three tokens of a state say; shape (states, moves)."""
    units = here
    units += first
    units += before
    units += weights.bias
    by_piece = units.reshape(len(units), weights.pieces, -1)
    hidden = np.maximum(by_piece[:, 0], by_piece[:, 1])
    for piece in range(2, weights.pieces):
        np.maximum(hidden, by_piece[:, piece], out=hidden)
    scores: Floats = hidden @ weights.scores
    scores += weights.scores_bias
    return scores


def _walk(docs: Sequence[Doc], vectors: Floats, weights: _Weights, moves: _Moves) -> list[Entities]:
    """The entities of each doc, given the vectors of all tokens of all docs, shape (tokens, width)."""
    ends = np.cumsum([len(doc) for doc in docs])
    stop = np.repeat(ends, [len(doc) for doc in docs])  # where the doc of each token ends
    blank = np.concatenate([doc.to_array(IS_SPACE) for doc in docs]).astype(bool)
    choice = _outside(vectors, weights, moves, stop)
    choice[blank] = np.flatnonzero(moves.kinds == _OUTSIDE)[0]
    opens = np.flatnonzero(moves.kinds[choice] == _OPEN)
    closed_at = dict(zip(opens.tolist(), _follow(opens, choice[opens], vectors, weights, moves, stop), strict=True))
    found: list[Entities] = []
    alone = moves.kinds == _ALONE
    telling = iter(np.flatnonzero(alone[choice] | (moves.kinds[choice] == _OPEN)).tolist())
    at = next(telling, None)
    free = start = 0
    for end in ends.tolist():
        entities: Entities = []
        while at is not None and at < end:
            if at >= free:
                free = closed_at.get(at, at + 1) or _follow_far(at, int(choice[at]), vectors, weights, moves, end)
                entities.append((at - start, free - start, str(moves.labels[choice[at]])))
            at = next(telling, None)
        found.append(entities)
        start = end
    return found


def _outside(vectors: Floats, weights: _Weights, moves: _Moves, stop: Ints) -> Ints:
    """The best move at each token where no entity is open, shape (tokens,)."""
    open_moves = moves.kinds == _OPEN
    allowed = (open_moves | (moves.kinds == _ALONE)) & (moves.labels != "") | (moves.kinds == _OUTSIDE)
    never, never_at_end = (np.where(mask, np.float32(0), -np.inf) for mask in (allowed, allowed & ~open_moves))
    best = np.zeros(len(vectors), dtype=np.int64)
    for low in range(0, len(vectors), _AT_ONCE):
        part = slice(low, min(low + _AT_ONCE, len(vectors)))
        scores = _scores(weights, vectors[part] @ weights.parts[0], *weights.absent)
        at_end = (stop[part] == np.arange(part.start, part.stop) + 1)[:, None]
        best[part] = (scores + np.where(at_end, never_at_end, never)).argmax(axis=1)
    return best


def _follow(opens: Ints, choice: Ints, vectors: Floats, weights: _Weights, moves: _Moves, stop: Ints) -> list[int]:
    """The token behind each entity, given where it opens and the move that opens it; 0 where that is far."""
    closed = np.zeros(len(opens), dtype=np.int64)
    first = vectors[opens] @ weights.parts[1]
    going, here = np.arange(len(opens)), opens + 1
    inside, last = moves.inside[choice], moves.last[choice]
    for _ in range(_FOLLOWED):
        if not len(going):
            break
        scores = _scores(weights, vectors[here] @ weights.parts[0], first[going], vectors[here - 1] @ weights.parts[2])
        more = _goes_on(scores, inside[going], last[going]) & (here + 1 < stop[here])
        closed[going[~more]] = here[~more] + 1
        going, here = going[more], here[more] + 1
    return [int(end) for end in closed]


def _follow_far(at: int, choice: int, vectors: Floats, weights: _Weights, moves: _Moves, end: int) -> int:
    """The token behind an entity that opens at one token, all the way to the end of its doc if need be."""
    first = vectors[at : at + 1] @ weights.parts[1]
    for low in range(at + 1, end, _FAR_AT_ONCE):
        high = min(low + _FAR_AT_ONCE, end)
        here, before = vectors[low:high] @ weights.parts[0], vectors[low - 1 : high - 1] @ weights.parts[2]
        scores = _scores(weights, here, first, before)
        every = np.zeros(len(scores), dtype=np.int64)
        closes = np.flatnonzero(~_goes_on(scores, every + moves.inside[choice], every + moves.last[choice]))
        if len(closes):
            return low + int(closes[0]) + 1
    return end


def _goes_on(scores: Floats, inside: Ints, last: Ints) -> npt.NDArray[np.bool_]:
    """Whether the move that continues an entity is better than the one that closes it; shapes (states,)."""
    rows = np.arange(len(scores))
    goes_on, closes = scores[rows, inside], scores[rows, last]
    # of two equal scores spaCy takes the move that it counts first
    more: npt.NDArray[np.bool_] = (goes_on > closes) | ((goes_on == closes) & (inside < last))
    return more
