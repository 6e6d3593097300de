"""The connections of a store: made, lost, made again; a transaction is done once or not at all."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Select
from sqlalchemy.engine import URL
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

from chitieu.errors import OutputError, StoppedError
from chitieu.feed import database
from chitieu.feed.database import FileLock

_RECONNECTIONS = (0.5, 1.0, 2.0, 4.0, 8.0)  # seconds before each further try


class Link:
    """One connection that writes and holds the lock, and one for each thread that asks.

    Attributes:
        place: the database as messages name it.
        check: called with the writing connection whenever it had to be made again; raises where that is no use.

    Raises (on opening):
        OutputError: C430, C433, C434 or C438.
        StoppedError: C434 where that may pass.
    """

    def __init__(self, url: URL) -> None:
        self.place = database.shown(url)
        self.check: Callable[[Connection], None] = lambda _: None
        self._engine = database.open_engine(url)
        self._sqlite = url.get_backend_name() == "sqlite"
        self._lock = FileLock(Path(self.place)) if self._sqlite else None
        self._local = threading.local()
        self._connections: list[Connection] = []
        try:
            self._writer = self._connect()
        except DBAPIError as failure:
            self.close()
            raise database.cannot_open(self.place, failure) from failure
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let go of connections and lock."""
        for connection in self._connections:
            with suppress(DBAPIError):
                connection.close()
        if self._lock is not None:
            self._lock.release()

    def transaction(self, work: Callable[[Connection], None]) -> None:
        """Do something whole or not at all, if need be on a new connection.

        Args:
            work: may be called again where the connection was lost, after a commit too whose answer was lost: it must
                see for itself whether it is done.

        Raises:
            StoppedError: C435 where the database can't be written to, C436 where the connection is lost for good.
            DataError, IntegrityError: the database refuses what it is given.
        """
        failure: DBAPIError | None = None
        for pause in (None, *_RECONNECTIONS):
            try:
                if pause is not None:
                    time.sleep(pause)
                    self._reconnect()
                with self._writer.begin():
                    work(self._writer)
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

    def query(self, statement: Select[Any]) -> list[Any]:
        """Rows of a query; any thread may ask, each on a connection of its own.

        Raises:
            StoppedError: C435 where the database can't be read, C436 where it can't be reached.
        """
        for pause in (*_RECONNECTIONS, None):
            try:
                connection = self._reader()
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

    def _reader(self) -> Connection:
        connection: Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = self._engine.connect()
            self._connections.append(connection)
        return connection

    def _connect(self) -> Connection:
        connection = self._engine.connect().execution_options(chitieu_writes=True)
        self._connections.append(connection)
        if not self._sqlite:
            try:
                database.advisory_lock(connection, self.place)
            except BaseException:
                connection.close()
                raise
        return connection

    def _reconnect(self) -> None:
        if not self._writer.closed:  # it is where an earlier try got no further
            self._writer.invalidate()
            self._writer.close()
        self._writer = self._connect()
        self.check(self._writer)

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
