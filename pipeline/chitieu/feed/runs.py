"""What ran: the rows of `runs`, as people and programs read them."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from sqlalchemy import select

from chitieu.feed import schema
from chitieu.feed.database import FileLock, advisory_lock_is_held
from chitieu.feed.lookup import look_into

NAMES = (
    *("id", "started", "ended", "seconds", "state", "continues", "articles", "unchanged", "copies", "facts", "errors"),
    *("worker_deaths", "workers", "model", "model_digest", "min_confidence", "version", "sources", "message"),
)
"""What is told of a run."""


CUT_OFF: Mapping[str, str] = {"state": "interrupted", "message": "killed, or the machine went down"}
"""What is told of a run that says that it is running while nobody holds its lock."""


def new_run() -> str:
    """A new run's id, which begins with its moment."""
    return datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%SZ-") + secrets.token_hex(3)


def read_runs(destination: str) -> list[dict[str, Any]]:
    """The runs of a database, the last one first. Takes no lock: another run may be writing.

    Raises:
        OutputError: C403, C430, C431, C434 or C438 where it is no database of facts, or can't be read.
    """
    table = schema.runs
    query = select(*(table.c[name] for name in NAMES)).order_by(table.c.started.desc(), table.c.id.desc())
    with look_into(destination) as lookup:
        runs = [summary(dict(row._mapping)) for row in lookup.query(query)]
        sqlite = lookup.is_sqlite
        held = FileLock.is_held(Path(lookup.place)) if sqlite else advisory_lock_is_held(lookup.connection)
    for run in runs:
        if run["state"] == "running" and not held:
            run.update(CUT_OFF)
    return runs


def summary(row: Mapping[str, Any]) -> dict[str, Any]:
    """A run as the JSON object that schedulers read."""
    record = {name: row[name] for name in NAMES}
    record["sources"] = json.loads(record["sources"])
    return told(record)


def told(record: dict[str, Any]) -> dict[str, Any]:
    """A run under the names that schedulers read, with its rate."""
    seconds = record["seconds"]
    rate = round(record["articles"] / seconds, 2) if seconds else None
    return {"run": record.pop("id"), **record, "articles_per_second": rate}
