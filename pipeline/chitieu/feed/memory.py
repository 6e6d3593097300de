"""What a store remembers of sources: the `Memory` that `read_sources` asks."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from sqlalchemy import exists, select

from chitieu.feed import schema
from chitieu.feed.item import Found
from chitieu.feed.outcome import Reader
from chitieu.feed.store import Store

_REFUSED = "C130"  # an address that is not on the public internet


class StoreMemory:
    """A `chitieu.feed.item.Memory` over a store.

    Validators are kept in memory until the run ends and `Store.finish` writes them: with them kept and an article
    lost, the next run would be told that there is nothing new.

    Args:
        store: open.
        reader: of the run.
        again: nothing is missing for good: what failed is asked for anew.
        allow_private: nor is what was refused for its address, since this run may call it.
    """

    def __init__(self, store: Store, reader: Reader, *, again: bool = False, allow_private: bool = False) -> None:
        self._store = store
        self._reader = reader
        self._again = again
        self._allow_private = allow_private
        self._stale: list[str] = []
        self.fetched: dict[str, tuple[str | None, str | None, int]] = {}

    def validators(self, url: str) -> tuple[str | None, str | None] | None:
        """As `Memory.validators`; none for a feed that is to be listed anew.

        It was last read with another model, or may list what is to be asked for again.
        """
        if self._again or (self._allow_private and self._has_refused):
            return None
        fetches, runs = schema.fetches, schema.runs
        query = (
            select(fetches.c.etag, fetches.c.last_modified)
            .join(runs, runs.c.id == fetches.c.run)
            .where(fetches.c.url == url)
            .where(runs.c.model_digest == self._reader.model_digest)
            .where(runs.c.min_confidence == self._reader.min_confidence)
        )
        rows = self._store.query(query)
        return (rows[0].etag, rows[0].last_modified) if rows else None

    def remember(self, url: str, etag: str | None, last_modified: str | None, status: int) -> None:
        """As `Memory.remember`."""
        if len(url.encode("utf-8", errors="surrogatepass")) <= schema.LONGEST_KEY:
            self.fetched[url] = (etag, last_modified, status)

    def known(self, key: str) -> bool:
        """As `Memory.known`. An article that another model has read is known, and read again from the database."""
        stored = self._store.stored(key)
        if stored is not None:
            if stored.state == "failed" or (stored.state == "tagged" and stored.reader != self._reader):
                self._stale.append(key)
            return True
        if self._again:
            return False
        errors = schema.errors
        final = select(errors.c.id).where(errors.c.key == key, errors.c.again.is_(False)).limit(1)
        if self._allow_private:
            final = final.where(errors.c.code != _REFUSED)
        return bool(self._store.query(final))

    @cached_property
    def _has_refused(self) -> bool:
        """Whether the last that is known of some page is that its address may not be called."""
        errors, articles = schema.errors, schema.articles
        later = errors.alias()
        query = (
            select(errors.c.id)
            .where(errors.c.code == _REFUSED)
            .where(~exists().where(later.c.key == errors.c.key, later.c.id > errors.c.id))
            .where(~exists().where(articles.c.key == errors.c.key))
            .limit(1)
        )
        return bool(self._store.query(query))

    def stale(self) -> Iterator[Found]:
        """Articles that sources were told are known, and that this reader has not read."""
        for key in self._stale:
            found = self._store.found(key)
            if found is not None:
                yield found

    def to_write(self) -> list[tuple[str, str | None, str | None, int]]:
        """What `Store.finish` takes."""
        return [(url, *validators) for url, validators in sorted(self.fetched.items())]
