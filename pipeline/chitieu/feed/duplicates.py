"""Wire copies: texts that say what an earlier article said, under another address, with another headline or a cut end.

Reports are made from those of last month or of the next district with other figures in them, so near-identical words
are not enough: a copy is near-identical in its words **and** brings no figure, with the word that follows it, that the
earlier text lacks. What is passed over as a copy can therefore hold no fact of its own. A figure at the end of a line
may be known by the word before it instead: what follows it may be another headline, or the name of the paper.
"""

from __future__ import annotations

import base64
import hashlib
import re
import sqlite3
import struct
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

NEAR = 0.7
"""Share of runs of words that two texts have in common, of all that either has, from which they are near-identical."""

SAME_PAGE = 0.3
"""Share from which two texts of one address are one page, changed a little: piles of articles may well give the address
of a front page or a section for all that stood on it."""

_MOST_OF_A_PAGE = 20  # articles of one address that are looked at
_RUN = 4  # words
_MINIMA = 64  # the share is estimated to 0.06 (one standard deviation)
_BAND = 4  # minima that have to agree for a text to be looked at: 99 in 100 at a share of 0.7, 3 in 100 at 0.2
_LEAST_WORDS = 30  # shorter texts are copies only when they are the same words
# Pages made from one template every day (prices of gold, draws of a lottery) are alike by the thousand, and each brings
# figures of its own: comparing each with all others would take days. Beyond these, a copy may be taken for an original.
_MOST_OF_A_KIND = 256  # articles under one band
_MOST_COMPARED = 64
_MOST_FIGURES = 1_024  # kept, the smallest hashes of them
_MOST_ENDS = 256  # lines that end in a figure
_CHUNK = 4_096  # runs at a time: a text may be 20 MB

_VERSION = 2
_HEAD = struct.Struct(">BI8s")  # version, words, digest of the words
_WORD = re.compile(r"\w+(?:[.,:/]\w+)*|[\n\r]+")
# When a copy was printed is no figure of its content.
_MOMENT = re.compile(r"\d{1,2}[/.-]\d{1,2}[/.-](?:\d{4}|\d{2})|\d{1,2}[:h]\d{2}|\d{1,2}h")
_FIGURE = re.compile(r"\w*\d")
_PRIME = 0x9E3779B97F4A7C15
_MASK = 2**64 - 1


@dataclass(frozen=True, slots=True)
class Signature:
    """What is kept of a text to know its copies.

    Attributes:
        words: how many it has.
        digest: of its words in their order, 8 bytes; the same for texts that differ in spaces, signs and capitals only.
        minima: MinHash of its runs of words: 64 numbers under 2³²; empty for a text that is too short.
        figures: hashes of its figures, each with the word after it, ascending, each under 2³².
        ends: of each figure that ends a line, its hash with the word after it and that with the word before it.
    """

    words: int
    digest: bytes
    minima: tuple[int, ...]
    figures: tuple[int, ...]
    ends: tuple[tuple[int, int], ...] = ()

    def dump(self) -> str:
        """As text, of 0.4 to 9 KB, for a database."""
        ends = (number for pair in self.ends for number in pair)
        numbers = (len(self.minima), *self.minima, len(self.ends), *ends, *self.figures)
        data = _HEAD.pack(_VERSION, self.words, self.digest) + struct.pack(f">{len(numbers)}I", *numbers)
        return base64.b85encode(data).decode("ascii")

    @classmethod
    def load(cls, text: str) -> Signature | None:
        """From `dump`; None for one of another version or for anything else."""
        try:
            data = base64.b85decode(text)
            version, words, digest = _HEAD.unpack_from(data)
            if version != _VERSION:
                return None
            numbers = struct.unpack(f">{(len(data) - _HEAD.size) // 4}I", data[_HEAD.size :])
        except (ValueError, struct.error):
            return None
        if not numbers or numbers[0] not in (0, _MINIMA) or len(numbers) <= numbers[0] + 1:
            return None
        minima, (number, *rest) = numbers[1 : numbers[0] + 1], numbers[numbers[0] + 1 :]
        if len(rest) < 2 * number:
            return None
        ends = tuple(zip(rest[: 2 * number : 2], rest[1 : 2 * number : 2], strict=True))
        return cls(words, digest, minima, tuple(rest[2 * number :]), ends)

    def similarity(self, other: Signature) -> float:
        """Estimated share, in [0, 1], of the runs of words of either text that both have."""
        if self.digest == other.digest:
            return 1.0
        if not self.minima or not other.minima:
            return 0.0
        return sum(own == its for own, its in zip(self.minima, other.minima, strict=True)) / _MINIMA

    def brings_figures_to(self, other: Signature) -> bool:
        """Whether it has a figure that the other lacks."""
        theirs = {*other.figures, *(number for pair in other.ends for number in pair)}
        # Of a text of very many figures the smallest are kept: beyond them nothing is known.
        end = other.figures[-1] if len(other.figures) == _MOST_FIGURES else _MASK
        if len(other.ends) == _MOST_ENDS:
            end = min(end, other.ends[-1][0])
        return any(figure not in theirs for figure in self.figures if figure <= end) or any(
            after not in theirs and before not in theirs for after, before in self.ends if after <= end
        )


def signature(text: str) -> Signature:
    """The signature of a text; the same on every machine and in every process."""
    hashes: list[int] = []
    known: dict[str, int] = {}
    figures: set[int] = set()
    ends: set[tuple[int, int]] = set()
    digest = hashlib.blake2b(digest_size=8)
    figure = before = last = 0  # the figure whose next word is looked for, the word before it, the last word
    ended = False  # a line, after the figure

    def set_down(after: int | None) -> None:
        # With the next word, since a figure alone may well stand elsewhere in the text, of something else.
        with_last = (before * _PRIME + (figure ^ _PRIME) & _MASK) >> 32
        with_next = with_last if after is None else (figure * _PRIME + after & _MASK) >> 32
        if ended:
            ends.add((with_next, with_last))
        else:
            figures.add(with_next)

    for match in _WORD.finditer(unicodedata.normalize("NFC", text).casefold()):
        word = match.group()
        if word[0] in "\n\r":
            ended = True
            continue
        number = known.get(word)
        if number is None:
            number = known[word] = int.from_bytes(hashlib.blake2b(word.encode(), digest_size=8).digest(), "big")
        if figure:
            set_down(number)
        figure = number if _FIGURE.match(word) and not _MOMENT.fullmatch(word) else 0
        before, last, ended = last, number, False
        hashes.append(number)
        digest.update(number.to_bytes(8, "big"))
    if figure:
        ended = True
        set_down(None)
    minima = _minima(hashes) if len(hashes) >= _LEAST_WORDS else ()
    kept = tuple(sorted(figures)[:_MOST_FIGURES])
    return Signature(min(len(hashes), 2**32 - 1), digest.digest(), minima, kept, tuple(sorted(ends)[:_MOST_ENDS]))


def _minima(hashes: list[int]) -> tuple[int, ...]:
    import numpy as np

    words = np.array(hashes, dtype=np.uint64)
    factors, offsets = _permutations()
    least = np.full(_MINIMA, 2**32 - 1, dtype=np.uint64)
    for start in range(0, len(words) - _RUN + 1, _CHUNK):
        part = words[start : start + _CHUNK + _RUN - 1]
        runs = np.zeros(len(part) - _RUN + 1, dtype=np.uint64)
        for place in range(_RUN):
            runs = _mixed(runs * np.uint64(_PRIME) + part[place : place + len(runs)])
        least = np.minimum(least, ((runs[:, None] * factors + offsets) >> np.uint64(32)).min(axis=0))
    return tuple(int(number) for number in least)


def _mixed(numbers: np.ndarray[Any, np.dtype[np.uint64]]) -> np.ndarray[Any, np.dtype[np.uint64]]:
    """Every bit of a number spread over all of them (the finish of splitmix64)."""
    import numpy as np

    numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: np.ndarray[Any, np.dtype[np.uint64]] = numbers ^ (numbers >> np.uint64(31))
    return mixed


def _permutations() -> tuple[np.ndarray[Any, np.dtype[np.uint64]], np.ndarray[Any, np.dtype[np.uint64]]]:
    import numpy as np

    steps = np.array([(_PRIME * number) & _MASK for number in range(1, 2 * _MINIMA + 1)], dtype=np.uint64)
    numbers = _mixed(steps)
    return numbers[:_MINIMA] | np.uint64(1), numbers[_MINIMA:]


@dataclass(frozen=True, slots=True)
class Copy:
    """An earlier article that a text copies.

    Attributes:
        article: its number, as it was added.
        similarity: 1.0 for the same words, else the estimated share of runs in common.
        reason: `url`, `same text` or `near-identical text`.
    """

    article: int
    similarity: float
    reason: str


class DuplicateIndex:
    """Articles by page and by text, on disk beyond a few MB: it grows with the database that it is filled from.

    Add the articles that are no copies; what copies them is told by the original then, not by another copy.
    Not for several threads at the same time.
    """

    def __init__(self) -> None:
        # The empty name is a temporary database of SQLite's own: a cache in memory, the rest in a file without a name.
        self._connection = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        for statement in (
            "pragma journal_mode = off",
            "pragma synchronous = off",
            "create table articles (number integer primary key, article integer unique, signature text, url text)",
            "create table bands (band integer, number integer, primary key (band, number)) without rowid",
            "create index urls on articles (url) where url is not null",
            "begin",
        ):
            self._connection.execute(statement)

    def add(self, article: int, signature: Signature, url: str | None = None) -> None:
        """Keep an article, in place of what was kept under its number.

        Args:
            article: its number.
            signature: of its text.
            url: canonical address of its page.
        """
        self.remove(article)
        cursor = self._connection.execute(
            "insert into articles (article, signature, url) values (?, ?, ?)", (article, signature.dump(), url)
        )
        self._connection.executemany(
            "insert or ignore into bands select ?1, ?2"
            " where (select count(*) from (select 1 from bands where band = ?1 limit ?3)) < ?3",
            [(band, cursor.lastrowid, _MOST_OF_A_KIND) for band in _bands(signature)],
        )

    def remove(self, article: int) -> None:
        """Let go of an article, if it is kept."""
        row = self._connection.execute(
            "select number, signature from articles where article = ?", (article,)
        ).fetchone()
        if row is None:
            return
        self._connection.executemany(
            "delete from bands where band = ? and number = ?", [(band, row[0]) for band in _bands(_load(row[1]))]
        )
        self._connection.execute("delete from articles where number = ?", (row[0],))

    def find(self, signature: Signature, url: str | None = None, besides: int | None = None) -> Copy | None:
        """The article kept that a text copies: of the same page, else the likest, of equals the one added first.

        Args:
            signature: of the text.
            url: canonical address of its page.
            besides: the number of the article itself, where it may be kept already.
        """
        if url is not None:
            rows = self._connection.execute(
                "select article, signature from articles where url = ? and article is not ? order by number limit ?",
                (url, besides, _MOST_OF_A_PAGE),
            )
            for article, dumped in rows:
                share = signature.similarity(_load(dumped))
                if share >= SAME_PAGE:
                    return Copy(article, share, "url")
        best: Copy | None = None
        for article, kept in self._candidates(signature, besides):
            share = signature.similarity(kept)
            if share < NEAR or (best is not None and share <= best.similarity) or signature.brings_figures_to(kept):
                continue
            best = Copy(article, share, "same text" if signature.digest == kept.digest else "near-identical text")
        return best

    def close(self) -> None:
        """Forget everything."""
        self._connection.close()

    def _candidates(self, signature: Signature, besides: int | None) -> Iterator[tuple[int, Signature]]:
        """Articles that share most bands, those added first before the others."""
        bands = _bands(signature)
        marks = ", ".join("?" * len(bands))
        numbers = (
            f"select number from bands where band in ({marks}) "  # noqa: S608 - marks are question marks
            "group by number order by count(*) desc, number limit ?"
        )
        rows = self._connection.execute(
            f"select article, signature from articles where number in ({numbers}) "  # noqa: S608 - as above
            "and article is not ? order by number",
            (*bands, _MOST_COMPARED, besides),
        )
        for article, dumped in rows:
            yield article, _load(dumped)


def _load(dumped: str) -> Signature:
    kept = Signature.load(dumped)
    assert kept is not None  # the index holds what this version wrote
    return kept


def _bands(signature: Signature) -> list[int]:
    """Hashes of the groups of minima, and of the whole text, under which it is looked up; signed, of 64 bits."""
    groups = [
        struct.pack(f">B{_BAND}I", start, *signature.minima[start : start + _BAND])
        for start in range(0, len(signature.minima), _BAND)
    ]
    groups.append(signature.digest)
    return [int.from_bytes(hashlib.blake2b(group, digest_size=8).digest(), "big", signed=True) for group in groups]
