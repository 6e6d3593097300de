"""What a feed or sitemap says of one article, before its page has been seen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone

VIETNAM = timezone(timedelta(hours=7))
"""An article of half past midnight on New Year's Day is of the new year, though it is still the old one in UTC."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An article that a feed or sitemap names.

    Attributes:
        link: absolute URL of its page, or None.
        name: what the feed calls it (guid), for one without a link.
        title: as the feed has it.
        published: as the feed has it, by the clock of Vietnam.
        content: HTML of the article, where the feed carries all or some of it.
        source: title of the feed.
    """

    link: str | None
    name: str | None = None
    title: str | None = None
    published: date | None = None
    content: str | None = None
    source: str | None = None


def local_date(moment: datetime) -> date | None:
    """The day in Vietnam; None for a day that is still to come, which is a slip of the feed."""
    try:
        day = moment.astimezone(VIETNAM).date()
    except (OverflowError, ValueError):
        return None
    return day if day.year >= 1990 and day <= datetime.now(VIETNAM).date() else None
