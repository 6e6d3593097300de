"""RSS and Atom, by feedparser."""

from __future__ import annotations

import io
import re
from calendar import timegm
from collections.abc import Iterator
from datetime import date, datetime, timezone
from typing import Any

from chitieu.feed.entry import Entry, local_date
from chitieu.feed.extra import need
from chitieu.feed.failure import SourceError, shorten
from chitieu.feed.safe_xml import plain_xml
from chitieu.feed.url import is_web, parse_url

_LONGEST_TITLE = 1_000
# feedparser looks for e-mail addresses in whatever names a person, in time that grows with the square of its length
# (100 KB take 45 s). Nobody here asks for persons: the elements are given names that it does not know.
_PERSON = re.compile(
    rb"(</?(?:[\w.\-]+:)?)(author|creator|managingeditor|webmaster|publisher|owner|contributor|name|email)(?=[\s/>])",
    re.IGNORECASE,
)


def read_feed(data: bytes, place: str, *, base: str | None = None, charset: str | None = None) -> Iterator[Entry]:
    """The entries of an RSS or Atom feed, in its order.

    Args:
        data: the feed as it came.
        place: URL or file, for errors.
        base: URL that relative links are meant against.
        charset: what the server says of it.

    Raises:
        SourceError: C140 where it is no feed; C144 where feedparser is missing.
    """
    feedparser = need("feedparser")
    checked = plain_xml(data, place, charset)
    headers = {"content-type": "application/xml; charset=utf-8"}
    if base:
        headers["content-location"] = base
    try:
        # A stream, since feedparser takes a string that looks like a URL or a path for one.
        # Its cleaning of HTML is left out: contents are read by trafilatura, as a page's are, and never shown.
        parsed = feedparser.parse(
            io.BytesIO(_PERSON.sub(rb"\1x-\2", checked)), response_headers=headers, sanitize_html=False
        )
    except Exception as failure:  # whatever it makes of a hostile feed
        raise _no_feed(place, f"{type(failure).__name__}: {failure}") from failure
    if not parsed.entries and (parsed.get("bozo") or not parsed.get("version")):
        reason = parsed.get("bozo_exception") or "it has no entries and no version of RSS or Atom"
        raise _no_feed(place, str(reason))
    source = _line(parsed.feed.get("title"))
    for entry in parsed.entries:
        yield _entry(entry, base, source)


def _entry(entry: Any, base: str | None, source: str | None) -> Entry:
    return Entry(
        link=_link(entry, base),
        name=_line(entry.get("id")) or _line(entry.get("title")),
        title=_line(entry.get("title")),
        published=_date(entry),
        content=_content(entry),
        source=source,
    )


def _link(entry: Any, base: str | None) -> str | None:
    """The entry's page; a guid that is a URL serves where there is no link. A broken one is kept, to be told."""
    links = [entry.get("link")]
    links += [link.get("href") for link in entry.get("links", ()) if link.get("rel") in (None, "alternate")]
    name = entry.get("id")
    if entry.get("guidislink", True):
        links.append(name)
    # feedparser gives the name as the link where there is none, and a name may be `urn:…`.
    written = [link for link in links if isinstance(link, str) and link.strip() and (link != name or is_web(link))]
    for link in written:
        try:
            return str(parse_url(link, base))
        except SourceError:
            continue
    return written[0] if written else None


def _date(entry: Any) -> date | None:
    for field in ("published_parsed", "created_parsed", "updated_parsed"):
        moment = dict.get(entry, field)  # feedparser's own `get` offers one date for another, with a warning
        if moment:
            try:
                return local_date(datetime.fromtimestamp(timegm(moment), tz=timezone.utc))
            except (TypeError, ValueError, OverflowError, OSError):
                continue
    return None


def _content(entry: Any) -> str | None:
    """The longest text that the entry carries."""
    texts = [part.get("value") for part in entry.get("content", ())] + [entry.get("summary")]
    whole = [text for text in texts if isinstance(text, str) and text.strip()]
    return max(whole, key=len) if whole else None


def _line(value: object) -> str | None:
    return (shorten(value, _LONGEST_TITLE) or None) if isinstance(value, str) else None


def _no_feed(place: str, reason: str) -> SourceError:
    return SourceError(
        "C140", f"is not a feed that can be read: {shorten(reason)}", place=place, remedy="check the address"
    )
