"""`chitieu train`: annotated articles in, a model out."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from chitieu.training.corpora import Corpora
    from chitieu.training.loop import Step
    from chitieu.training.train import Trained

EXIT_REFUSED = 3
_SECONDS_BETWEEN_LINES = 60
# Measured on a corpus that had grown by a quarter (evaluate/EXPERIMENTS.md, trial 22; trials 25, 34 and
# 36 took 2,500, 1,000 and 3,000 updates). The rate sinks to nothing by the last step.
_GOING_ON = {
    "training.max_steps": 1_500,
    "training.eval_frequency": 500,
    "training.optimizer.learn_rate.initial_rate": 0.0012,
    "training.optimizer.learn_rate.total_steps": 1_500,
}


def train_cli(
    config: Annotated[
        Path, typer.Option("--config", metavar="FILE", help="spaCy config: configs/cpu.cfg or configs/transformer.cfg.")
    ] = Path("configs/cpu.cfg"),
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            metavar="FOLDER",
            help="Model folder to write. A model that lies there is replaced by one that is no worse.",
        ),
    ] = Path("models/chitieu_vi"),
    train_files: Annotated[
        list[Path] | None,
        typer.Option(
            "--train",
            metavar="FILE",
            help="More annotated articles (JSON Lines), every ORG and YEAR marked; they join those of the corpus.",
            show_default=False,
        ),
    ] = None,
    partial_files: Annotated[
        list[Path] | None,
        typer.Option(
            "--partial",
            metavar="FILE",
            help="More annotated articles in which only linked ORGs and YEARs are marked.",
            show_default=False,
        ),
    ] = None,
    dev_files: Annotated[
        list[Path] | None,
        typer.Option(
            "--dev",
            metavar="FILE",
            help="Annotated articles that choose the best checkpoint, instead of the corpus' own.",
            show_default=False,
        ),
    ] = None,
    corpus: Annotated[
        Path, typer.Option("--corpus", metavar="FOLDER", help="Corpus that every training includes.")
    ] = Path("annotations"),
    alone: Annotated[
        bool, typer.Option("--alone", help="Train on the files named and nothing else: for experiments.")
    ] = False,
    vectors: Annotated[
        Path, typer.Option("--vectors", metavar="FOLDER", help="Pipeline folder whose word vectors are used.")
    ] = Path("models/chitieu_vi"),
    pretrained: Annotated[
        str | None,
        typer.Option(
            "--pretrained", metavar="FILE", help="Token vectors that `chitieu pretrain` made.", show_default=False
        ),
    ] = None,
    start_from: Annotated[
        Path | None,
        typer.Option(
            "--from",
            metavar="FOLDER",
            help="Model to go on from, of the same config: a training less than a third as long.",
            show_default=False,
        ),
    ] = None,
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
    restart: Annotated[
        bool, typer.Option("--restart", help="Begin anew, also where an interrupted training could go on.")
    ] = False,
    replace_worse: Annotated[
        bool, typer.Option("--replace-worse", help="Replace the model at --output even by a worse one.")
    ] = False,
) -> None:
    """Train a model on annotated articles.

    Trains on annotations/ and, where it lies beside the checkout, on ../shared/data/real-train.jsonl;
    files that are named join them. Prints a line of scores each evaluation, and leaves them with a plot
    in the model folder (training.jsonl, training.svg).

    After an interruption, the same command goes on from the last evaluation, as if there had been none.

    A model at --output is compared with the new one on the corpus' test split, which neither learns from.
    If the new one has the lower core F1, the old one stays, the new one is kept as FOLDER-refused, and
    the exit code is 3.

    \b
    Examples:
      chitieu train
      chitieu train --train mine.jsonl --output models/mine
      chitieu train --train mine.jsonl --output models/mine --from models/chitieu_vi
      chitieu train --train few.jsonl --alone --output /tmp/few
      chitieu train --config configs/transformer.cfg --transformer path/to/phobert-base --output models/phobert
    """  # noqa: D301 - \b keeps the lines of the examples apart
    from chitieu.training.train import train

    overrides: dict[str, Any] = {"system.seed": seed}
    if epochs is not None:
        overrides["training.max_epochs"] = epochs
    if pretrained is not None:
        overrides["paths.init_tok2vec"] = pretrained
    if start_from is not None:
        overrides.update({"paths.start_from": str(start_from), **_GOING_ON})
    if transformer is not None:
        overrides["paths.transformer"] = transformer
    corpora = choose_corpora(corpus, train_files or [], dev_files or [], partial_files or [], alone=alone)
    with progress_of_training() as on_step:
        trained = train(
            config,
            output,
            corpora,
            vectors=vectors,
            overrides=overrides,
            held_out=held_out_files(corpus),
            restart=restart,
            replace_worse=replace_worse,
            on_step=on_step,
        )
    if trained.refused:
        _refuse(trained, output)
    typer.echo(f"{trained.folder}: core F1 {trained.scores.get('core_f', 0.0):.3f} on the dev articles")


def choose_corpora(
    corpus: Path, train_files: list[Path], dev_files: list[Path], partial_files: list[Path], *, alone: bool
) -> Corpora:
    """The corpus and the files named: old plus new, unless they are to be used alone.

    Raises:
        ModelError: C306 there is no corpus, or no file is named that could be used alone.
    """
    from chitieu.errors import ModelError
    from chitieu.training.corpora import Corpora, default_corpora

    named = Corpora(tuple(train_files), tuple(dev_files), tuple(partial_files))
    if not alone:
        return default_corpora(Path.cwd(), corpus).joined_by(named)
    if not train_files and not partial_files:
        raise ModelError("C306", "--alone names no articles", remedy="name files with --train or --partial")
    return Corpora((), (corpus / "dev.jsonl",)).joined_by(named)


def held_out_files(corpus: Path) -> list[Path]:
    """What models are compared on: the corpus' test split, by which it is decided, and real articles where they are."""
    files = [corpus / "test.jsonl"]
    if not files[0].is_file():
        return []
    real = Path.cwd().parent / "shared" / "data" / "real-dev.jsonl"
    return [*files, real] if real.is_file() else files


def _refuse(trained: Trained, output: Path) -> None:
    """Say that the old model stays, and leave."""
    from chitieu.cli.console import print_error
    from chitieu.errors import ModelError

    held_out = trained.comparisons[0]
    print_error(
        ModelError(
            "C310",
            f"not replaced, the new model is worse on {held_out.title}: {held_out.summary()}",
            place=str(output),
            remedy=f"the new one is in {trained.folder}; the same command with --replace-worse puts it in place",
        )
    )
    raise typer.Exit(EXIT_REFUSED)


@contextmanager
def progress_of_training() -> Iterator[Callable[[Step], None]]:
    """A line with epoch, loss, speed and time left: drawn anew where a person is watching, else printed each minute."""
    if not sys.stderr.isatty():
        yield _Lines().print
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        TaskProgressColumn(),
        TimeRemainingColumn(),
    )
    bar = Progress(
        *columns,
        console=Console(stderr=True),
        transient=True,
        redirect_stdout=sys.stdout.isatty(),  # the table scrolls above the line; a file that it is sent to must not
        speed_estimate_period=120,
    )
    task = bar.add_task("reads the articles", total=None)
    with bar:
        yield lambda step: bar.update(
            task, description=describe(step), completed=step.done or 0, total=None if step.done is None else 1
        )


class _Lines:
    """One line on standard error each minute."""

    def __init__(self) -> None:
        self._started = self._printed = monotonic()
        self._first: float | None = None

    def print(self, step: Step) -> None:
        now = monotonic()
        if self._first is None:
            self._first, self._started = step.done, now
        if now - self._printed < _SECONDS_BETWEEN_LINES:
            return
        self._printed = now
        left = ""
        if step.done is not None and self._first is not None and step.done > self._first:
            minutes = (now - self._started) * (1 - step.done) / (step.done - self._first) / 60
            left = f", {step.done:.0%}, about {minutes:.0f} min left" if minutes >= 1 else f", {step.done:.0%}"
        sys.stderr.write(describe(step) + left + "\n")
        sys.stderr.flush()


def describe(step: Step) -> str:
    """`epoch 3/16, step 412, loss ner 33.1 chitieu_relation 2.1, 8,400 words/s`."""
    of = "" if step.epochs is None else f"/{step.epochs}"
    losses = " ".join(f"{name} {loss:.3g}" for name, loss in step.losses.items() if loss)
    return f"epoch {step.epoch + 1}{of}, step {step.step}, loss {losses or '-'}, {step.words_per_second:,.0f} words/s"
