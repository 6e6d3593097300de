"""`chitieu evaluate`: how good a model is, stage by stage."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chitieu.cli.options import Model, refuse_overwriting

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
    min_confidence: Annotated[
        float,
        typer.Option("--min-confidence", min=0.0, max=1.0, help="Score without the facts that are less likely right."),
    ] = 0.0,
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
    if html is not None or plots is not None:
        from chitieu.scoring.plots import require_matplotlib

        require_matplotlib()
    refuse_overwriting(gold or [], [path for path in (output, html) if path is not None])
    sets = [("gold", list(gold), partial)] if gold else default_sets(Path.cwd())
    if compare is not None:
        compare_models_on(compare, sets, output, min_confidence)
        return
    from chitieu.pipeline import load
    from chitieu.scoring.evaluate import run_model, score_run

    nlp = load(model)
    runs = [run_model(nlp, _read(paths), min_confidence) for _, paths, _ in sets]
    reports = [
        score_run(run, _title(paths), partial=is_partial)
        for run, (_, paths, is_partial) in zip(runs, sets, strict=True)
    ]
    for report in reports:
        _print(report, brief=brief)
    if output is not None:
        write_reports(reports, output)
    if plots is not None:
        write_plots(reports, plots, min_confidence)
    if html is not None:
        from chitieu.pipeline import default_model
        from chitieu.scoring.page import Evaluated

        described = f"{model or default_model()}, version {nlp.meta['version']}"
        evaluated = [
            # articles that models are chosen by are looked at one by one only by who asks for them by name
            Evaluated(run, report, partial=is_partial, examples=gold is not None or name == "test")
            for run, report, (name, _, is_partial) in zip(runs, reports, sets, strict=True)
        ]
        write_page(evaluated, described, html, min_confidence)


def compare_models_on(
    models: tuple[Path, Path],
    sets: list[tuple[str, list[Path], bool]],
    output: Path | None,
    min_confidence: float = 0.0,
) -> None:
    """Print what the second model does better or worse than the first on each set, and write it as JSON.

    Raises:
        AnnotationError: C208 a set holds no article.
        ModelError: a folder is missing, empty, or made for another version.
        OutputError: C401 the file can't be written.
    """
    from rich.console import Console

    from chitieu.pipeline import load
    from chitieu.scoring.compare import compare_facts, comparison_table, predict_facts

    read = [(_title(paths), _read(paths)) for _, paths, _ in sets]
    predicted = []
    for folder in models:  # one model in memory at a time
        nlp = load(folder)
        predicted.append([predict_facts(nlp, gold, min_confidence) for _, gold in read])
    console = Console()
    comparisons: list[Comparison] = []
    for (title, gold), old, new in zip(read, *predicted, strict=True):
        comparisons.append(compare_facts(gold, old, new, title))
        console.print(comparison_table(comparisons[-1]))
        console.print(comparisons[-1].summary(), markup=False, highlight=False)
    if output is not None:
        write_reports(comparisons, output)


def default_sets(root: Path) -> list[tuple[str, list[Path], bool]]:
    """Name, files and whether ORG and YEAR are marked only in part, of what a checkout can be scored on.

    Raises:
        AnnotationError: C208 there is nothing to score on.
    """
    from chitieu.errors import AnnotationError

    data = root.parent / "shared" / "data"
    sets = [
        ("test", [root / "annotations" / "test.jsonl"], False),
        ("real-dev", [data / "real-dev.jsonl"], True),
        ("seeds", [data / "seeds-dev.jsonl"], True),
    ]
    found = [(name, paths, partial) for name, paths, partial in sets if all(path.is_file() for path in paths)]
    if not found:
        raise AnnotationError(
            "C208",
            "nothing to score on",
            place=str(root / "annotations"),
            remedy="run in a checkout, or name annotated files",
        )
    return found


def write_reports(reports: Sequence[Report | Comparison], output: Path) -> None:
    """The score sheets as JSON, all or nothing.

    Raises:
        OutputError: C401 the file can't be written.
    """
    import json

    from chitieu.writing.replacing import replacing

    sheets = json.dumps([report.to_dict() for report in reports], ensure_ascii=False, indent=1)
    with replacing(output) as stream:
        stream.write(sheets.encode() + b"\n")


def write_page(sets: Sequence[Evaluated], model: str, output: Path, min_confidence: float = 0.0) -> None:
    """The report as one HTML page, all or nothing.

    Raises:
        OutputError: C401 the file can't be written.
    """
    from chitieu.scoring.page import render_report
    from chitieu.writing.replacing import replacing

    with replacing(output) as stream:
        for piece in render_report(sets, model, min_confidence):
            stream.write(piece.encode())


def write_plots(reports: Sequence[Report], folder: Path, min_confidence: float = 0.0) -> None:
    """`reliability-NAME.svg` and `precision-recall-NAME.svg` for each report that scored any fact.

    Raises:
        OutputError: C401 the folder can't be made, or a file not be written.
    """
    from chitieu.errors import OutputError
    from chitieu.scoring.plots import precision_recall_plot, reliability_plot
    from chitieu.writing.replacing import replacing

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            "C401", f"can't be made: {error.strerror}", place=str(folder), remedy="name another"
        ) from None
    for number, report in enumerate(reports, 1):
        if report.confidence is not None:
            name = re.sub(r"[^\w.-]+", "-", report.title.removesuffix(".jsonl"))[:60] or str(number)
            for kind, drawing in (
                ("reliability", reliability_plot(report.confidence)),
                ("precision-recall", precision_recall_plot(report.confidence, min_confidence)),
            ):
                with replacing(folder / f"{kind}-{name}.svg") as stream:
                    stream.write(drawing.encode())


def _read(paths: Sequence[Path]) -> list[AnnotatedArticle]:
    from chitieu.errors import AnnotationError
    from chitieu.scoring.evaluate import read_gold

    gold = read_gold(paths)
    if not gold:
        raise AnnotationError("C208", "holds no article to score on", place=_title(list(paths)), remedy="name another")
    return gold


def _title(paths: list[Path]) -> str:
    return ", ".join(path.name for path in paths)


def _print(report: Report, *, brief: bool) -> None:
    from rich.console import Console

    from chitieu.scoring.report import report_tables

    console = Console()
    for table in report_tables(report):
        if not brief or str(table.title).startswith(("facts", "fields", "confidence")):
            console.print(table)
