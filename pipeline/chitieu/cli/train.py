"""`chitieu train`: annotated articles in, a model out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer


def train_cli(
    config: Annotated[
        Path, typer.Option("--config", metavar="FILE", help="spaCy config: configs/cpu.cfg or configs/transformer.cfg.")
    ] = Path("configs/cpu.cfg"),
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", metavar="FOLDER", help="Model folder to write; replaced when training ends well."
        ),
    ] = Path("models/chitieu_vi"),
    train_files: Annotated[
        list[Path] | None,
        typer.Option(
            "--train",
            metavar="FILE",
            help="Annotated articles (JSON Lines), every ORG and YEAR marked.",
            show_default=False,
        ),
    ] = None,
    partial_files: Annotated[
        list[Path] | None,
        typer.Option(
            "--partial",
            metavar="FILE",
            help="Annotated articles in which only linked ORGs and YEARs are marked.",
            show_default=False,
        ),
    ] = None,
    dev_files: Annotated[
        list[Path] | None,
        typer.Option(
            "--dev", metavar="FILE", help="Annotated articles that choose the best checkpoint.", show_default=False
        ),
    ] = None,
    vectors: Annotated[
        Path, typer.Option("--vectors", metavar="FOLDER", help="Pipeline folder whose word vectors are used.")
    ] = Path("models/chitieu_vi"),
    transformer: Annotated[
        str | None,
        typer.Option(
            "--transformer",
            metavar="FOLDER",
            help="Transformer for configs/transformer.cfg, e.g. a PhoBERT folder.",
            show_default=False,
        ),
    ] = None,
    epochs: Annotated[
        int | None, typer.Option("--epochs", min=1, help="Passes over the corpus.", show_default=False)
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Of every random number.")] = 0,
) -> None:
    """Train a model on annotated articles.

    Without files, trains on annotations/ and, where it lies beside the checkout, on
    ../shared/data/real-train.jsonl. Prints a line of scores each epoch.

    \b
    Examples:
      chitieu train
      chitieu train --train annotations/train.jsonl --train new.jsonl --dev annotations/dev.jsonl
      chitieu train --config configs/transformer.cfg --transformer path/to/phobert-base --output models/phobert
    """  # noqa: D301 - \b keeps the lines of the examples apart
    from chitieu.training.train import Corpora, default_corpora, train

    if train_files or partial_files:
        dev = dev_files or [Path("annotations/dev.jsonl")]
        corpora = Corpora(tuple(train_files or ()), tuple(dev), tuple(partial_files or ()))
    else:
        found = default_corpora(Path.cwd())
        corpora = Corpora(found.train, tuple(dev_files) if dev_files else found.dev, found.partial_train)
    overrides: dict[str, Any] = {"system.seed": seed}
    if epochs is not None:
        overrides["training.max_epochs"] = epochs
    if transformer is not None:
        overrides["paths.transformer"] = transformer
    trained = train(config, output, corpora, vectors=vectors, overrides=overrides)
    typer.echo(f"{trained.folder}: core F1 {trained.scores.get('core_f', 0.0):.3f} on the dev articles")
