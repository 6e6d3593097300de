"""The way from one source to its articles, for each kind of source."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from chitieu.errors import ArticleError
from chitieu.feed import files
from chitieu.feed.claims import Claims, Outcome
from chitieu.feed.entry import Entry
from chitieu.feed.failure import SourceError, shorten
from chitieu.feed.fetch import Fetcher
from chitieu.feed.item import Found, Memory, Missing
from chitieu.feed.opml import read_opml
from chitieu.feed.pages import ACCEPT, MEDIA_TYPES, article_of_entry, article_of_page, extract_page
from chitieu.feed.settings import FetchSettings
from chitieu.feed.sitemap import Further, read_sitemap
from chitieu.feed.source import LISTS, SAMPLE, STANDARD_INPUT, Source, is_gzip, kind_of_content, kind_of_path
from chitieu.feed.syndication import read_feed
from chitieu.feed.unpacking import gunzip, read_up_to
from chitieu.feed.url import canonical_url, is_web

_ACCEPT_LIST = "application/rss+xml,application/atom+xml,application/xml;q=0.9,text/xml;q=0.9,*/*;q=0.5"
_PATIENCE = 0.05  # seconds between two looks at what another source is fetching


@dataclass(frozen=True, slots=True)
class Shared:
    """What the sources of one run share.

    Attributes:
        settings: limits and manners.
        fetcher: with its pace and robots.txt files.
        claims: pages that the run has come across.
    """

    settings: FetchSettings
    fetcher: Fetcher
    claims: Claims


class Way:
    """The reading of one source."""

    def __init__(
        self, reader: Shared, source: Source, memory: Memory, number: int, sleep: Callable[[float], None]
    ) -> None:
        self.reader = reader
        self.settings = reader.settings
        self.source = source
        self.memory = memory
        self.number = number
        self.sleep = sleep
        self.listed: set[str] = set()  # against lists that name each other in a circle
        limits = [limit for limit in (source.limit, reader.settings.max_entries) if limit is not None]
        self.left = min(limits) if limits else sys.maxsize
        self.lists = 0
        self.settled = True  # nothing of the list that is being read has to be tried again

    # -- what is handed on

    def found(self, found: Found) -> Found:
        """An article with the labels of the source, counted against its limit."""
        source = self.source
        self.left -= 1
        return replace(
            found,
            feed=source.name or source.location,
            language=source.language,
            province=source.province,
            section=source.section,
        )

    def missing(self, key: str, failure: ArticleError, place: str | None = None) -> Missing:
        """What an error says of something that the source had."""
        again = isinstance(failure, SourceError) and failure.again
        reason = f"{failure.message} ({failure.remedy})" if failure.remedy else failure.message
        where = place or failure.place or key
        return Missing(key, where, failure.code, reason, again, self.source.name or self.source.location)

    def items(self) -> Iterator[Found | Missing]:
        """Everything of the source.

        Raises:
            ArticleError: it, or the rest of it, can't be read.
        """
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
            if kind in LISTS:
                limit = self._limit(kind)
                data = read_up_to(iter(lambda: stream.read(2**16), b""), limit, "standard input")
                yield from self._list(kind, data, "standard input", None, None, depth)
                return
            given = files.read_stream(stream, kind)
        else:
            kind = kind or files.kind_of(path)
            if kind in LISTS:
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
            key = canonical_url(url)
            mine, outcome = self.reader.claims.claim(key, self.number)
            if outcome is not None and not self.memory.known(key):
                own = outcome_of(page.url, data)
                if mine:
                    outcome.set_result(own)
                yield self._item(key, own, Entry(url))
        elif kind in LISTS:
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
            if canonical_url(location) in self.listed:
                return
            self.listed.add(canonical_url(location))
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
        key, url = f"{feed}#{entry.name or ''}", None
        try:
            if entry.link is not None:
                url = key = canonical_url(entry.link)
            if self.memory.known(key):
                return
            mine, outcome = self.reader.claims.claim(key, self.number)
            if outcome is None:
                return
            if mine:
                outcome.set_result(Outcome(key, url, SourceError("C148", "is in a feed", place=key)))
            article = article_of_entry(entry, key, url)
        except ArticleError as failure:
            yield self.missing(key, failure)
        else:
            yield self.found(Found(key, article, url))

    def _page(self, entry: Entry) -> Iterator[Found | Missing]:
        assert entry.link is not None
        key = entry.link
        try:
            key = canonical_url(entry.link)
        except ArticleError as failure:
            yield self.missing(key, failure)
            return
        if self.memory.known(key):
            return
        mine, outcome = self.reader.claims.claim(key, self.number)
        if outcome is None:
            return
        if mine:
            self._settle(outcome, lambda: self._fetched(key))
        while not outcome.done():
            self.sleep(_PATIENCE)
        yield self._item(key, outcome.result(), entry)

    def _settle(self, outcome: Future[Outcome], get: Callable[[], Outcome]) -> None:
        """Fill in an outcome, whatever happens: others may be waiting for it."""
        try:
            outcome.set_result(get())
        except BaseException as failure:
            if not isinstance(failure, Exception):
                outcome.set_result(Outcome("", None, SourceError("C153", "was not read to the end", again=True)))
                raise
            reason = shorten(f"failed unexpectedly: {type(failure).__name__}: {failure}")
            outcome.set_result(Outcome("", None, SourceError("C153", reason, again=True)))

    def _fetched(self, key: str) -> Outcome:
        """By its canonical URL, so that nothing depends on which of several links to it came first."""
        try:
            page = self.reader.fetcher.get(key, limit=self.settings.max_page, accept=ACCEPT, media_types=MEDIA_TYPES)
        except ArticleError as failure:
            return Outcome(failure.place or key, None, failure)
        return outcome_of(page.url, page.data)

    def _item(self, key: str, outcome: Outcome, entry: Entry) -> Found | Missing:
        try:
            article = article_of_page(outcome.article, key, outcome.url, entry)
        except ArticleError as failure:
            missing = self.missing(key, failure, outcome.place)
            self.settled = self.settled and not missing.again
            return missing
        return self.found(Found(key, article, outcome.url))


def outcome_of(url: str, data: bytes) -> Outcome:
    """What a page that was fetched gives."""
    try:
        return Outcome(url, canonical_url(url), extract_page(data))
    except ArticleError as failure:
        return Outcome(url, canonical_url(url), failure)
