"""Looking into a database of facts without a lock: a run may be writing to it all the while."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import URL, Connection, Select, text
from sqlalchemy.exc import DBAPIError

from chitieu.errors import OutputError
from chitieu.feed import database


class Lookup:
    """A database as it stood when it was first asked, for reading only.

    Attributes:
        connection: the open connection.
        is_sqlite: else it is PostgreSQL.
        place: how it is named to people, without a password.
    """

    def __init__(self, connection: Connection, url: URL) -> None:
        self.connection = connection
        self.is_sqlite = url.get_backend_name() == "sqlite"
        self.place = database.shown(url)

    def query(self, statement: Select[Any]) -> list[Any]:
        """Rows of a query.

        Raises:
            OutputError: C431 where the tables asked for are not there.
        """
        try:
            return list(self.connection.execute(statement))
        except DBAPIError as failure:
            if database.is_lost(failure) or "not a database" in database.reason_of(failure):
                raise
            raise OutputError(
                "C431",
                f"is no database of chitieu: {database.reason_of(failure)}",
                place=self.place,
                remedy="name a database that `chitieu tag` wrote",
            ) from failure


@contextmanager
def look_into(destination: str) -> Iterator[Lookup]:
    """Open a database for reading.

    Args:
        destination: a `.db` file or a URL.

    Raises:
        OutputError: C403, C430, C431, C434 or C438 where it is no database of facts, or can't be read.
    """
    url = database.database_url(destination)
    if url is None:
        raise OutputError("C403", "is no database", place=destination, remedy="name a .db file or a database URL")
    place = database.shown(url)
    if url.get_backend_name() == "sqlite" and not database.exists(url):
        raise OutputError("C434", "does not exist", place=place, remedy="check the path")
    try:
        with database.open_engine(url, read_only=True).connect() as connection:
            if url.get_backend_name() != "sqlite":  # which has no other level
                connection = connection.execution_options(isolation_level="REPEATABLE READ")
            connection.execute(text("select 1"))
            yield Lookup(connection, url)
    except DBAPIError as failure:
        raise database.cannot_open(place, failure) from failure
