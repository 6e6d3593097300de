"""Organisations by their writing: names in capitals, the words for bodies before them, and the words that need no name.

A tagger that learned from articles in which only linked mentions are marked passes over others; what is found here is
offered to the relation model beside the tagger's mentions, as the grammar's time expressions are. It says nothing of
which of them a figure belongs to, and a person's name found here does no harm.
"""

from __future__ import annotations

from collections.abc import Iterator

from spacy.tokens import Doc

from chitieu.relation.words import capitals, norms, word_set

_LONGEST = 14  # tokens; `Chi cục Trồng trọt và Bảo vệ thực vật thành phố Hồ Chí Minh` has nine
_ENDS = frozenset({".", "!", "?", "…", ":"})
_SHORT = frozenset({"tp", "tx", "tt", "q", "h", "p"})  # ranks of areas written short, with a stop: `TP. Huế`


def find_organisations(
    doc: Doc, norm: list[str] | None = None, capital: list[int] | None = None
) -> Iterator[tuple[int, int]]:
    """Tokens of each organisation that its writing gives away: first inclusive, last exclusive, in text order.

    Args:
        doc: tokenised.
        norm: the norms of its tokens, where they have been read.
        capital: their `capitals`, likewise.
    """
    bodies, alone, joining = map(word_set, ("bodies", "bodies_alone", "joining"))
    norm = norms(doc) if norm is None else norm
    capital = capitals(doc) if capital is None else capital
    at, size = 0, len(norm)
    while at < size:
        stop = _stretch(norm, capital, at, bodies, joining)
        if stop > at:
            opens = at == 0 or "\n" in norm[at - 1] or norm[at - 1] in _ENDS
            named = any(capital[index] == 2 for index in range(at + opens, stop)) or stop - at > 1 + opens
            if named or " ".join(norm[at:stop]) in alone or norm[at] in alone:
                yield at, stop
            at = stop
        else:
            at += 1


def _stretch(norm: list[str], capital: list[int], at: int, bodies: frozenset[str], joining: frozenset[str]) -> int:
    """Where the words for bodies and the names that begin at a token end; the token itself if none do."""
    stop = at
    while stop < len(norm) and stop - at < _LONGEST:
        if capital[stop] or norm[stop] in bodies:
            stop += 1
        elif stop > at and stop + 1 < len(norm) and capital[stop + 1] == 2 and _joins(norm, stop, joining):
            stop += 2
        else:
            break
    return stop


def _joins(norm: list[str], at: int, joining: frozenset[str]) -> bool:
    return norm[at - 1] in _SHORT if norm[at] == "." else norm[at] in joining
