"""The database of facts: opened by one run at a time, written a batch at a time, never left half-written."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from types import TracebackType
from typing import Any

from sqlalchemy import Connection, Select, insert, select, update
from sqlalchemy.exc import DataError, IntegrityError

from chitieu import __version__
from chitieu.errors import OutputError, StoppedError
from chitieu.feed import database, schema
from chitieu.feed.item import Found
from chitieu.feed.link import Link
from chitieu.feed.outcome import Batch, Reader, Stored
from chitieu.feed.runs import CUT_OFF, new_run
from chitieu.feed.tables import create_or_check
from chitieu.feed.transfer import Numbers, Transfer

# What a database refuses of one article, rather than being unable to write at all.
_REFUSALS = (DataError, IntegrityError, UnicodeError, OverflowError)


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
        StoppedError: C434 where it can't be for now: a full disk, a server that is not there.
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
        self._link = Link(url)
        self._run: str | None = None
        self._terms: Terms | None = None
        self._started = 0.0
        self._batches = 0
        try:
            self._link.transaction(lambda connection: create_or_check(connection, self._link.place))
            self._link.transaction(self._read_numbers)
        except StoppedError as failure:
            self.close()
            cause = failure.__cause__
            said = cause if isinstance(cause, Exception) else failure
            raise database.cannot_open(self._link.place, said) from failure
        except BaseException:
            self.close()
            raise
        self._link.check = self._check_run

    def _read_numbers(self, connection: Connection) -> None:
        self._numbers = Numbers.read(connection)

    def _check_run(self, connection: Connection) -> None:
        """After a lost connection: is the run still ours?"""
        if self._run is None:
            return
        query = select(schema.runs.c.state).where(schema.runs.c.id == self._run)
        with connection.begin():
            state = connection.execute(query).scalar()
        if state not in (None, "running"):
            raise StoppedError(
                "C436",
                "was taken over by another run while the connection was lost",
                place=self._link.place,
                remedy="see `chitieu runs`",
            )

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connection and the lock."""
        self._link.close()

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
        run = new_run()

        def work(connection: Connection) -> None:
            if connection.execute(select(runs.c.id).where(runs.c.id == run)).first() is not None:
                return  # only the answer was lost
            # We hold the lock: whatever still says that it is running is not.
            cut_off = update(runs).where(runs.c.state == "running")
            connection.execute(cut_off.values(**CUT_OFF))
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

        self._link.transaction(work)
        self._run, self._terms, self._started, self._batches = run, terms, time.monotonic(), 0
        return run

    def write(self, batch: Batch) -> list[Batch]:
        """Write a batch, in one transaction.

        An article that the database refuses (a number beyond its range) is set down as an error.

        Returns:
            What was written: the batch, or where something in it was refused, its parts.

        Raises:
            StoppedError: C435 where it can't be written (a full disk), C436 where the connection is lost for good.
        """
        try:
            self._write(batch)
        except _REFUSALS as refusal:
            parts = batch.parts()
            if len(parts) > 1:
                return [written for part in parts for written in self.write(part)]
            batch = batch.as_failure("C445", f"the database refuses it: {database.reason_of(refusal)}")
            self._write(batch)
        return [batch]

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

        self._link.transaction(work)
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

        self._link.transaction(work)

    # -- questions ---------------------------------------------------------------------------------------------------

    def query(self, statement: Select[Any]) -> list[Any]:
        """Rows of a query; any thread may ask.

        Raises:
            StoppedError: C435 where the database can't be read, C436 where it can't be reached.
        """
        return self._link.query(statement)

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
