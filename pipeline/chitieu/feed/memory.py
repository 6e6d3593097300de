"""What a store remembers of sources: the `Memory` that `read_sources` asks."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select

from chitieu.feed import schema
from chitieu.feed.item import Found
from chitieu.feed.outcome import Reader
from chitieu.feed.store import Store


class StoreMemory:
    """A `chitieu.feed.item.Memory` over a store.

    Validators are kept in memory until the run ends and `Store.finish` writes them: with them kept and an article
    lost, the next run would be told that there is nothing new.
    """

    def __init__(self, store: Store, reader: Reader) -> None:
        self._store = store
        self._reader = reader
        self._stale: list[str] = []
        self.fetched: dict[str, tuple[str | None, str | None, int]] = {}

    def validators(self, url: str) -> tuple[str | None, str | None] | None:
        """As `Memory.validators`; none for a feed that was last read with another model, so that it is listed anew."""
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
        errors = schema.errors
        final = select(errors.c.id).where(errors.c.key == key, errors.c.again.is_(False)).limit(1)
        return bool(self._store.query(final))

    def stale(self) -> Iterator[Found]:
        """Articles that sources were told are known, and that this reader has not read."""
        for key in self._stale:
            found = self._store.found(key)
            if found is not None:
                yield found

    def to_write(self) -> list[tuple[str, str | None, str | None, int]]:
        """What `Store.finish` takes."""
        return [(url, *validators) for url, validators in sorted(self.fetched.items())]
