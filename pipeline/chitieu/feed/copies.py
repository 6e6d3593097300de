"""Wire copies among what a store holds and what a run reads."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from sqlalchemy import func, select

from chitieu.feed import schema
from chitieu.feed.duplicates import DuplicateIndex, Signature, signature
from chitieu.feed.item import Found
from chitieu.feed.store import Store

_AT_ONCE = 1_000  # signatures held at a time


class StoredCopies:
    """Tells copies of articles on record, and of those that this run has read before them.

    Articles are numbered as in the store; those that are not in it yet count on from there.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._index = DuplicateIndex()
        # Keys of this run's articles, in a temporary database of SQLite's own: a few MB of memory, the rest on disk.
        self._keys = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._keys.execute("create table keys (number integer primary key, key text unique)")
        self._keys.execute("begin")
        self._filled = False
        articles = schema.articles
        self._on_record = int(store.query(select(func.max(articles.c.id)))[0][0] or 0)
        self._next = self._on_record + 1

    def _fill(self) -> None:
        """Read what is on record: once, and not before something new is to be compared with it (0.2 ms an article)."""
        if not self._filled:
            self._filled = True
            for number, kept, url in self._stored():
                self._index.add(number, kept, url)

    def _stored(self) -> Iterator[tuple[int, Signature, str | None]]:
        """Articles that are no copies, in the order in which they were read."""
        table = schema.articles
        last = 0
        while True:
            query = select(table.c.id, table.c.signature, table.c.url).where(table.c.id > last)
            rows = self._store.query(query.where(table.c.state != "copy").order_by(table.c.id).limit(_AT_ONCE))
            if not rows:
                return
            last = rows[-1].id
            for row in rows:
                kept = None if row.signature is None else Signature.load(row.signature)
                if kept is not None:
                    yield row.id, kept, row.url

    def look(self, found: Found, *, compare: bool = True) -> tuple[str, str | None, float | None]:
        """Compare an article with those before it, and keep it for those after it unless it is a copy.

        Args:
            found: the article.
            compare: False for one that is on record as no copy, and unchanged.

        Returns:
            Its signature; the key of the article that it copies, and how alike they are.
        """
        own = signature(found.article.text)
        if not compare:
            return own.dump(), None, None  # what is on record holds it already
        self._fill()
        number = self._number(found.key)
        copy = self._index.find(own, found.url, besides=number)
        if copy is not None:
            self._index.remove(number)
            return own.dump(), self._key(copy.article), copy.similarity
        self._index.add(number, own, found.url)
        return own.dump(), None, None

    def close(self) -> None:
        """Forget everything."""
        self._index.close()
        self._keys.close()

    def _number(self, key: str) -> int:
        row = self._keys.execute("select number from keys where key = ?", (key,)).fetchone()
        if row is None:
            table = schema.articles
            row = next(iter(self._store.query(select(table.c.id).where(table.c.key == key))), None)
        if row is not None:
            return int(row[0])
        self._keys.execute("insert into keys values (?, ?)", (self._next, key))
        self._next += 1
        return self._next - 1

    def _key(self, number: int) -> str:
        if number > self._on_record:
            return str(self._keys.execute("select key from keys where number = ?", (number,)).fetchone()[0])
        table = schema.articles
        return str(self._store.query(select(table.c.key).where(table.c.id == number))[0][0])
