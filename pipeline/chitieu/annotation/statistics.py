"""What a corpus holds, genre by genre."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from chitieu.annotation.gold import AnnotatedArticle
from chitieu.labels import Label


@dataclass(frozen=True, slots=True)
class CorpusStatistics:
    """Counts over a set of articles; `metrics` are distinct surfaces of METRIC spans, folded to lower case.

    Attributes:
        words: white-space-separated words of all articles; `median_words` of an article.
    """

    articles: int
    words: int
    median_words: float
    facts: int
    optional: int
    spans: dict[str, int]
    metrics: int
    statuses: dict[str, int]
    kinds: dict[str, int]
    bounds: dict[str, int]
    unlinked: dict[str, int]

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        return {name: getattr(self, name) for name in self.__slots__}


def corpus_statistics(articles: Iterable[AnnotatedArticle]) -> CorpusStatistics:
    """Count a set of articles."""
    articles = list(articles)
    words = [len(article.article.text.split()) for article in articles]
    facts = [fact for article in articles for fact in article.facts]
    spans = Counter(span.label.value for article in articles for span in article.spans)
    metrics = {
        " ".join(article.surface(span).lower().split())
        for article in articles
        for span in article.spans
        if span.label is Label.METRIC
    }
    unlinked = {
        role: sum(getattr(fact, role) in (None, ()) for fact in facts) for role in ("metric", "org", "year", "cue")
    }
    return CorpusStatistics(
        articles=len(articles),
        words=sum(words),
        median_words=statistics.median(words) if words else 0.0,
        facts=len(facts),
        optional=sum(fact.optional for fact in facts),
        spans={label.value: spans[label.value] for label in Label},
        metrics=len(metrics),
        statuses=dict(Counter(fact.status.value for fact in facts)),
        kinds=dict(Counter(fact.kind.value for fact in facts)),
        bounds=dict(Counter(fact.bound.value for fact in facts)),
        unlinked=unlinked,
    )


def statistics_by_genre(articles: Iterable[AnnotatedArticle]) -> dict[str, CorpusStatistics]:
    """One entry for each genre (`?` where none is given), and `all` at the end."""
    articles = list(articles)
    genres = sorted({article.genre or "?" for article in articles})
    by_genre = {
        genre: corpus_statistics(article for article in articles if (article.genre or "?") == genre) for genre in genres
    }
    return {**by_genre, "all": corpus_statistics(articles)}
