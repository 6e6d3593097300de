"""`chitieu runs`: what ran, how long, how much, what failed."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from chitieu.cli.console import one_line
from chitieu.cli.options import Database


def runs_cli(
    database: Database = "facts.db",
    last: Annotated[int, typer.Option("--last", min=1, help="How many runs, the newest first.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a run, a line each.")] = False,
) -> None:
    """List what ran: when, how long, how many articles, facts and errors, with which model.

    Of a folder that the engine ray wrote to, the last run.

    Exits with 0; 2 where there is no such database.

    \b
    Examples:
      chitieu runs facts.db
      chitieu runs facts.db --last 1 --json
      chitieu runs postgresql://user@host/facts
    """  # noqa: D301 - \b keeps the lines of the examples apart
    from chitieu.feed.destination import database_of
    from chitieu.feed.pile import runs_of
    from chitieu.feed.runs import read_runs

    runs = runs_of(Path(database)) or read_runs(database_of(database))[:last]
    if as_json:
        for run in runs:
            sys.stdout.write(json.dumps(run, ensure_ascii=False) + "\n")
    elif not runs:
        typer.echo("no runs")
    else:
        _print_table(runs)


_HEADER = ("run", "state", "took", "articles", "unchanged", "copies", "facts", "errors", "model", "note")
_NUMBERS = range(2, 8)  # columns that are set flush right


def _print_table(runs: list[dict[str, Any]]) -> None:
    """Lines of plain text, never cut: they are read in terminals, mails and logs."""
    rows = [_HEADER, *(_row(run) for run in runs)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADER))]
    for row in rows:
        cells = [
            cell.rjust(width) if column in _NUMBERS else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        typer.echo("  ".join(cells).rstrip())


def _row(run: dict[str, Any]) -> tuple[str, ...]:
    notes = [f"{run['worker_deaths']} workers died"] if run["worker_deaths"] else []
    notes += [f"goes on from {run['continues']}"] if run["continues"] else []
    notes += [run["message"]] if run["message"] else []
    counts = (f"{run[name]:,}" for name in ("articles", "unchanged", "copies", "facts", "errors"))
    note = one_line("; ".join(notes))
    return run["run"], run["state"], _took(run["seconds"]), *counts, run["model_digest"][:8], note


def _took(seconds: float | None) -> str:
    if seconds is None:
        return "–"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60} h {minutes % 60:02d} min" if minutes >= 60 else f"{minutes} min {rest:02d} s"
