"""Sources to articles: `read_sources`, and the way of each kind of source."""

from __future__ import annotations

import hashlib
import sys
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from chitieu.errors import ArticleError
from chitieu.feed import files
from chitieu.feed.ahead import read_ahead
from chitieu.feed.entry import Entry
from chitieu.feed.extra import need
from chitieu.feed.failure import SourceError, shorten
from chitieu.feed.fetch import Fetcher, Page
from chitieu.feed.item import Found, InMemory, Memory, Missing
from chitieu.feed.opml import read_opml
from chitieu.feed.pages import ACCEPT, MEDIA_TYPES, article_of_entry, article_of_page
from chitieu.feed.settings import FetchSettings
from chitieu.feed.sitemap import Further, read_sitemap
from chitieu.feed.source import SAMPLE, STANDARD_INPUT, Source, is_gzip, kind_of_content, kind_of_path, parse_sources
from chitieu.feed.syndication import read_feed
from chitieu.feed.unpacking import gunzip, read_up_to
from chitieu.feed.url import canonical_url, is_web

_LISTS = ("feed", "sitemap", "opml")
_ACCEPT_LIST = "application/rss+xml,application/atom+xml,application/xml;q=0.9,text/xml;q=0.9,*/*;q=0.5"


def read_sources(
    sources: Iterable[Source | str],
    *,
    memory: Memory | None = None,
    settings: FetchSettings | None = None,
) -> Iterator[Found | Missing]:
    """Read sources, in their order, a few articles in memory at a time.

    Args:
        sources: as `parse_source` reads them from the command line, or as `feeds.toml` names them.
        memory: what earlier runs left behind; None for nothing.
        settings: limits and manners of fetching.

    Yields:
        Articles in Vietnamese, and what could not be made one. A page on record (`memory.known`) is passed over.

    Raises:
        SourceError: C143 or C145 for a source that is written wrongly, C144 where it needs a package that is not
            installed; before anything is read.
    """
    settings = settings or FetchSettings()
    chosen = [
        source for given in sources for source in ([given] if isinstance(given, Source) else parse_sources([given]))
    ]
    for source in chosen:
        _need_packages(source)
    reader = _Reader(settings)
    return read_ahead(chosen, reader.read, memory or InMemory(), settings.sources_at_once)


def _need_packages(source: Source) -> None:
    kind = source.kind or (None if source.on_web else kind_of_path(Path(source.location)))
    if source.on_web or kind in _LISTS:
        need("protego")
        need("feedparser")
    elif kind == "warc":
        need("warcio")


class _Seen:
    """Pages that this run has fetched or tried, in eight bytes each: feeds of one site name the same ones."""

    def __init__(self) -> None:
        self._keys: set[bytes] = set()
        self._lock = threading.Lock()

    def first_time(self, key: str) -> bool:
        digest = hashlib.blake2b(key.encode("utf-8", errors="replace"), digest_size=8).digest()
        with self._lock:
            if digest in self._keys:
                return False
            self._keys.add(digest)
            return True


class _Reader:
    """What the sources of one run share: the fetcher with its pace and robots.txt files, and the pages seen."""

    def __init__(self, settings: FetchSettings) -> None:
        self.settings = settings
        self.seen = _Seen()
        self._local = threading.local()
        self.fetcher = Fetcher(settings, sleep=self._sleep)

    def _sleep(self, seconds: float) -> None:
        self._local.sleep(seconds)

    def read(self, source: Source, memory: Memory, sleep: Callable[[float], None]) -> Iterator[Found | Missing]:
        """Everything of one source, from the thread that reads it; its failure is the last thing it gives."""
        self._local.sleep = sleep
        way = _Way(self, source, memory)
        try:
            yield from way.items()
        except SourceError as failure:
            yield way.missing(source.location, failure)
        except ArticleError as failure:
            yield way.missing(source.location, failure)
        except Exception as failure:  # a mistake of ours or of a library costs this source, not the night's run
            reason = f"failed unexpectedly: {type(failure).__name__}: {failure}"
            yield way.missing(source.location, SourceError("C153", shorten(reason), again=True))


class _Way:
    """The reading of one source."""

    def __init__(self, reader: _Reader, source: Source, memory: Memory) -> None:
        self.reader = reader
        self.settings = reader.settings
        self.source = source
        self.memory = memory
        limits = [limit for limit in (source.limit, reader.settings.max_entries) if limit is not None]
        self.left = min(limits) if limits else sys.maxsize
        self.lists = 0
        self.settled = True  # nothing of the list that is being read has to be tried again

    # -- what is handed on

    def found(self, found: Found) -> Found:
        source = self.source
        return replace(
            found,
            feed=source.name or source.location,
            language=source.language,
            province=source.province,
            section=source.section,
        )

    def missing(self, key: str, failure: ArticleError, place: str | None = None) -> Missing:
        again = isinstance(failure, SourceError) and failure.again
        reason = f"{failure.message} ({failure.remedy})" if failure.remedy else failure.message
        where = place or failure.place or key
        return Missing(key, where, failure.code, reason, again, self.source.name or self.source.location)

    def items(self) -> Iterator[Found | Missing]:
        location = self.source.location
        if is_web(location):
            yield from self._from_web(location, self.source.kind, 0)
        else:
            yield from self._from_disk(location, self.source.kind, 0)

    # -- files

    def _from_disk(self, location: str, kind: str | None, depth: int) -> Iterator[Found | Missing]:
        path = Path(location)
        if location == STANDARD_INPUT:
            kind, stream = files.standard_input(kind)
            if kind in _LISTS:
                limit = self._limit(kind)
                data = read_up_to(iter(lambda: stream.read(2**16), b""), limit, "standard input")
                yield from self._list(kind, data, "standard input", None, None, depth)
                return
            given = files.read_stream(stream, kind)
        else:
            kind = kind or files.kind_of(path)
            if kind in _LISTS:
                data = files.read_whole(path, self._limit(kind))
                yield from self._list(kind, data, location, None, None, depth)
                return
            given = files.read_path(path, kind)
        with closing(given):
            for key, place, article in given:
                if isinstance(article, ArticleError):
                    yield self.missing(key, article, place)
                    continue
                yield self.found(Found(key, article, files.url_of(article)))
                self.left -= 1
                if self.left <= 0:
                    return

    # -- the web

    def _from_web(self, url: str, kind: str | None, depth: int) -> Iterator[Found | Missing]:
        if kind == "page":
            yield from self._page(Entry(url))
            return
        limit = self._limit(kind)
        validators = self.memory.validators(url)
        page = self.reader.fetcher.get(url, limit=limit, validators=validators, accept=_ACCEPT_LIST)
        if page.status == 304:
            return
        data = page.data
        if is_gzip(data):
            data = read_up_to(gunzip([data], url), limit, url)
        kind = kind or kind_of_content(data[:SAMPLE], page.media_type) or kind_of_path(Path(url.partition("?")[0]))
        if kind == "html":
            yield from self._read_page(page, data, Entry(url), canonical_url(url))
        elif kind in _LISTS:
            self.settled, outer = True, self.settled
            further = yield from self._list(kind, data, url, page.url, page.charset, depth)
            if self.settled and not further and (page.etag or page.last_modified):
                self.memory.remember(url, page.etag, page.last_modified, page.status)
            self.settled = self.settled and outer
        else:
            what = kind or page.media_type or "something unknown"
            raise SourceError(
                "C143",
                f"is {shorten(what, 60)}, where a feed, sitemap, OPML list or page was expected",
                place=url,
                remedy="files of articles are read from disk: download it first",
            )

    def _limit(self, kind: str | None) -> int:
        """Most bytes of a list; one of an unknown kind may be a sitemap."""
        settings = self.settings
        return settings.max_feed if kind in ("feed", "opml") else max(settings.max_sitemap, settings.max_feed)

    def _list(
        self, kind: str, data: bytes, place: str, url: str | None, charset: str | None, depth: int
    ) -> Generator[Found | Missing, None, bool]:
        """What a feed, sitemap or OPML list leads to. Returns whether it named other lists.

        The validators of a list that names others are not kept: they may change while it does not.
        """
        if is_gzip(data):
            data = read_up_to(gunzip([data], place), self._limit(kind), place)
        base, further = url or (place if is_web(place) else None), False
        entries: Iterable[object]
        if kind == "feed":
            entries = read_feed(data, place, base=base, charset=charset)
        elif kind == "sitemap":
            entries = read_sitemap(data, place, base=base)
        else:
            entries = read_opml(data, place)
        del data
        for entry in entries:
            if self.left <= 0:
                self.settled = False
                break
            if isinstance(entry, Entry):
                yield from self._entry(entry, url or place)
            elif isinstance(entry, Further):
                further = True
                yield from self._further(entry.link, "sitemap", place, depth)
            else:
                further = True
                yield from self._further(entry.link, "opml" if entry.opml else None, place, depth)
        return further

    def _further(self, location: str, kind: str | None, place: str, depth: int) -> Iterator[Found | Missing]:
        """A list that a list names; its failure is its own."""
        try:
            if depth >= self.settings.max_depth:
                message = f"stands deeper than {self.settings.max_depth} lists in each other"
                raise SourceError("C141", message, place=location, remedy="name it by itself")
            self.lists += 1
            if self.lists > self.settings.max_lists:
                message = f"is beyond the first {self.settings.max_lists:,} lists of its source"
                raise SourceError("C141", message, place=location, remedy="name it by itself")
            if not is_web(location):
                # A file that a list names would be one of ours; a list, on disk too, is a stranger's.
                raise SourceError("C131", "is no web address", place=location, remedy="name files by themselves")
            if not self.reader.seen.first_time(f"list {canonical_url(location)}"):
                return
            yield from self._from_web(location, kind, depth + 1)
        except ArticleError as failure:
            missing = self.missing(location, failure, failure.place or place)
            self.settled = self.settled and not missing.again
            yield missing

    # -- one article

    def _entry(self, entry: Entry, feed: str) -> Iterator[Found | Missing]:
        if entry.link is not None and self.settings.pages:
            yield from self._page(entry)
            return
        key = f"{feed}#{entry.name or ''}"
        try:
            url = None
            if entry.link is not None:
                url = key = canonical_url(entry.link)
            if self.memory.known(key) or not self.reader.seen.first_time(key):
                return
            article = article_of_entry(entry, key, url)
        except ArticleError as failure:
            yield self.missing(key, failure)
        else:
            self.left -= 1
            yield self.found(Found(key, article, url))

    def _page(self, entry: Entry) -> Iterator[Found | Missing]:
        assert entry.link is not None
        key = entry.link
        try:
            key = canonical_url(entry.link)
            if self.memory.known(key) or not self.reader.seen.first_time(key):
                return
            page = self.reader.fetcher.get(
                entry.link, limit=self.settings.max_page, accept=ACCEPT, media_types=MEDIA_TYPES
            )
        except ArticleError as failure:
            missing = self.missing(key, failure)
            self.settled = self.settled and not missing.again
            yield missing
            return
        yield from self._read_page(page, page.data, entry, key)

    def _read_page(self, page: Page, data: bytes, entry: Entry, key: str) -> Iterator[Found | Missing]:
        url = canonical_url(page.url)
        try:
            article = article_of_page(data, key, url, entry)
        except ArticleError as failure:
            yield self.missing(key, failure, page.url)
        else:
            self.left -= 1
            yield self.found(Found(key, article, url))
