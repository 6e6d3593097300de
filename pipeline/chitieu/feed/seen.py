"""Which articles a run has come across, in a temporary file instead of memory."""

from __future__ import annotations

import hashlib
import sqlite3


class Seen:
    """Keys of a run with the digest of the content each came with; vanishes with the process."""

    def __init__(self) -> None:
        # An empty name is SQLite's own temporary database: a few MB of cache, the rest in a file that has no name.
        self._connection = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._connection.execute("pragma journal_mode = off")
        self._connection.execute("pragma synchronous = off")
        self._connection.execute("create table seen (key blob primary key, digest blob) without rowid")
        self._connection.execute("begin")

    def before(self, key: str, digest: str) -> str | None:
        """Note a key: None for a new one, else the digest that it came with first."""
        short = hashlib.sha256(key.encode("utf-8", errors="surrogatepass")).digest()[:16]
        row = self._connection.execute("select digest from seen where key = ?", (short,)).fetchone()
        if row is not None:
            return str(row[0])
        self._connection.execute("insert into seen values (?, ?)", (short, digest))
        return None

    def close(self) -> None:
        """Forget everything."""
        self._connection.close()
