"""Wordings that stand in too many articles: the sign of a template, whatever names and figures fill its slots.

What counts is a run of eight words of a writer's own. A word is a run of letters after NFC, in lower case. Passed over
are figures (a template with other figures is still a template), the words of ORG and YEAR marks (names and dates fill
its other slots) and those of stock phrases; what stands before and behind them is joined, over line breaks too, so
that nothing can hide a repetition by standing in the middle of it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from chitieu.annotation.gold import AnnotatedArticle
from chitieu.labels import Label

RUN_WORDS = 8
MOST_ARTICLES = 3

_WORD = re.compile(r"(?:[^\W\d_][\u0300-\u036f]*)+")
_Word = tuple[str, int]  # folded, and the offset where it begins


@dataclass(frozen=True, slots=True)
class Repetition:
    """A wording that stands in several articles.

    Attributes:
        words: at least eight words as they are compared, joined by spaces.
        holders: each article that holds it, as its index in the order given, ascending, with the offset in its text.
    """

    words: str
    holders: tuple[tuple[int, int], ...]


def repetitions(
    articles: Sequence[AnnotatedArticle],
    *,
    most: int = MOST_ARTICLES,
    stock: Iterable[str] | None = None,
) -> list[Repetition]:
    """The wordings of eight words or more that stand in more than `most` articles, in the order of the articles.

    Args:
        articles: with their marks.
        most: the number of articles that may share a wording.
        stock: phrases whose words do not count, as in stock_phrases.txt; those by default.
    """
    phrases = _phrases(stock_phrases() if stock is None else tuple(stock))
    words = [_own_words(article, phrases) for article in articles]
    holders: dict[tuple[str, ...], dict[int, int]] = {}
    for index, own in enumerate(words):
        for at in range(len(own) - RUN_WORDS + 1):
            run = tuple(word for word, _ in own[at : at + RUN_WORDS])
            holders.setdefault(run, {}).setdefault(index, own[at][1])
    repeated = {run: held for run, held in holders.items() if len(held) > most}
    return list(_joined(words, repeated))


def _joined(words: Sequence[Sequence[_Word]], repeated: dict[tuple[str, ...], dict[int, int]]) -> Iterable[Repetition]:
    """Runs that overlap and stand in the same articles, as one wording."""
    told: set[tuple[str, ...]] = set()
    for own in words:
        longest: list[str] = []
        held: dict[int, int] = {}
        for at in range(len(own) - RUN_WORDS + 1):
            run = tuple(word for word, _ in own[at : at + RUN_WORDS])
            is_new = run in repeated and run not in told
            if is_new and longest and repeated[run].keys() == held.keys():
                longest.append(run[-1])
            else:
                if longest:
                    yield Repetition(" ".join(longest), tuple(sorted(held.items())))
                longest, held = (list(run), repeated[run]) if is_new else ([], {})
            if is_new:
                told.add(run)
        if longest:
            yield Repetition(" ".join(longest), tuple(sorted(held.items())))


def _own_words(article: AnnotatedArticle, phrases: dict[str, list[list[str]]]) -> list[_Word]:
    """The words of an article that are neither part of a name, a date, a figure nor a stock phrase."""
    text = article.article.text
    found = [(unicodedata.normalize("NFC", match.group()).lower(), *match.span()) for match in _WORD.finditer(text)]
    words = [word for word, _, _ in found]
    stock: set[int] = set()
    for at, word in enumerate(words):
        for phrase in phrases.get(word, ()):
            if words[at : at + len(phrase)] == phrase:
                stock.update(range(at, at + len(phrase)))
    named = {
        offset
        for span in article.spans
        if span.label in (Label.ORG, Label.YEAR)
        for offset in range(span.start, span.end)
    }
    return [
        (word, start)
        for at, (word, start, end) in enumerate(found)
        if at not in stock and named.isdisjoint(range(start, end))
    ]


def _phrases(stock: tuple[str, ...]) -> dict[str, list[list[str]]]:
    """The words of each phrase, under its first word."""
    by_first: dict[str, list[list[str]]] = {}
    for phrase in stock:
        words = [unicodedata.normalize("NFC", word).lower() for word in _WORD.findall(phrase)]
        by_first.setdefault(words[0], []).append(words)
    return by_first


@lru_cache(maxsize=1)
def stock_phrases() -> tuple[str, ...]:
    """The reviewed phrases of stock_phrases.txt."""
    lines = (files("chitieu.annotation") / "stock_phrases.txt").read_text(encoding="utf-8").splitlines()
    return tuple(line.strip() for line in lines if line.strip() and not line.startswith("#"))
