"""Sitemaps and sitemap indexes (sitemaps.org), with the dates and titles of news sitemaps."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timezone
from typing import Any

from chitieu.feed.entry import VIETNAM, Entry, local_date
from chitieu.feed.failure import SourceError, shorten
from chitieu.feed.safe_xml import elements, local_name, plain_xml
from chitieu.feed.url import parse_url

_W3C_TIME = re.compile(
    r"(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(:\d{2})?(?:\.\d+)?\s*(Z|[+-]\d{2}:?\d{2})?)?", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Further:
    """Another sitemap that an index names."""

    link: str


def read_sitemap(data: bytes, place: str, *, base: str | None = None) -> Iterator[Entry | Further]:
    """What a sitemap or sitemap index names, in its order.

    A plain `lastmod` is the day of the last change and not of publication, so only a news sitemap's date is taken.

    Raises:
        SourceError: C140 where it is broken, after what stands before the break.
    """
    checked = plain_xml(data, place)
    for element in elements(checked, place, "url", "sitemap"):
        link = _link(_location(element), base)
        if link is None:
            continue
        if local_name(element) == "sitemap":
            yield Further(link)
        else:
            news = _fields(next((inner for inner in element if local_name(inner) == "news"), ()))
            title = shorten(news.get("title", ""), 1_000) or None
            yield Entry(link, title=title, published=parse_time(news.get("publication_date", "")))


def parse_time(text: str) -> date | None:
    """The day in Vietnam of a W3C date or time (`2024-01-05`, `2024-01-05T08:30+07:00`)."""
    found = _W3C_TIME.fullmatch(text.strip())
    if not found:
        return None
    day, minutes, seconds, zone = found.groups()
    try:
        moment = datetime.fromisoformat(f"{day}T{minutes or '00:00'}{seconds or ':00'}")
        if zone and zone.upper() == "Z":
            return local_date(moment.replace(tzinfo=timezone.utc))
        if zone:
            digits = zone.replace(":", "")
            return local_date(datetime.fromisoformat(f"{moment.isoformat()}{digits[:3]}:{digits[3:]}"))
        return local_date(moment.replace(tzinfo=VIETNAM))
    except ValueError:
        return None


def _location(element: Any) -> str:
    """The `loc` of the element itself: images and videos in it have locations of their own."""
    return _fields(element).get("loc", "")


def _fields(element: Iterable[Any]) -> dict[str, str]:
    return {local_name(inner): (inner.text or "").strip() for inner in element}


def _link(location: str, base: str | None) -> str | None:
    if not location:
        return None
    try:
        return str(parse_url(location, base))
    except SourceError:
        return location  # to be told of when it is fetched
