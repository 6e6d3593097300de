"""What tagging gives back for one article, and the shape of whatever tags."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from chitieu.article import Article, Span
from chitieu.facts.fact import Fact


@dataclass(frozen=True, slots=True)
class Tagged:
    """One article with what was found in it.

    Attributes:
        article: the article as it was read.
        spans: every labelled mention, linked or not, in text order; offsets in code points of `article.text`.
        facts: the facts in the order of their values in the text; a derived fact follows the fact it came from.
    """

    article: Article
    spans: tuple[Span, ...]
    facts: tuple[Fact, ...]


class Tagger(Protocol):
    """Whatever tags a stream of articles, one result for each article, in their order.

    A tagger reads ahead no further than a batch, so that a stream of any length fits in memory.
    """

    def __call__(self, articles: Iterable[Article], /) -> Iterator[Tagged]:
        """Yield one `Tagged` for each article."""
        ...
