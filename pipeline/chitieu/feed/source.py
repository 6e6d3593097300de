"""Where articles come from: `location` or `kind:location`, and what kind of thing is there."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from chitieu.feed.failure import SourceError
from chitieu.feed.safe_xml import root_of
from chitieu.feed.unpacking import GZIP
from chitieu.feed.url import is_web

KINDS = ("feed", "sitemap", "opml", "page", "folder", "text", "html", "json", "jsonl", "parquet", "warc", "feeds")
"""`feed` is RSS or Atom, `page` one article on the web, `feeds` a `feeds.toml`; the others are what they say."""

LISTS = ("feed", "sitemap", "opml")
"""Kinds that lead to other things, which have to be fetched."""

STANDARD_INPUT = "-"
_ALIASES = {"rss": "feed", "atom": "feed", "txt": "text", "htm": "html"}
_FORCED = re.compile(rf"({'|'.join((*KINDS, *_ALIASES))}):(.+)", re.DOTALL)
_ON_THE_WEB = ("feed", "sitemap", "opml", "page")
_SUFFIXES = {
    ".rss": "feed",
    ".atom": "feed",
    ".opml": "opml",
    ".txt": "text",
    ".html": "html",
    ".htm": "html",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".warc": "warc",
    ".toml": "feeds",
}
_ROOTS = {
    "rss": "feed",
    "rdf": "feed",
    "feed": "feed",
    "channel": "feed",
    "urlset": "sitemap",
    "sitemapindex": "sitemap",
    "opml": "opml",
    "html": "html",
}
_PACKED = (".gz", ".xz", ".bz2")

SAMPLE = 8_192
"""How many bytes of the beginning tell what something is."""


@dataclass(frozen=True, slots=True)
class Source:
    """A source of articles.

    Attributes:
        location: URL, path, or `-` for standard input.
        kind: of `KINDS`; None to find out from suffix and content.
        name: what the user calls it.
        language: label that its articles carry, as are province and section.
        province: label.
        section: label.
        limit: most articles that it may give in one run.
    """

    location: str
    kind: str | None = None
    name: str | None = None
    language: str | None = None
    province: str | None = None
    section: str | None = None
    limit: int | None = None

    @property
    def on_web(self) -> bool:
        """Whether it has to be fetched."""
        return is_web(self.location)


def parse_source(text: str) -> Source:
    """Read a source as it is written on the command line: `https://…`, `news/`, `-`, `sitemap:https://…`, `jsonl:-`.

    Raises:
        SourceError: C143 for an empty one, or a kind that can't be at a URL.
    """
    forced = _FORCED.fullmatch(text.strip())
    location = forced.group(2) if forced else text.strip()
    kind = _ALIASES.get(forced.group(1), forced.group(1)) if forced else None
    if not location:
        raise SourceError("C143", "an empty source", place=repr(text), remedy="name a URL, a file, a folder, or -")
    check_kind(kind, location)
    return Source(location, kind)


def parse_sources(texts: Iterable[str]) -> list[Source]:
    """`parse_source` for each, with `feeds.toml` files replaced by the sources in them.

    Raises:
        SourceError: C143 as `parse_source`, C145 for a `feeds.toml` with mistakes.
    """
    from chitieu.feed.configuration import read_feeds

    sources: list[Source] = []
    for text in texts:
        source = parse_source(text)
        if not source.on_web and (source.kind or kind_of_path(Path(source.location))) == "feeds":
            sources += read_feeds(Path(source.location))
        else:
            sources.append(source)
    return sources


def check_kind(kind: str | None, location: str, place: str | None = None) -> None:
    """Refuse a kind that there is not, or that is only read from files, for a URL.

    Raises:
        SourceError: C143.
    """
    if kind is not None and kind not in KINDS:
        raise SourceError(
            "C143", f"there is no kind {kind!r}", place=place or location, remedy=f"one of {', '.join(KINDS)}"
        )
    if kind is not None and is_web(location) and kind not in _ON_THE_WEB:
        raise SourceError(
            "C143",
            f"{kind} is read from files, not from the web",
            place=place or location,
            remedy="download it first",
        )


def kind_of_path(path: Path) -> str | None:
    """The kind that a file's suffix tells, past `.gz` and the like; None where it tells nothing."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes and suffixes[-1] in _PACKED:
        suffixes.pop()
    return _SUFFIXES.get(suffixes[-1]) if suffixes else None


def kind_of_content(sample: bytes, media_type: str = "") -> str | None:
    """The kind that the first bytes of something tell, unpacked; None where they tell nothing."""
    if sample.startswith(b"PAR1"):
        return "parquet"
    if sample.startswith(b"WARC/"):
        return "warc"
    if sample.startswith((b"\xff\xfe", b"\xfe\xff")):
        sample = sample.decode("utf-16", errors="replace").encode()
    start = sample.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith(b"<"):
        kind = _ROOTS.get(root_of(start))
        if kind is not None:
            return kind
        return "html" if re.search(rb"<!doctype html|<(?:html|head|body)\b", start, re.IGNORECASE) else None
    if start.startswith(b"{"):
        return "jsonl"
    if start.startswith(b"["):
        return "json"
    return "html" if media_type in ("text/html", "application/xhtml+xml") else None


def is_gzip(sample: bytes) -> bool:
    """Whether something begins as a gzip file does."""
    return sample.startswith(GZIP)
