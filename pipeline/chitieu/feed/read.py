"""Sources to articles: `read_sources`, and the way of each kind of source."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from chitieu.errors import ArticleError
from chitieu.feed.ahead import read_ahead
from chitieu.feed.claims import Claims
from chitieu.feed.extra import need
from chitieu.feed.failure import SourceError, shorten
from chitieu.feed.fetch import Fetcher
from chitieu.feed.item import Found, InMemory, Memory, Missing
from chitieu.feed.settings import FetchSettings
from chitieu.feed.source import LISTS, Source, kind_of_path, parse_sources
from chitieu.feed.way import Shared, Way


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
    return read_ahead(chosen, reader.read, memory or InMemory(), settings.sources_at_once, reader.wanted)


def _need_packages(source: Source) -> None:
    kind = source.kind or (None if source.on_web else kind_of_path(Path(source.location)))
    if source.on_web or kind in LISTS:
        need("protego")
        need("feedparser")
    elif kind == "warc":
        need("warcio")


class _Reader:
    """Reads the sources of one run, each from a thread of its own."""

    def __init__(self, settings: FetchSettings) -> None:
        self._local = threading.local()
        self._shared = Shared(settings, Fetcher(settings, sleep=self._sleep), Claims())

    def _sleep(self, seconds: float) -> None:
        self._local.sleep(seconds)

    def read(
        self, source: Source, number: int, memory: Memory, sleep: Callable[[float], None]
    ) -> Iterator[Found | Missing]:
        """Everything of one source; its failure is the last thing it gives."""
        self._local.sleep = sleep
        way = Way(self._shared, source, memory, number, sleep)
        try:
            yield from way.items()
        except ArticleError as failure:
            yield way.missing(source.location, failure)
        except Exception as failure:  # a mistake of ours or of a library costs this source, not the night's run
            reason = f"failed unexpectedly: {type(failure).__name__}: {failure}"
            yield way.missing(source.location, SourceError("C153", shorten(reason), again=True))

    def wanted(self, number: int, item: Found | Missing) -> bool:
        """Whether what a source gave is the run's; not what an earlier source gave too."""
        return self._shared.claims.given(item.key, number)
