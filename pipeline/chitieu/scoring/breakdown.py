"""The same scores for parts of the articles and of the facts: by genre, by kind, by status."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from chitieu.annotation.gold import AnnotatedArticle
from chitieu.facts.fact import Fact
from chitieu.labels import Kind, Status
from chitieu.scoring.counts import Count, Measure, count_facts
from chitieu.scoring.match import match_facts
from chitieu.scoring.rows import gold_rows, predicted_rows

UNKNOWN_GENRE = "not given"


def genre_measures(
    gold: Sequence[AnnotatedArticle], predicted: Mapping[str, Iterable[Fact]]
) -> Iterator[tuple[str, list[Measure]]]:
    """Core facts of the articles of each genre, the largest first, each over its own articles alone.

    Yields nothing where no article has a genre.
    """
    genres: dict[str, list[AnnotatedArticle]] = {}
    for article in gold:
        genres.setdefault(article.genre or UNKNOWN_GENRE, []).append(article)
    if set(genres) <= {UNKNOWN_GENRE}:
        return
    for genre, articles in sorted(genres.items(), key=lambda item: (-len(item[1]), item[0])):
        counts = [
            count_facts(predicted_rows(predicted.get(article.id, ())), gold_rows(article))["core"]
            for article in articles
        ]
        yield genre, [Measure("core by genre", f"{genre} ({len(articles)})", tuple(counts))]


def attribute_measures(gold: Sequence[AnnotatedArticle], predicted: Mapping[str, Iterable[Fact]]) -> list[Measure]:
    """Of the gold facts of each kind, and of each status, how many were found with their core right."""
    names = {"kind": [kind.value for kind in Kind], "status": [status.value for status in Status]}
    right: dict[tuple[str, str], list[Count]] = {(name, value): [] for name in names for value in names[name]}
    for article in gold:
        rows = gold_rows(article)
        matches = match_facts(predicted_rows(predicted.get(article.id, ())), rows)
        good = {match.gold for match in matches if match.agreement.core}
        for (name, value), counts in right.items():
            asked = [j for j, row in enumerate(rows) if getattr(row, name) == value and not row.optional]
            counts.append(Count(len(good & set(asked)), len(asked), len(asked)))
    sections = {
        "kind": "gold facts with the core right, by kind",
        "status": "gold facts with the core right, by status",
    }
    return [Measure(sections[name], value, tuple(counts), is_accuracy=True) for (name, value), counts in right.items()]


def false_facts(gold: Sequence[AnnotatedArticle], predicted: Mapping[str, Iterable[Fact]]) -> tuple[int, int]:
    """How many facts were found in articles that hold none but optional ones, and the number of such articles."""
    empty = [article for article in gold if all(fact.optional for fact in article.facts)]
    counts = [count_facts(predicted_rows(predicted.get(article.id, ())), gold_rows(article)) for article in empty]
    return sum(count["value found"].predicted for count in counts), len(empty)
