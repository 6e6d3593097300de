"""How much of an article stands in another: copies with other figures, cut short, or with another opening."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

NEAR_DUPLICATE = 0.25
"""Share of the shorter article's runs that makes two articles near-duplicates. In the corpus, where every article was
written by itself, no two share more than 0.17 (two tables under the same heads); a report sent in by two offices, or
last year's report with this year's figures, shares half and more."""

_RUN_WORDS = 5
_LEAST_SHARED = 8  # runs; a few lines alike are no copy, however short the article is
_WORD = re.compile(r"(?:[^\W\d_][\u0300-\u036f]*)+|\d+(?:[.,]\d+)*")


@dataclass(frozen=True, slots=True)
class Likeness:
    """An article that another is like, and the share of the shorter one's runs of words that both hold, in (0, 1]."""

    article_id: str
    share: float


class LikenessIndex:
    """Articles under their runs of five words: lower case, composed, every figure as one sign."""

    def __init__(self) -> None:
        self._runs: dict[str, set[bytes]] = {}
        self._holders: dict[bytes, set[str]] = {}

    def add(self, article_id: str, text: str) -> None:
        """Keep an article, in place of one of the same id."""
        if article_id in self._runs:
            self.remove(article_id)
        self._runs[article_id] = _runs(text)
        for run in self._runs[article_id]:
            self._holders.setdefault(run, set()).add(article_id)

    def remove(self, article_id: str) -> None:
        """Let go of an article that is kept."""
        for run in self._runs.pop(article_id):
            holders = self._holders[run]
            holders.remove(article_id)
            if not holders:
                del self._holders[run]

    def near_duplicates(self, text: str, least: float = NEAR_DUPLICATE) -> list[Likeness]:
        """The articles kept that a text is like, the likest first.

        Args:
            text: of an article that is not kept, or not yet.
            least: share from which two articles are alike, in (0, 1].
        """
        runs = _runs(text)
        shared = Counter(article_id for run in runs for article_id in self._holders.get(run, ()))
        found = []
        for article_id, count in shared.items():
            shorter = min(len(runs), len(self._runs[article_id]))
            if count >= _LEAST_SHARED and count >= least * shorter:
                found.append(Likeness(article_id, count / shorter))
        return sorted(found, key=lambda likeness: (-likeness.share, likeness.article_id))


def same_words(text: str) -> bytes:
    """A digest that two texts share when they differ only in white space, letter case and how letters are stored."""
    folded = " ".join(unicodedata.normalize("NFC", text).lower().split())
    return blake2b(folded.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _runs(text: str) -> set[bytes]:
    words = ["0" if word[0].isdigit() else word for word in _WORD.findall(unicodedata.normalize("NFC", text).lower())]
    return {
        blake2b(" ".join(words[at : at + _RUN_WORDS]).encode(), digest_size=8).digest()
        for at in range(len(words) - _RUN_WORDS + 1)
    }


SHINGLE_WORDS = 8


def shared_shingles(texts: Sequence[str]) -> dict[tuple[int, int], list[str]]:
    """For each pair of texts (by index, smaller first), the runs of eight words that stand in both."""
    holders: dict[str, list[int]] = {}
    for index, text in enumerate(texts):
        words = re.findall(r"\w+", text.lower())
        for run in {" ".join(words[i : i + SHINGLE_WORDS]) for i in range(len(words) - SHINGLE_WORDS + 1)}:
            holders.setdefault(run, []).append(index)
    shared: dict[tuple[int, int], list[str]] = {}
    for run, indices in holders.items():
        for i, first in enumerate(indices):
            for second in indices[i + 1 :]:
                shared.setdefault((first, second), []).append(run)
    return shared
