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
        self._ids: list[str] = []
        self._sizes: list[int] = []
        self._holders: dict[bytes, list[int]] = {}

    def add(self, article_id: str, text: str) -> None:
        """Keep an article."""
        runs = _runs(text)
        for run in runs:
            self._holders.setdefault(run, []).append(len(self._ids))
        self._ids.append(article_id)
        self._sizes.append(len(runs))

    def near_duplicates(self, text: str, least: float = NEAR_DUPLICATE) -> list[Likeness]:
        """The articles kept that a text is like, the likest first.

        Args:
            text: of an article that is not kept, or not yet.
            least: share from which two articles are alike, in (0, 1].
        """
        runs = _runs(text)
        shared = Counter(index for run in runs for index in self._holders.get(run, ()))
        found = [
            Likeness(self._ids[index], count / min(len(runs), self._sizes[index]))
            for index, count in sorted(shared.items())
            if count >= _LEAST_SHARED and count >= least * min(len(runs), self._sizes[index])
        ]
        return sorted(found, key=lambda likeness: -likeness.share)


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
