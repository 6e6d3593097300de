"""`chitieu export`: the facts of a database as a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from chitieu.cli.options import Database, MinConfidence
from chitieu.labels import Status


def export_cli(
    database: Database = "facts.db",
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Write facts to FILE, as .jsonl, .csv or .parquet by its name; '-' is JSON Lines on standard output.",
        ),
    ] = Path("-"),
    status: Annotated[
        Status | None, typer.Option("--status", help="Only targets, or only actuals.", show_default=False)
    ] = None,
    year: Annotated[int | None, typer.Option("--year", help="Only facts of this year.", show_default=False)] = None,
    min_confidence: MinConfidence = 0.0,
) -> None:
    """Write the facts on record to a file, in the format of `chitieu extract`.

    What holds now, in the order of the articles' addresses; former facts and copies are left out. The database
    may be in use by a run: the file holds what was on record when it began.

    Exits with 0; 2 where there is no such database, or the file can't be written.

    \b
    Examples:
      chitieu export facts.db --output facts.parquet
      chitieu export facts.db --status target --year 2022 --output targets-2022.csv
      chitieu export postgresql://user@host/facts --min-confidence 0.8 --output - | head
    """  # noqa: D301 - \b keeps the lines of the examples apart
    from chitieu.feed.destination import database_of
    from chitieu.feed.lookup import look_into
    from chitieu.feed.queries import stored_facts
    from chitieu.writing import Format, format_of, open_sink

    standard_output = str(output) == "-"
    file_format = Format.JSONL if standard_output else format_of(output)
    written = 0
    with (
        look_into(database_of(database)) as lookup,
        open_sink(None if standard_output else output, file_format) as sink,
    ):
        for _, facts in stored_facts(lookup):
            kept = [
                fact
                for fact in facts
                if status in (None, fact.status)
                and year in (None, fact.year)
                and (fact.confidence or 0.0) >= min_confidence
            ]
            sink.write(kept)
            written += len(kept)
    if not standard_output:
        typer.echo(f"{written:,} facts: {output}", err=True)
