"""Which unlabelled articles to annotate next: those that the model is unsure of, and no two of the same kind.

Articles stream by; a pool holds those with the highest uncertainty, ten for each that is wanted, so that memory does
not grow with the pile. From the pool they are taken one by one: the highest uncertainty, less what an article shares
with those taken before it (cosine of TF-IDF). There is no chance in it: the same pile gives the same articles.
"""

from __future__ import annotations

import hashlib
import heapq
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise
from typing import Any

from chitieu.annotation.gold import AnnotatedArticle
from chitieu.annotation.likeness import LikenessIndex, same_words
from chitieu.article import Article
from chitieu.facts.fact import Fact
from chitieu.facts.tagged import Tagged
from chitieu.quantity import find_quantities
from chitieu.reading import language_notice

_POOL = 10  # articles for each that is wanted
_LEAST_POOL = 100
# More is a day's work for an annotator, and mostly tables or a textbook: no article of the corpus has half as much.
_LONGEST = 12_000  # characters
_MOST_FIGURES = 200
# An article in which the model found one doubtful fact is not surer to teach than one with thirty: three facts of the
# usual doubt are added to each.
_USUAL_DOUBT = 0.3
_USUAL_FACTS = 3
_WORD = re.compile(r"[^\W\d_]+")
_MOST_TERMS = 20_000
_SHOWN_TERMS = 3


class Reason(str, Enum):
    """Why an article is not worth annotating."""

    KNOWN = "in the corpus already, or like an article of it"
    COPY = "copies of another in the pile"
    LANGUAGE = "not in Vietnamese"
    FIGURES = "without figures"
    LENGTH = f"longer than {_LONGEST:,} characters, or with more than {_MOST_FIGURES} figures"


@dataclass(frozen=True, slots=True)
class Candidate:
    """An article that may be annotated, as the model sees it.

    Attributes:
        uncertainty: share of its facts that are expected to be wrong, in [0, 1].
        figures: numerals with their units in the text, facts or not.
    """

    tagged: Tagged
    uncertainty: float
    figures: int


@dataclass(frozen=True, slots=True)
class Selected:
    """An article to annotate next.

    Attributes:
        like: how many articles of the pool it stands for, itself included: those whose words are nearer to its own
            than to those of the others taken.
        terms: words that tell those from the rest of the pool.
    """

    candidate: Candidate
    like: int
    terms: tuple[str, ...]


def uncertainty(facts: Iterable[Fact]) -> float:
    """The share of an article's facts that are expected to be wrong, by their calibrated confidence.

    It is a mean, not a sum: the work of annotating grows with the figures, so what counts is how many of a hundred are
    doubtful. `evaluate/next_articles.py` measures how far it goes with the errors that the model really makes.
    """
    doubts = [1 - (0.5 if fact.confidence is None else fact.confidence) for fact in facts if fact.derived is None]
    return (sum(doubts) + _USUAL_FACTS * _USUAL_DOUBT) / (len(doubts) + _USUAL_FACTS)


class Sieve:
    """Passes the articles of a pile that could be annotated; counts in `left_out` why others were not.

    Args:
        corpus: articles that are annotated already.
    """

    def __init__(self, corpus: Iterable[AnnotatedArticle] = ()) -> None:
        self.passed = 0
        self.left_out: Counter[Reason] = Counter()
        self._known = LikenessIndex()
        self._words: set[bytes] = set()
        for article in corpus:
            self._known.add(article.id, article.article.text)
            self._words.add(same_words(article.article.text))
        self._seen: set[bytes] = set()

    def __call__(self, articles: Iterable[Article]) -> Iterator[Article]:
        """The articles to tag, one at a time."""
        for article in articles:
            reason = self._reason(article)
            if reason is None:
                self.passed += 1
                yield article
            else:
                self.left_out[reason] += 1

    def _reason(self, article: Article) -> Reason | None:
        text = article.text
        if len(text) > _LONGEST:
            return Reason.LENGTH
        if language_notice(article) is not None:
            return Reason.LANGUAGE
        figures = len(find_quantities(text))
        if not figures:
            return Reason.FIGURES
        if figures > _MOST_FIGURES:
            return Reason.LENGTH
        words = same_words(text)
        if words in self._words or self._known.near_duplicates(text):
            return Reason.KNOWN
        if words in self._seen:
            return Reason.COPY
        self._seen.add(words)
        return None


class Pool:
    """The articles with the highest uncertainty of all that were offered; of near-duplicates the most uncertain.

    Args:
        count: how many articles will be selected.
    """

    def __init__(self, count: int) -> None:
        self._size = max(_POOL * count, _LEAST_POOL)
        self._index = LikenessIndex()
        self._heap: list[tuple[float, bytes, str]] = []
        self._held: dict[str, tuple[tuple[float, bytes, str], Candidate]] = {}

    def offer(self, tagged: Tagged) -> None:
        """Keep an article if it is among the most uncertain so far."""
        article_id, text = tagged.article.id, tagged.article.text
        key = (
            uncertainty(tagged.facts),
            hashlib.sha256(article_id.encode("utf-8", "surrogatepass")).digest(),
            article_id,
        )
        if len(self._held) >= self._size and key < self._least():
            return
        alike = [like.article_id for like in self._index.near_duplicates(text)]
        if any(self._held[other][0] > key for other in alike):
            return
        for other in alike:
            self._drop(other)
        self._held[article_id] = (key, Candidate(tagged, key[0], len(find_quantities(text))))
        self._index.add(article_id, text)
        heapq.heappush(self._heap, key)
        if len(self._held) > self._size:
            self._drop(self._least()[2])

    def candidates(self) -> list[Candidate]:
        """What is held, the highest uncertainty first."""
        return [candidate for _, candidate in sorted(self._held.values(), key=lambda held: held[0], reverse=True)]

    def _least(self) -> tuple[float, bytes, str]:
        while self._heap[0][2] not in self._held:  # dropped for a likeness
            heapq.heappop(self._heap)
        return self._heap[0]

    def _drop(self, article_id: str) -> None:
        del self._held[article_id]
        self._index.remove(article_id)


def select(candidates: Sequence[Candidate], count: int) -> list[Selected]:
    """One article after the other: the highest uncertainty, less what the article shares with those taken before it.

    The rest of the pool is then divided among the articles taken, each to the one whose words are nearest to its own.

    Args:
        candidates: the pool, the highest uncertainty first.
        count: how many are wanted; all, where there are no more.

    Returns:
        The articles taken, in their order.
    """
    if not candidates or count < 1:
        return []
    import numpy as np

    vectors, names = _vectors([candidate.tagged.article.text for candidate in candidates])
    doubts = np.array([candidate.uncertainty for candidate in candidates])
    nearest = np.zeros(len(candidates))  # cosine to the nearest article taken
    kinds = np.zeros(len(candidates), dtype=np.int64)
    taken: list[int] = []
    while len(taken) < min(count, len(candidates)):
        worth = doubts * (1 - nearest)
        worth[taken] = -1.0
        best = int(worth.argmax())  # of equals the first
        likeness = (vectors @ vectors[best].T).toarray().ravel()
        likeness[taken] = -1.0
        likeness[best] = 2.0
        kinds[likeness > nearest] = len(taken)
        nearest = np.maximum(nearest, likeness)
        nearest[best] = 1.0
        taken.append(best)
    kinds[taken] = range(len(taken))
    usual = np.asarray(vectors.mean(axis=0)).ravel()
    selected = []
    for kind, index in enumerate(taken):
        members = np.flatnonzero(kinds == kind)
        telling = np.asarray(vectors[members].mean(axis=0)).ravel() - usual
        terms = tuple(str(names[column]) for column in (-telling).argsort(kind="stable")[:_SHOWN_TERMS])
        selected.append(Selected(candidates[index], len(members), terms))
    return selected


def _vectors(texts: Sequence[str]) -> tuple[Any, Sequence[str]]:
    """TF-IDF of each text's words, of length 1, and the terms that the columns stand for."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(analyzer=_terms, max_features=_MOST_TERMS, sublinear_tf=True)
    return vectorizer.fit_transform(texts), vectorizer.get_feature_names_out()


def _terms(text: str) -> list[str]:
    """Pairs of neighbouring syllables, which most Vietnamese words are; a text of one has that."""
    words = _WORD.findall(unicodedata.normalize("NFC", text).lower())
    return [f"{first} {second}" for first, second in pairwise(words)] or words or ["–"]
