"""The words of a doc as arrays, and the word lists behind the features.

The lists are kept as data; their order is part of a trained model. A doc's words are taken from its arrays, since
making a Token object for each of them costs more than all that is asked of it.
"""

from __future__ import annotations

import json
from functools import lru_cache
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt
from spacy.attrs import IS_TITLE, LENGTH, NORM, ORTH, SHAPE, SPACY  # type: ignore[import-not-found]  # compiled, without types
from spacy.tokens import Doc

Ints = npt.NDArray[np.int64]


@lru_cache(maxsize=1)
def _tables() -> dict[str, Any]:
    tables: dict[str, Any] = json.loads((files("chitieu.relation") / "words.json").read_text(encoding="utf-8"))
    return tables


def words(name: str) -> tuple[Any, ...]:
    """One list of `words.json`: its words, as `Token.norm_` gives them, or its groups of words."""
    return tuple(_tables()[name]["words"])


@lru_cache(maxsize=16)
def word_set(name: str) -> frozenset[str]:
    """One list of `words.json` for looking up in."""
    return frozenset(words(name))


def text_of(doc: Doc) -> str:
    """The doc's text; `doc.text` makes a Token object for each token."""
    strings = doc.vocab.strings
    keys, spaces = doc.to_array([ORTH, SPACY]).T.tolist()
    return "".join([strings[key] + " " if space else strings[key] for key, space in zip(keys, spaces, strict=True)])


def norms(doc: Doc) -> list[str]:
    """The norm of each token."""
    strings = doc.vocab.strings
    return [strings[key] for key in doc.to_array(NORM).tolist()]


def offsets(doc: Doc) -> Ints:
    """Start and end of each token in code points, shape (tokens, 2)."""
    lengths, spaces = doc.to_array([LENGTH, SPACY]).astype(np.int64).T
    starts = np.cumsum(lengths + spaces) - lengths - spaces
    return np.stack([starts, starts + lengths], axis=1)


def titles(doc: Doc) -> npt.NDArray[np.bool_]:
    """Whether each token begins with a capital and goes on small, shape (tokens,)."""
    flags: npt.NDArray[np.bool_] = doc.to_array(IS_TITLE).astype(bool)
    return flags


def capitals(doc: Doc) -> list[int]:
    """For each token 2 when every syllable begins with a capital, 1 when only the first does, 0 when it doesn't."""
    strings = doc.vocab.strings
    return [_capitals(strings[key]) for key in doc.to_array(SHAPE).tolist()]


@lru_cache(maxsize=16384)
def _capitals(shape: str) -> int:
    syllables = shape.split()
    if not syllables or syllables[0][0] != "X":
        return 0
    return 2 if all(syllable[0] in "Xd" for syllable in syllables) else 1


def proper(norm: list[str], capital: list[int]) -> list[bool]:
    """Whether each token is written as a proper name, and is no word for a body: `Thanh Trì` and `UOB`, not `Huyện`.

    Args:
        norm: the norms of a doc's tokens.
        capital: their `capitals`.
    """
    bodies = word_set("bodies")
    return [written == 2 and word not in bodies for word, written in zip(norm, capital, strict=True)]
