"""Where a run writes: a database, or a file of facts that is written from one.

A file can't be added to without the risk of half a line, nor be asked what it holds. So facts bound for a file are kept
in a database beside it (`facts.jsonl.db`), which makes a run that is cut off go on like any other; when a run has come
to its end, the file is written from it, whole or not at all, in the order of the articles' keys.
"""

from __future__ import annotations

from pathlib import Path

from chitieu.errors import OutputError, StoppedError
from chitieu.feed.database import SQLITE_SUFFIXES, database_url
from chitieu.feed.queries import stored_facts
from chitieu.feed.store import Store
from chitieu.writing import Format, format_of, open_sink

_KINDS = "end it in .db (SQLite), .jsonl, .csv or .parquet, or name a database: postgresql://user@host/database"


class Destination:
    """What `--to` names.

    Raises (on opening):
        OutputError: C403 where its kind can't be told; what `Store` raises.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.file: Path | None = None
        self._format: Format | None = None
        database = name
        if database_url(name) is None:
            self.file = Path(name)
            self._format = _format(self.file)
            if self.file.is_dir():
                raise OutputError("C401", "is a folder", place=name, remedy="name a file in it")
            database = str(beside(self.file))
        self.store = Store(database)

    @property
    def is_sqlite(self) -> bool:
        """Whether it is a SQLite database that the user named as a file."""
        return "://" not in self.name and self.name.lower().endswith(SQLITE_SUFFIXES)

    def complete(self) -> None:
        """Write the file, where there is one, from all that is on record.

        Raises:
            StoppedError: C401 or C402 where it can't be written; what stood there before still stands.
        """
        if self.file is None or self._format is None:
            return
        try:
            with open_sink(self.file, self._format) as sink:
                for _, facts in stored_facts(self.store):
                    sink.write(facts)
        except OutputError as failure:
            raise StoppedError(
                failure.code,
                failure.message,
                place=failure.place,
                remedy="start the same command again: no work is lost",
            ) from failure


def beside(file: Path) -> Path:
    """The database that a file of facts is written from."""
    return file.with_name(file.name + ".db")


def database_of(name: str) -> str:
    """The database to look into: the one that is named, or that stands beside a file of facts."""
    if database_url(name) is None and Path(name).suffix.lower() in {f".{kind.value}" for kind in Format}:
        return str(beside(Path(name)))
    return name


def _format(path: Path) -> Format:
    try:
        return format_of(path)
    except OutputError as unknown:
        raise OutputError("C403", unknown.message, place=str(path), remedy=_KINDS) from unknown
