"""`chitieu evaluate`: how good a model is, stage by stage."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated

import typer

from chitieu.cli.options import MinConfidence, Model, refuse_overwriting

if TYPE_CHECKING:
    from chitieu.annotation.gold import AnnotatedArticle
    from chitieu.scoring.compare import Comparison
    from chitieu.scoring.page import Evaluated
    from chitieu.scoring.report import Report


def evaluate_cli(
    gold: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="GOLD",
            help="Annotated articles (JSON Lines); by default the corpus' own test split and, where they lie beside "
            "the checkout, the real articles of ../shared/data.",
            show_default=False,
        ),
    ] = None,
    model: Model = None,
    compare: Annotated[
        tuple[Path, Path] | None,
        typer.Option(
            "--compare",
            metavar="OLD NEW",
            help="Compare two model folders on the same articles, and say whether the difference is real.",
            show_default=False,
        ),
    ] = None,
    partial: Annotated[
        bool, typer.Option("--partial", help="GOLD marks ORG and YEAR only where a fact links to them.")
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE.json", help="Also write the scores as JSON.", show_default=False),
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option(
            "--html",
            metavar="FILE.html",
            help="Also write one page of scores, plots, confusions and every wrong fact in its sentence.",
            show_default=False,
        ),
    ] = None,
    plots: Annotated[
        Path | None,
        typer.Option(
            "--plots",
            metavar="FOLDER",
            help="Also write the reliability diagram and the curve of precision against recall as SVG.",
            show_default=False,
        ),
    ] = None,
    min_confidence: MinConfidence = 0.0,
    brief: Annotated[
        bool, typer.Option("--brief", help="Print only the scores of facts, of their fields and of confidence.")
    ] = False,
) -> None:
    """Score spans, links and facts of a model against annotated articles.

    Every score stands with its counts, a 95% bootstrap interval over articles, and the score of the
    baseline that draws each link to the nearest span.

    \b
    Examples:
      chitieu evaluate
      chitieu evaluate annotations/test.jsonl --brief
      chitieu evaluate gold.jsonl --model models/other --output scores.json
      chitieu evaluate annotations/test.jsonl --html report.html
      chitieu evaluate --compare models/old models/new
    """  # noqa: D301 - \b keeps the lines of the examples apart
    if compare is not None and model is not None:
        raise typer.BadParameter("name both models with --compare, or one with --model", param_hint="--model")
    if compare is not None and (html is not None or plots is not None):
        raise typer.BadParameter("pages and plots are of one model", param_hint="--compare")
    refuse_overwriting(gold or [], [path for path in (output, html) if path is not None])
    sets = [GoldSet("gold", tuple(gold), partial)] if gold else default_sets(Path.cwd())
    with ExitStack() as stack:
        # Files open before the model loads: one that can't be written is told at once.
        json_stream, html_stream = (_opened(stack, path) for path in (output, html))
        if compare is not None:
            results: Sequence[Report] | Sequence[Comparison] = _compare(compare, sets, min_confidence)
        else:
            described, evaluated = _evaluate(model, sets, min_confidence, named=bool(gold))
            reports = [item.report for item in evaluated]
            results = reports
            for report in reports:
                _print(report, brief=brief)
            if plots is not None:
                write_plots(reports, plots, min_confidence)
            if html_stream is not None:
                from chitieu.scoring.page import render_report

                for piece in render_report(evaluated, described, min_confidence):
                    html_stream.write(piece.encode())
        if json_stream is not None:
            sheets = json.dumps([result.to_dict() for result in results], ensure_ascii=False, indent=1)
            json_stream.write(sheets.encode() + b"\n")


def _evaluate(
    model: Path | None, sets: Sequence[GoldSet], min_confidence: float, *, named: bool
) -> tuple[str, list[Evaluated]]:
    """The model in words, and each set with what it made of it."""
    from chitieu.pipeline import default_model, load
    from chitieu.scoring.evaluate import run_model, score_run
    from chitieu.scoring.page import Evaluated

    read = [_read(item) for item in sets]
    nlp = load(model)
    evaluated = []
    for item, gold in zip(sets, read, strict=True):
        run = run_model(nlp, gold, min_confidence)
        report = score_run(run, item.title, partial=item.partial)
        # articles that models are chosen by are looked at one by one only by who asks for them by name
        evaluated.append(Evaluated(run, report, partial=item.partial, examples=named or not item.partial))
    return f"{model or default_model()}, version {nlp.meta['version']}", evaluated


def _compare(models: tuple[Path, Path], sets: Sequence[GoldSet], min_confidence: float) -> list[Comparison]:
    """Print what the second model does better or worse than the first on each set."""
    from rich.console import Console

    from chitieu.pipeline import load
    from chitieu.scoring.compare import compare_facts, comparison_table, predict_facts

    read = [_read(item) for item in sets]
    predicted = []
    for folder in models:  # one model in memory at a time
        nlp = load(folder)
        predicted.append([predict_facts(nlp, gold, min_confidence) for gold in read])
    console = Console()
    comparisons = []
    for item, gold, old, new in zip(sets, read, *predicted, strict=True):
        comparison = compare_facts(gold, old, new, item.title)
        console.print(comparison_table(comparison))
        console.print(comparison.summary(), markup=False, highlight=False)
        comparisons.append(comparison)
    return comparisons


@dataclass(frozen=True, slots=True)
class GoldSet:
    """Files that are scored as one.

    Attributes:
        partial: they mark ORG and YEAR only where a fact links to them.
    """

    name: str
    paths: tuple[Path, ...]
    partial: bool

    @property
    def title(self) -> str:
        """The files' names."""
        return ", ".join(path.name for path in self.paths)


def default_sets(root: Path) -> list[GoldSet]:
    """What a checkout can be scored on: its own test split and, where they lie beside it, the real articles.

    Raises:
        AnnotationError: C208 there is nothing to score on.
    """
    from chitieu.errors import AnnotationError

    data = root.parent / "shared" / "data"
    sets = [
        GoldSet("test", (root / "annotations" / "test.jsonl",), False),
        GoldSet("real-dev", (data / "real-dev.jsonl",), True),
        GoldSet("seeds", (data / "seeds-dev.jsonl",), True),
    ]
    found = [item for item in sets if all(path.is_file() for path in item.paths)]
    if not found:
        raise AnnotationError(
            "C208",
            "nothing to score on",
            place=str(root / "annotations"),
            remedy="run in a checkout, or name annotated files",
        )
    return found


def write_plots(reports: Sequence[Report], folder: Path, min_confidence: float = 0.0) -> None:
    """`reliability-NAME.svg` and `precision-recall-NAME.svg` for each report that scored any fact.

    Raises:
        OutputError: C401 the folder can't be made, or a file not be written.
    """
    from chitieu.scoring.plots import precision_recall_plot, reliability_plot
    from chitieu.writing.replacing import make_folder, replacing

    make_folder(folder)
    for report in reports:
        if report.confidence is not None:
            name = re.sub(r"[^\w.-]+", "-", report.title.removesuffix(".jsonl"))[:60]
            for kind, drawing in (
                ("reliability", reliability_plot(report.confidence)),
                ("precision-recall", precision_recall_plot(report.confidence, min_confidence)),
            ):
                with replacing(folder / f"{kind}-{name}.svg") as stream:
                    stream.write(drawing.encode())


def _opened(stack: ExitStack, path: Path | None) -> IO[bytes] | None:
    from chitieu.writing.replacing import replacing

    return None if path is None else stack.enter_context(replacing(path))


def _read(item: GoldSet) -> list[AnnotatedArticle]:
    from chitieu.errors import AnnotationError
    from chitieu.scoring.evaluate import read_gold

    gold = read_gold(item.paths)
    if not gold:
        raise AnnotationError("C208", "holds no article to score on", place=item.title, remedy="name another file")
    return gold


def _print(report: Report, *, brief: bool) -> None:
    from rich.console import Console

    from chitieu.scoring.report import report_tables

    console = Console()
    for table in report_tables(report):
        if not brief or str(table.title).startswith(("facts", "fields", "confidence")):
            console.print(table)
