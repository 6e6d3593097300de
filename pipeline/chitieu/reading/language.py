"""Whether an article is in Vietnamese, told by its accented words."""

from __future__ import annotations

import re
from itertools import islice

from chitieu.article import Article
from chitieu.errors import ArticleError
from chitieu.reading.syllable import is_syllable

_WORD = re.compile(r"[^\W\d_][^\W\d_\u0300-\u036f]*(?:[\u0300-\u036f]+[^\W\d_]*)*")
_MOST_WORDS = 2_000
_LEAST_WORDS = 10
# Of running Vietnamese text two words in three carry a mark; of French, the most accented neighbour, one in eight, and
# few of those are Vietnamese syllables.
_LEAST_SHARE = 0.15


def language_notice(article: Article) -> ArticleError | None:
    """What a reader of the results should know of an article that is not Vietnamese; None for one that is.

    Such an article is tagged all the same: the notice explains why there is nothing, or nonsense.
    """
    words = [match.group() for match in islice(_WORD.finditer(article.text), _MOST_WORDS)]
    if not words:
        return ArticleError(
            "C120", "the text holds no words", place=article.id, remedy="facts need words beside figures"
        )
    if len(words) < _LEAST_WORDS:
        return None
    marked = sum(not word.isascii() and is_syllable(word) for word in words)
    if marked >= _LEAST_SHARE * len(words):
        return None
    return ArticleError(
        "C121",
        f"the text does not look Vietnamese: {marked} of its first {len(words)} words carry Vietnamese marks",
        place=article.id,
        remedy="chitieu reads Vietnamese written with its diacritics",
    )
