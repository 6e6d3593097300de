"""Arguments and options that several commands share."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from chitieu.errors import OutputError

Inputs = Annotated[
    list[Path],
    typer.Argument(
        metavar="INPUT",
        help="Articles: .txt, .html, .json (one or a list) or .jsonl files, or folders of them.",
        show_default=False,
    ),
]
Texts = Annotated[
    list[Path],
    typer.Argument(
        metavar="TEXT",
        help="JSON Lines with a 'text' in each (.jsonl, .jsonl.xz) or .txt.",
        exists=True,
        dir_okay=False,
        show_default=False,
    ),
]
Database = Annotated[
    str,
    typer.Argument(
        metavar="DATABASE",
        help="A database that `chitieu tag` wrote: a .db file, a URL, or the file of facts that it stands beside.",
    ),
]
Published = Annotated[
    datetime | None,
    typer.Option(
        "--published",
        metavar="DATE",
        formats=["%Y-%m-%d"],
        help="Publication date (YYYY-MM-DD) of articles that carry none; it dates 'năm nay' and 'cùng kỳ'.",
        show_default=False,
    ),
]
Model = Annotated[
    Path | None,
    typer.Option(
        "--model", metavar="FOLDER", help="Model folder; by default the model that is shipped.", show_default=False
    ),
]
MinConfidence = Annotated[
    float,
    typer.Option("--min-confidence", min=0.0, max=1.0, help="Leave out facts that are less likely right."),
]


def as_date(moment: datetime | None) -> date | None:
    """The date of an option that Typer parsed."""
    return None if moment is None else moment.date()


def refuse_overwriting(inputs: Sequence[Path], outputs: Collection[Path]) -> None:
    """Refuse to write over an input, or two outputs into one file.

    Raises:
        OutputError: C404.
    """
    taken = {path.resolve() for path in inputs}
    for output in outputs:
        if output.resolve() in taken:
            raise OutputError(
                "C404", "is an input, or an output already", place=str(output), remedy="write to another file"
            )
        taken.add(output.resolve())
