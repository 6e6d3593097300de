"""What ran: the rows of `runs`, as people and programs read them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from chitieu.errors import OutputError
from chitieu.feed import database, schema
from chitieu.feed.database import FileLock

_NAMES = (
    *("id", "started", "ended", "seconds", "state", "continues", "articles", "unchanged", "copies", "facts", "errors"),
    *("worker_deaths", "workers", "model", "model_digest", "min_confidence", "version", "sources", "message"),
)


def read_runs(destination: str) -> list[dict[str, Any]]:
    """The runs of a database, the last one first. Takes no lock: another run may be writing.

    Raises:
        OutputError: C430, C431, C434 or C438 where it is no database of facts, or can't be read.
    """
    url = database.database_url(destination)
    place = destination if url is None else database.shown(url)
    if url is None:
        raise OutputError("C403", "is no database", place=place, remedy="name a .db file or a database URL")
    if url.get_backend_name() == "sqlite" and not database.exists(url):
        raise OutputError("C434", "does not exist", place=place, remedy="check the path")
    table = schema.runs
    query = select(*(table.c[name] for name in _NAMES)).order_by(table.c.started.desc(), table.c.id.desc())
    try:
        with database.open_engine(url, read_only=True).connect() as connection:
            connection.execute(text("select 1"))
            try:
                runs = [summary(dict(row._mapping)) for row in connection.execute(query)]
            except DBAPIError as failure:
                if database.is_lost(failure) or "not a database" in database.reason_of(failure):
                    raise
                raise OutputError(
                    "C431",
                    f"holds no runs of chitieu: {database.reason_of(failure)}",
                    place=place,
                    remedy="name a database that `chitieu tag` wrote",
                ) from failure
            sqlite = url.get_backend_name() == "sqlite"
            held = FileLock.is_held(Path(place)) if sqlite else database.advisory_lock_is_held(connection)
    except DBAPIError as failure:
        raise database.cannot_open(place, failure) from failure
    for run in runs:
        if run["state"] == "running" and not held:
            run.update(state="interrupted", message="killed, or the machine went down")
    return runs


def summary(row: Mapping[str, Any]) -> dict[str, Any]:
    """A run as the JSON object that schedulers read."""
    record = {name: row[name] for name in _NAMES}
    record["sources"] = json.loads(record["sources"])
    seconds = record["seconds"]
    record["articles_per_second"] = round(record["articles"] / seconds, 2) if seconds else None
    return {"run": record.pop("id"), **record}
