"""Dating every time expression of an article from the whole discourse."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from chitieu.period.counting import resolve_base
from chitieu.period.discourse import Discourse
from chitieu.period.folding import fold
from chitieu.period.present import article_present
from chitieu.period.timeline import dated_years
from chitieu.period.value import Period

__all__ = ["resolve_base", "resolve_periods"]


def resolve_periods(
    text: str,
    mentions: Sequence[tuple[int, int]],
    published: date | None,
    title: str | None = None,
) -> list[Period | None]:
    """Resolve the time expressions of one article.

    Args:
        text: the article as stored.
        mentions: (start, end) of each expression in code points of `text`, in any order.
        published: its publication date.
        title: its headline, where that stands apart from the text.

    Returns:
        One period a mention, in the order given; None where the article doesn't tell.
    """
    folded = fold(text)
    years = dated_years(folded.text)
    discourse = Discourse(folded.text, years, article_present(text, title, published))
    periods: list[Period | None] = [None] * len(mentions)
    for index in sorted(range(len(mentions)), key=lambda i: mentions[i]):
        start, end = mentions[index]
        periods[index] = discourse.resolve(folded.folded(start), folded.folded(end))
    return periods
