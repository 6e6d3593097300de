"""The database of facts: opened by one run at a time, written a batch at a time, never left half-written."""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from types import TracebackType
from typing import Any

from sqlalchemy import Connection, Select, func, insert, inspect, select, text, update
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError

from chitieu import __version__
from chitieu.errors import OutputError, StoppedError
from chitieu.feed import database, schema
from chitieu.feed.database import FileLock
from chitieu.feed.item import Found
from chitieu.feed.outcome import Batch, Reader, Stored
from chitieu.feed.transfer import Numbers, Transfer

# What a database refuses of one article, rather than being unable to write at all.
_REFUSALS = (DataError, IntegrityError, UnicodeError, OverflowError)
_RECONNECTIONS = (0.5, 1.0, 2.0, 4.0, 8.0)  # seconds before each further try


@dataclass(frozen=True, slots=True)
class Terms:
    """What a run is: set down before it begins.

    Attributes:
        reader: what reads the articles.
        model: the model's folder, for people.
        sources: as named on the command line.
        workers: processes that read.
    """

    reader: Reader
    model: str
    sources: Sequence[str]
    workers: int


def now() -> str:
    """The moment as tables hold it, to the millisecond: two runs of one second still have an order."""
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Store:
    """A database of facts, open for one run. A context manager: leaving it lets go of the lock.

    Raises (on opening):
        OutputError: C430 to C434 or C438 where the database can't be used, each saying why.
    """

    def __init__(self, destination: str) -> None:
        url = database.database_url(destination)
        if url is None:
            raise OutputError(
                "C403",
                f"is no database: {destination!r}",
                place=destination,
                remedy="name a .db file or a database URL",
            )
        self.place = database.shown(url)
        self._engine = database.open_engine(url)
        self._sqlite = url.get_backend_name() == "sqlite"
        self._lock = FileLock(Path(self.place)) if self._sqlite else None
        self._run: str | None = None
        self._terms: Terms | None = None
        self._started = 0.0
        self._local = threading.local()
        self._readers: list[Connection] = []
        self._batches = 0
        try:
            self._connection = self._connect()
            self._create_or_check()
            with self._connection.begin():
                self._numbers = Numbers.read(self._connection)
        except DBAPIError as failure:
            self.close()
            raise database.cannot_open(self.place, failure) from failure
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connection and the lock."""
        writer = getattr(self, "_connection", None)
        for connection in (*self._readers, writer):
            if connection is not None:
                with suppress(DBAPIError):
                    connection.close()
        if self._lock is not None:
            self._lock.release()

    # -- a run -------------------------------------------------------------------------------------------------------

    @property
    def run(self) -> str:
        """Id of the run that has begun."""
        assert self._run is not None
        return self._run

    def begin(self, terms: Terms) -> str:
        """Set down that a run begins; one that was cut off before it is said to have been.

        Returns:
            The run's id, which begins with its moment.
        """
        runs = schema.runs
        sources = json.dumps(list(terms.sources), ensure_ascii=False)
        run = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%SZ-") + secrets.token_hex(3)

        def work(connection: Connection) -> None:
            # We hold the lock: whatever still says that it is running is not.
            cut_off = update(runs).where(runs.c.state == "running")
            connection.execute(cut_off.values(state="interrupted", message="killed, or the machine went down"))
            last = connection.execute(
                select(runs.c.id, runs.c.state, runs.c.sources)
                .order_by(runs.c.started.desc(), runs.c.id.desc())
                .limit(1)
            ).first()
            goes_on = last is not None and last.state in ("interrupted", "stopped") and last.sources == sources
            connection.execute(
                insert(runs).values(
                    id=run,
                    started=now(),
                    state="running",
                    continues=last.id if goes_on and last is not None else None,
                    sources=sources,
                    workers=terms.workers,
                    model=terms.model,
                    model_digest=terms.reader.model_digest,
                    min_confidence=terms.reader.min_confidence,
                    version=__version__,
                )
            )

        self._transaction(work)
        self._run, self._terms, self._started, self._batches = run, terms, time.monotonic(), 0
        return run

    def write(self, batch: Batch) -> None:
        """Write a batch, in one transaction.

        An article that the database refuses (a number beyond its range) is set down as an error.

        Raises:
            StoppedError: C435 where it can't be written (a full disk), C436 where the connection is lost for good.
        """
        try:
            self._write(batch)
        except _REFUSALS as refusal:
            parts = batch.parts()
            if len(parts) > 1:
                for part in parts:
                    self.write(part)
            else:
                self._write(batch.as_failure("C445", f"the database refuses it: {database.reason_of(refusal)}"))

    def _write(self, batch: Batch) -> None:
        number = self._batches + 1
        numbers = self._numbers

        def work(connection: Connection) -> None:
            nonlocal numbers
            if not self._count(connection, batch, number):
                return  # it was written, and only the answer was lost; `numbers` are those of the try that wrote it
            assert self._terms is not None
            numbers = replace(self._numbers)  # a try that fails must not count
            Transfer(connection, self.run, self._terms.reader, numbers, now()).write(batch)

        self._transaction(work)
        self._numbers, self._batches = numbers, number

    def _count(self, connection: Connection, batch: Batch, number: int) -> bool:
        """Add a batch to the run's counts; False where it is counted already."""
        runs = schema.runs
        counts = {
            "articles": len(batch.readings),
            "unchanged": batch.unchanged,
            "copies": len(batch.copies),
            "facts": batch.facts,
            "errors": len(batch.failures),
            "worker_deaths": batch.worker_deaths,
        }
        counted = connection.execute(
            update(runs)
            .where(runs.c.id == self.run, runs.c.batches == number - 1)
            .values(batches=number, **{name: runs.c[name] + count for name, count in counts.items()})
        )
        return counted.rowcount == 1

    def finish(
        self,
        state: str = "finished",
        message: str | None = None,
        fetched: Sequence[tuple[str, str | None, str | None, int]] = (),
    ) -> None:
        """Set down how a run ended.

        Args:
            state: `finished`, `interrupted` or `stopped`.
            message: why it did not finish.
            fetched: feeds as (url, etag, last_modified, status), to be asked for only if they change.
        """
        runs, fetches = schema.runs, schema.fetches

        def work(connection: Connection) -> None:
            seconds = round(time.monotonic() - self._started, 3)
            ended = update(runs).where(runs.c.id == self.run)
            connection.execute(ended.values(state=state, ended=now(), seconds=seconds, message=message))
            for url, etag, last_modified, status in fetched:
                row = {"etag": etag, "last_modified": last_modified, "status": status, "at": now(), "run": self.run}
                if connection.execute(update(fetches).where(fetches.c.url == url).values(row)).rowcount == 0:
                    connection.execute(insert(fetches).values(url=url, **row))

        self._transaction(work)

    # -- questions ---------------------------------------------------------------------------------------------------

    def query(self, statement: Select[Any]) -> list[Any]:
        """Rows of a query; any thread may ask, each on a connection of its own.

        Raises:
            StoppedError: C435 where the database can't be read, C436 where it can't be reached.
        """
        for pause in (*_RECONNECTIONS, None):
            try:
                connection = self._reading_connection()
                with connection.begin():
                    return list(connection.execute(statement))
            except DBAPIError as failure:
                self._local.connection = None
                if self._sqlite or not (database.is_lost(failure) or _unreachable(failure)):
                    raise database.stopped(self.place, failure) from failure
                if pause is None:
                    raise self._lost_for_good(failure) from failure
                time.sleep(pause)
        raise AssertionError

    def _reading_connection(self) -> Connection:
        connection: Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = self._engine.connect()
            self._readers.append(connection)
        return connection

    def stored(self, key: str) -> Stored | None:
        """What is on record of an article, by its key."""
        table = schema.articles
        columns = (table.c.digest, table.c.state, table.c.model_digest, table.c.min_confidence)
        rows = self.query(select(*columns).where(table.c.key == key))
        if not rows:
            return None
        digest, state, model, min_confidence = rows[0]
        return Stored(digest, state, None if model is None else Reader(model, min_confidence))

    def found(self, key: str) -> Found | None:
        """An article on record, as its source gave it."""
        from chitieu.feed.queries import row_found

        rows = self.query(select(schema.articles).where(schema.articles.c.key == key))
        return row_found(rows[0]._mapping) if rows else None

    def summary(self) -> dict[str, Any]:
        """The row of the run that has begun."""
        (row,) = self.query(select(schema.runs).where(schema.runs.c.id == self.run))
        return dict(row._mapping)

    # -- the connection ----------------------------------------------------------------------------------------------

    def _connect(self) -> Connection:
        connection = self._engine.connect().execution_options(chitieu_writes=True)
        if not self._sqlite:
            try:
                database.advisory_lock(connection, self.place)
            except BaseException:
                connection.close()
                raise
        return connection

    def _create_or_check(self) -> None:
        """Make the tables in an empty database; refuse one that is somebody else's, or of another version."""
        with self._connection.begin():
            names = set(inspect(self._connection).get_table_names())
            if not names:
                _create(self._connection)
                return
            version = None
            if schema.about.name in names:
                query = select(schema.about.c.value).where(schema.about.c.key == "chitieu schema")
                try:
                    version = self._connection.execute(query).scalar()
                except SQLAlchemyError:  # a table of that name, but another one
                    version = None
        if version is None:
            raise OutputError(
                "C431",
                f"holds other tables ({', '.join(sorted(names)[:3])} …), and is left alone",
                place=self.place,
                remedy="name a new file, or an empty database or schema",
            )
        if version != str(schema.SCHEMA_VERSION):
            raise OutputError(
                "C432",
                f"has tables of version {version}, this version of chitieu writes {schema.SCHEMA_VERSION}",
                place=self.place,
                remedy="write to a new database, or install the version of chitieu that made it",
            )

    def _transaction(self, work: Callable[[Connection], None]) -> None:
        """Do something whole or not at all, if need be on a new connection."""
        failure: DBAPIError | None = None
        for pause in (None, *_RECONNECTIONS):
            try:
                if pause is not None:
                    time.sleep(pause)
                    self._reconnect()
                with self._connection.begin():
                    work(self._connection)
            except (DataError, IntegrityError):
                raise
            except DBAPIError as broken:
                if self._sqlite or not (database.is_lost(broken) or (pause is not None and _unreachable(broken))):
                    raise database.stopped(self.place, broken) from broken
                failure = broken
            except OutputError:
                if pause is None or pause == _RECONNECTIONS[-1]:
                    raise
                # The server has not yet noticed that our old connection is gone, and keeps its lock.
            else:
                return
        assert failure is not None
        raise self._lost_for_good(failure) from failure

    def _reconnect(self) -> None:
        if not self._connection.closed:  # it is where an earlier try got no further
            self._connection.invalidate()
            self._connection.close()
        self._connection = self._connect()
        if self._run is None:
            return
        query = select(schema.runs.c.state).where(schema.runs.c.id == self._run)
        with self._connection.begin():
            state = self._connection.execute(query).scalar()
        if state != "running":
            raise StoppedError(
                "C436",
                "was taken over by another run while the connection was lost",
                place=self.place,
                remedy="see `chitieu runs`",
            )

    def _lost_for_good(self, failure: DBAPIError) -> StoppedError:
        return StoppedError(
            "C436",
            f"the connection was lost, and {len(_RECONNECTIONS)} tries to get it back failed: "
            f"{database.reason_of(failure)}; what was written before stands",
            place=self.place,
            remedy="start the same command again when the database is back: it goes on from there",
        )


def _unreachable(failure: DBAPIError) -> bool:
    """Whether a connection could not be made at all: drivers give no state for that."""
    return getattr(failure.orig, "sqlstate", None) is None


def _create(connection: Connection) -> None:
    schema.metadata.create_all(connection)
    for statement in schema.SEARCH[connection.dialect.name]:
        connection.execute(text(statement))
    for name, query in schema.VIEWS.items():
        connection.execute(text(f"create view {name} as {query}"))
    version = {"key": "chitieu schema", "value": str(schema.SCHEMA_VERSION)}
    connection.execute(insert(schema.about), [version, {"key": "made by", "value": f"chitieu {__version__}"}])


def count_of(store: Store, table: Any) -> int:
    """Rows of a table."""
    return int(store.query(select(func.count()).select_from(table))[0][0])
