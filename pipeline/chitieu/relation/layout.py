"""Where things stand in an article: lines, sentences, clauses, list items and the headings above them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from spacy.tokens import Doc

from chitieu.relation.words import norms
from chitieu.relation.words import words as word_list

Ints = npt.NDArray[np.int64]

BETWEEN: tuple[str, ...] = word_list("between")
_SENTENCE_END = frozenset({".", "!", "?", "…", ";"})
_CLAUSE_END = frozenset({",", ";", ":", "(", ")", ".", "!", "?", "…"})
_BULLETS = frozenset({"-", "–", "—", "+", "*", "•", "●", "▪", "◦", "✓", "·"})
_DOTS = {".": 1, "…": 3}
_LEADING = 4  # dots; three may end a sentence
_LONGEST_HEADING = 14  # tokens; sub-headings of Vietnamese reports are short noun phrases


@dataclass(frozen=True, slots=True)
class Layout:
    """Running counts over the tokens of one doc, so that what lies between two places is one subtraction.

    Attributes:
        line, sentence, clause: number of the line, sentence and clause of each token, shape (tokens,).
        depth: how many brackets stand open at each token, shape (tokens,).
        between: how often each word of `BETWEEN` has stood before each token, shape (len(BETWEEN), tokens + 1).
        bullet: whether each line is a list item, shape (lines,).
        heading: the line that heads each line (itself where none does), shape (lines,).
        line_start: first token of each line, shape (lines,).
    """

    line: Ints
    sentence: Ints
    clause: Ints
    depth: Ints
    between: Ints
    bullet: Ints
    heading: Ints
    line_start: Ints


def read_layout(doc: Doc, words: list[str] | None = None) -> Layout:
    """Number the lines, sentences and clauses of a doc and find its list items and headings.

    Args:
        doc: tokenised.
        words: the norms of its tokens, where they have been read.
    """
    words = norms(doc) if words is None else words
    breaks = np.array(["\n" in word for word in words], dtype=bool)
    leads = _leaders(words)
    ends = np.array([word in _SENTENCE_END for word in words], dtype=bool) & ~leads
    clause_ends = np.array([word in _CLAUSE_END for word in words], dtype=bool) & ~leads
    columns = np.zeros((len(BETWEEN), len(words) + 1), dtype=np.int64)
    row = {word: index for index, word in enumerate(BETWEEN)}
    for at, word in enumerate(words):
        index = row.get(word)
        if index is not None:
            columns[index, at + 1] = 1
    between = np.cumsum(columns, axis=1)
    opened = between[row["("], 1:] - between[row[")"], :-1]
    line = _running(breaks)
    lines = int(line[-1]) + 1 if len(words) else 0
    starts = np.searchsorted(line, np.arange(lines))
    bullet, heading = _lists(words, starts)
    return Layout(
        line=line,
        sentence=_running(breaks | ends),
        clause=_running(breaks | clause_ends),
        depth=np.clip(opened, 0, 3),
        between=between,
        bullet=bullet,
        heading=heading,
        line_start=starts,
    )


def _leaders(words: list[str]) -> npt.NDArray[np.bool_]:
    """Whether each token is one of the dots that lead from the head of a table's row to its figures."""
    leads = np.zeros(len(words), dtype=bool)
    start = 0
    for stop in range(len(words) + 1):
        if stop == len(words) or words[stop] not in _DOTS:
            if sum(_DOTS[word] for word in words[start:stop]) >= _LEADING:
                leads[start:stop] = True
            start = stop + 1
    return leads


def _running(ends: npt.NDArray[np.bool_]) -> Ints:
    """Numbers from 0 that go up behind each end."""
    numbers: Ints = np.cumsum(np.concatenate([[0], ends[:-1]])) if len(ends) else np.zeros(0, dtype=np.int64)
    return numbers


def _lists(words: list[str], starts: Ints) -> tuple[Ints, Ints]:
    """Which lines are list items, and which line heads each line.

    A line heads those below it when it ends in a colon or is short and ends in no stop; a list item is headed by the
    nearest such line that is not itself an item, other lines by the nearest such line.
    """
    bullet = np.zeros(len(starts), dtype=np.int64)
    heading = np.arange(len(starts))
    current = -1
    for number, start in enumerate(starts):
        stop = starts[number + 1] if number + 1 < len(starts) else len(words)
        content: list[Any] = [word for word in words[start:stop] if not word.isspace()]
        if not content:
            heading[number] = current if current >= 0 else number
            continue
        bullet[number] = content[0] in _BULLETS or (len(content) > 1 and content[0][0] in "0abc" and content[1] in ").")
        heading[number] = current if current >= 0 else number
        opens = content[-1] == ":" or (len(content) <= _LONGEST_HEADING and content[-1] not in _CLAUSE_END)
        if opens and (content[-1] == ":" or not bullet[number]):
            current = number
    return bullet, heading
