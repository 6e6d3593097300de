"""`chitieu pretrain`: token vectors that have read unlabelled text."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from chitieu.cli.options import Texts


def pretrain_cli(
    texts: Texts,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="Weights to write.")] = Path(
        "models/tok2vec.bin"
    ),
    config: Annotated[
        Path, typer.Option("--config", metavar="FILE", help="spaCy config with a [pretraining] block.")
    ] = Path("configs/cpu.cfg"),
    vectors: Annotated[
        Path, typer.Option("--vectors", metavar="FOLDER", help="Pipeline folder whose word vectors are used.")
    ] = Path("models/chitieu_vi"),
    epochs: Annotated[
        int | None, typer.Option("--epochs", min=1, help="Passes over the texts.", show_default=False)
    ] = None,
) -> None:
    """Pretrain the token vectors on unlabelled text: hidden words are told from their context.

    `chitieu train` starts from the weights that the config names as init_tok2vec. Needs no annotations, and about
    half an hour for 25 million words on one core.

    \b
    Examples:
      chitieu pretrain news.jsonl.xz
      chitieu pretrain reports.txt --output reports.bin --epochs 4
    """  # noqa: D301 - \b keeps the lines of the examples apart
    from chitieu.training.pretraining import pretrain

    pretrain(config, texts, output, vectors=vectors, epochs=epochs, report=partial(typer.echo, err=True))
    typer.echo(f"{output}: pretrained token vectors")
