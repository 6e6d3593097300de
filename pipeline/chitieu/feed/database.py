"""Connections to the two kinds of database, one writer at a time, and their failures in words that help."""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, OperationalError
from sqlalchemy.pool import NullPool

from chitieu.errors import OutputError, StoppedError

SQLITE_SUFFIXES = (".db", ".sqlite", ".sqlite3")
_BUSY_SECONDS = 30  # how long a write waits for another program that holds the database for a moment
_CONNECT_SECONDS = 10


def database_url(destination: str) -> URL | None:
    """The URL of a database: of a `.db` file, or as given; None for what is neither.

    Raises:
        OutputError: C430 for a URL that can't be used.
    """
    if "://" not in destination:
        path = Path(destination)
        return URL.create("sqlite", database=str(path)) if path.suffix.lower() in SQLITE_SUFFIXES else None
    try:
        url = make_url(destination)
    except (ArgumentError, ValueError) as broken:
        raise OutputError("C430", "is no database URL", place=_scheme(destination), remedy=_URL_REMEDY) from broken
    if url.drivername == "sqlite" and url.database and url.database != ":memory:":
        return url
    if url.drivername in ("postgres", "postgresql", "postgresql+psycopg"):
        return url.set(drivername="postgresql+psycopg")
    raise OutputError(
        "C430",
        f"{url.drivername!r} is no kind of database that is supported",
        place=_scheme(destination),
        remedy=_URL_REMEDY,
    )


_URL_REMEDY = "name a file such as facts.db, or postgresql://user@host/database"


def _scheme(destination: str) -> str:
    return destination.split("://")[0] + "://…"  # the rest may hold a password


def shown(url: URL) -> str:
    """A database as messages name it: the file, or the URL without its password."""
    if url.get_backend_name() == "sqlite":
        return url.database or ""
    return url.set(query={}).render_as_string(hide_password=True)


def exists(url: URL) -> bool:
    """Whether the file of a SQLite database is there."""
    return url.database is not None and Path(url.database).is_file()


def open_engine(url: URL, *, read_only: bool = False) -> Engine:
    """An engine whose transactions are explicit, whose keys are checked, and whose readers never wait for the writer.

    Raises:
        OutputError: C438 where the driver is not installed.
    """
    # No pool: few connections are opened, and one that the server has dropped is never handed out again.
    try:
        if url.get_backend_name() == "sqlite":
            engine = create_engine(
                url, poolclass=NullPool, connect_args={"timeout": _BUSY_SECONDS, "check_same_thread": False}
            )
            event.listen(engine, "connect", _set_up_reader if read_only else _set_up_sqlite)
            event.listen(engine, "begin", _begin_sqlite)
            return engine
        return create_engine(url, poolclass=NullPool, connect_args={"connect_timeout": _CONNECT_SECONDS})
    except (ModuleNotFoundError, NoSuchModuleError) as missing:
        raise OutputError(
            "C438",
            f"needs a driver that is not installed: {missing}",
            place=shown(url),
            remedy="pip install 'chitieu[postgres]'",
        ) from missing
    except (ArgumentError, TypeError, ValueError) as broken:
        raise OutputError("C430", f"can't be used: {broken}", place=shown(url), remedy=_URL_REMEDY) from broken


def _set_up_sqlite(connection: Any, _: object) -> None:
    connection.isolation_level = None  # transactions begin where we say, not where the driver guesses
    cursor = connection.cursor()
    cursor.execute("pragma foreign_keys = on")
    # With a write-ahead log readers see the last commit while one is being written. A power cut may take the last
    # commits from it but never half of one, and a run that is started again does them again.
    cursor.execute("pragma journal_mode = wal")
    cursor.execute("pragma synchronous = normal")
    cursor.close()


def _set_up_reader(connection: Any, _: object) -> None:
    connection.isolation_level = None
    connection.execute("pragma query_only = on")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("chitieu_writes")
    connection.exec_driver_sql("begin immediate" if writes else "begin")


class FileLock:
    """What keeps a second run from writing to a file: SQLite's own lock, on an empty file beside it, which stays."""

    def __init__(self, path: Path) -> None:
        """Take it.

        Raises:
            OutputError: C433 where another run holds it, C434 where its file can't be made.
            StoppedError: C434 where the disk is full.
        """
        try:
            # Whoever asks only whether it is held is in the way for a moment.
            self._connection = sqlite3.connect(_beside(path), timeout=1, isolation_level=None, check_same_thread=False)
            self._connection.execute("begin exclusive")
        except sqlite3.OperationalError as failure:
            if "locked" in str(failure):
                raise held(str(path)) from failure
            raise cannot_open(str(path), failure) from failure

    def release(self) -> None:
        """Let go of it; the system does where the process dies."""
        self._connection.close()

    @staticmethod
    def is_held(path: Path) -> bool:
        """Whether a run holds it."""
        if not _beside(path).is_file():
            return False
        with closing(sqlite3.connect(_beside(path), timeout=0, isolation_level=None)) as connection:
            try:
                connection.execute("select 1 from sqlite_master").fetchall()
            except sqlite3.OperationalError as failure:
                return "locked" in str(failure)
        return False


def _beside(path: Path) -> Path:
    return path.with_name(path.name + "-lock")


def advisory_lock(connection: Connection, place: str) -> None:
    """Take PostgreSQL's lock for this database and schema; it lives as long as the connection.

    Raises:
        OutputError: C433 where another run holds it.
    """
    with connection.begin():
        number = _lock_number(connection)
        if not connection.execute(text("select pg_try_advisory_lock(:number)"), {"number": number}).scalar():
            raise held(place)


def advisory_lock_is_held(connection: Connection) -> bool:
    """Whether a run holds it."""
    number = _lock_number(connection) % 2**64
    query = text(
        "select count(*) from pg_locks where locktype = 'advisory' and classid = :high and objid = :low"
        " and database = (select oid from pg_database where datname = current_database())"
    )
    return bool(connection.execute(query, {"high": number >> 32, "low": number % 2**32}).scalar())


def _lock_number(connection: Connection) -> int:
    schema = connection.execute(text("select current_schema()")).scalar() or ""
    return int.from_bytes(hashlib.sha256(f"chitieu:{schema}".encode()).digest()[:8], "big", signed=True)


def held(place: str) -> OutputError:
    """The error for a place that another run is writing to."""
    return OutputError(
        "C433", "another run is writing to it", place=place, remedy="wait for it to end, or write elsewhere"
    )


def cannot_open(place: str, failure: Exception) -> OutputError | StoppedError:
    """The error for a database that can't be opened or reached: one that stops for what may be over in a while."""
    message = reason_of(failure)
    if "not a database" in message:
        return OutputError(
            "C431", "is a file, but no SQLite database", place=place, remedy="name another file; this one is left alone"
        )
    parent = Path(place).resolve().parent
    if "unable to open" in message and "://" not in place and not parent.is_dir():
        message = f"there is no folder {parent}"
    if _may_pass(failure, message):
        return StoppedError(
            "C434", f"can't be opened: {message}", place=place, remedy="start the same command again when it can be"
        )
    return OutputError(
        "C434", f"can't be opened: {message}", place=place, remedy="check that it exists and that you may write to it"
    )


def _may_pass(failure: Exception, message: str) -> bool:
    """Whether it is a full disk, or a server that is not there: whoever starts the command again may be luckier.

    A server that answers, and refuses us (no such database, no such user), would do so again.
    """
    if isinstance(getattr(failure, "orig", failure), sqlite3.Error):
        return any(said in message for said in ("is full", "disk I/O error", "is locked"))
    if not isinstance(failure, OperationalError) or getattr(failure.orig, "sqlstate", None) is not None:
        return False
    # libpq gives no state to a refused connection, but the server's own words, in the server's language.
    return "FATAL" not in message or any(said in message for said in ("starting up", "shutting down", "too many"))


def is_lost(failure: DBAPIError) -> bool:
    """Whether the connection is gone, so that a new one may do better."""
    # SQLSTATE class 08 is the connection's, 57P the server's own shutdown.
    state = str(getattr(failure.orig, "sqlstate", None) or "")
    return failure.connection_invalidated or state.startswith(("08", "57P"))


def stopped(place: str, failure: Exception) -> StoppedError:
    """The error for a database that can't be written to any more."""
    return StoppedError(
        "C435",
        f"could not be written to: {reason_of(failure)}; what was written before stands",
        place=place,
        remedy="make room or mend it, and start the same command again: it goes on from there",
    )


def reason_of(failure: Exception) -> str:
    """What the database said, on one line, without the statement."""
    said = getattr(failure, "orig", None) or failure
    return " ".join(str(said).split())[:300]
