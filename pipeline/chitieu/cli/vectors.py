"""`chitieu vectors`: word vectors from unlabelled text."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from chitieu.cli.options import Texts


def vectors_cli(
    texts: Texts,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FOLDER", help="Folder to write.", show_default=False)
    ],
    epochs: Annotated[int, typer.Option("--epochs", min=1, help="Passes over the text.")] = 6,
) -> None:
    """Train word vectors on unlabelled text, for `chitieu train --vectors`.

    The shipped model carries vectors already; new ones pay when your texts differ much from news.
    Needs floret: pip install 'chitieu[vectors]'.

    \b
    Examples:
      chitieu vectors news.jsonl.xz --output vectors
      chitieu train --vectors vectors
    """  # noqa: D301 - \b keeps the lines of the examples apart
    from chitieu.training.vectors import train_vectors

    typer.echo(f"{output}: vectors of {train_vectors(texts, output, epochs=epochs)} words")
