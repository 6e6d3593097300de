"""What ran: the rows of `runs`, as people and programs read them."""

from __future__ import annotations

import json
from collections.abc import Mapping
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
            run.update(state="interrupted", message="killed, or the machine went down")
    return runs


def summary(row: Mapping[str, Any]) -> dict[str, Any]:
    """A run as the JSON object that schedulers read."""
    record = {name: row[name] for name in NAMES}
    record["sources"] = json.loads(record["sources"])
    seconds = record["seconds"]
    record["articles_per_second"] = round(record["articles"] / seconds, 2) if seconds else None
    return {"run": record.pop("id"), **record}
