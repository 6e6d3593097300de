"""`chitieu annotations`: gold articles checked, converted, collected and compared."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chitieu.annotation.forms import Form
from chitieu.cli.console import one_line, print_error
from chitieu.cli.group import EXIT_SOME_INPUTS_FAILED, EXIT_USAGE, SETTINGS
from chitieu.cli.next_articles import next_cli

if TYPE_CHECKING:
    from chitieu.annotation.check import Problem
    from chitieu.annotation.formats import Reading
    from chitieu.annotation.gold import AnnotatedArticle
    from chitieu.annotation.statistics import CorpusStatistics
    from chitieu.errors import ChitieuError

app = typer.Typer(help="Gold articles: check, convert and collect them.", no_args_is_help=True, **SETTINGS)
app.command("next")(next_cli)


@app.command("check")
def check_cli(
    paths: Annotated[list[Path], typer.Argument(help="Files (.jsonl, .article.txt) or folders of them.")],
    stats: Annotated[bool, typer.Option("--stats", help="Print what the corpus holds, by genre.")] = False,
    errors_only: Annotated[bool, typer.Option("--errors-only", help="Leave the warnings out.")] = False,
) -> None:
    """Check that text, spans, facts and guidelines agree, and that no wording stands in more than three articles.

    In a folder with a splits.json, each article must be in the split recorded there, and no near-duplicate of
    one in another split. Exit code 1 if anything is an error, 2 if a path is wrong; warnings alone give 0.

    \b
    Examples:
      chitieu annotations check annotations --stats
      chitieu annotations check drafts/tinh-ket.article.txt
    """  # noqa: D301 - \b keeps the lines of the examples apart
    from chitieu.annotation.check import Severity, check
    from chitieu.annotation.statistics import corpus_statistics, statistics_by_genre

    articles, broken = _read(paths)
    broken += _misplaced(paths, articles)
    for error in broken:
        print_error(error)
    files = {article.id: path for path, article in articles}
    problems = check(article for _, article in articles)
    texts = {article.id: article.article.text for _, article in articles}
    shown = [p for p in problems if not errors_only or p.severity is Severity.ERROR]
    for problem in shown:
        typer.echo(one_line(_line(problem, files[problem.article_id], texts[problem.article_id])), err=True)
    errors = len(broken) + sum(problem.severity is Severity.ERROR for problem in problems)
    if stats:
        _print_statistics(statistics_by_genre(article for _, article in articles))
    held = corpus_statistics(article for _, article in articles)
    typer.echo(
        f"{held.articles} articles, {held.facts} facts, {held.metrics} METRIC wordings: {errors} errors, "
        f"{len(problems) + len(broken) - errors} warnings"
    )
    if errors:
        raise typer.Exit(EXIT_SOME_INPUTS_FAILED)


@app.command("convert")
def convert_cli(
    inputs: Annotated[list[Path], typer.Argument(metavar="INPUT...", help="Files or folders of them.")],
    to: Annotated[Form, typer.Option("--to", help="The form to write.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="A folder for inline and brat, a file for the other forms.")
    ],
    from_: Annotated[
        Form | None,
        typer.Option("--from", help="The form of the inputs; by default inline and jsonl, told by their names."),
    ] = None,
    predictions: Annotated[
        bool, typer.Option("--predictions", help="label-studio: write the marks as predictions to start from.")
    ] = False,
) -> None:
    """Convert gold articles to and from the forms of annotation tools, relations and attributes included.

    label-studio writes the labelling config beside its tasks, brat its configuration into the folder.
    What a tool gives back and does not fit (unknown labels, misaligned marks, links that point the
    wrong way) is listed with article and position and counted; the rest is written. Exit code 1 then.
    Exit code 1 also if an input can't be read or written in the other form: then nothing is written.

    \b
    Examples:
      chitieu annotations convert drafts --to jsonl --output train.jsonl
      chitieu annotations convert train.jsonl --to label-studio --output tasks.json
      chitieu annotations convert export.json --from label-studio --to jsonl --output new.jsonl
      chitieu annotations convert folder --from brat --to inline --output drafts
    """  # noqa: D301 - \b keeps the lines of the examples apart
    from chitieu.annotation.formats import require_distinct, written
    from chitieu.cli.forms import write_form
    from chitieu.cli.options import refuse_overwriting
    from chitieu.errors import AnnotationError

    reading = _read_forms(inputs, from_)
    articles = [article for _, article in reading.articles]
    broken = list(reading.broken)
    files: dict[Path, str] = {}
    try:
        require_distinct(articles)
        if to is not Form.JSONL:
            files = written(to, articles, output, predicted=predictions)
    except AnnotationError as error:
        broken.append(error)
    for problem in broken:
        print_error(problem)
    if broken:
        raise typer.Exit(EXIT_SOME_INPUTS_FAILED)
    refuse_overwriting([path for path in inputs if path.is_file()], [output, *files] if output not in files else files)
    write_form(to, articles, output, files)
    typer.echo(f"{len(articles)} articles written to {output}")
    if reading.findings:
        typer.echo(f"{len(reading.findings)} marks, links or attributes not taken over as they stand", err=True)
        raise typer.Exit(EXIT_SOME_INPUTS_FAILED)


@app.command("add")
def add_cli(
    inputs: Annotated[list[Path], typer.Argument(metavar="INPUT...", help="Files or folders of new articles.")],
    corpus: Annotated[Path, typer.Option("--corpus", help="The folder of train.jsonl, dev.jsonl and test.jsonl.")],
) -> None:
    """Add new articles to a corpus, each to a split of its own, for good.

    Splits are kept in splits.json, which only grows: an article that has a split keeps it, and is replaced. A
    near-duplicate of an article goes to its split; a mere copy, under another id, is left out and named. Exit code 1
    if an input can't be read or has an error: then nothing is written.

    \b
    Examples:
      chitieu annotations add drafts --corpus annotations
    """  # noqa: D301 - \b keeps the lines of the examples apart
    from chitieu.annotation.check import Severity, check, check_article
    from chitieu.annotation.splits import SPLITS, add_to_corpus, read_corpus, without_copies
    from chitieu.errors import AnnotationError

    articles, broken = _read(inputs)
    for error in broken:
        print_error(error)
    new = {article.id for _, article in articles}
    kept = [article for article in read_corpus(corpus) if article.id not in new]
    files = {article.id: path for path, article in articles}
    joining, copies = without_copies((article for _, article in articles), kept)
    for copy, original in copies.items():
        typer.echo(one_line(f"{files[copy]}: {copy}: left out, the same text as {original}"), err=True)
    # which split a draft came with says nothing: it is given one here
    problems = check([*kept, *(replace(article, split=None) for article in joining)])
    problems += [problem for _, article in articles if article.id in copies for problem in check_article(article)]
    errors = [problem for problem in problems if problem.severity is Severity.ERROR and problem.article_id in files]
    texts = {article.id: article.article.text for _, article in articles}
    for problem in errors:
        typer.echo(one_line(_line(problem, files[problem.article_id], texts[problem.article_id])), err=True)
    if broken or errors:
        raise typer.Exit(EXIT_SOME_INPUTS_FAILED)
    try:
        counts = add_to_corpus(corpus, joining)
    except AnnotationError as error:
        print_error(error)
        raise typer.Exit(EXIT_SOME_INPUTS_FAILED) from None
    typer.echo(f"{len(joining)} articles added; now " + ", ".join(f"{split} {counts[split]}" for split in SPLITS))


@app.command("agreement")
def agreement_cli(
    first: Annotated[Path, typer.Argument(metavar="A", help="One annotation: a file or folder, inline or JSON Lines.")],
    second: Annotated[Path, typer.Argument(metavar="B", help="Another annotation of the same articles.")],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE.json", help="Also write scores and disagreements as JSON."),
    ] = None,
    brief: Annotated[bool, typer.Option("--brief", help="Leave the list of disagreements out.")] = False,
) -> None:
    """Say how far two annotations of the same articles agree.

    Core and full F1 of A against B, each field of the facts that both have, and each span label, with counts
    and 95% bootstrap intervals over articles; then every disagreement, A's reading first. F1 is the same in
    both directions: exchanging A and B exchanges precision and recall. Facts that either marks as optional
    are left out of the facts on both sides, and counted.

    \b
    Examples:
      chitieu annotations agreement first second
      chitieu annotations agreement annotations/test.jsonl again.jsonl --output agreement.json
    """  # noqa: D301 - \b keeps the lines of the examples apart
    import json

    from rich.console import Console

    from chitieu.scoring.agreement import agreement, describe
    from chitieu.scoring.report import report_tables
    from chitieu.writing.replacing import replacing

    articles = []
    for path in (first, second):
        found, broken = _read([path])
        for error in broken:
            print_error(error)
        if broken:
            raise typer.Exit(EXIT_SOME_INPUTS_FAILED)
        articles.append([article for _, article in found])
    result = agreement(articles[0], articles[1])
    console = Console()
    for table in report_tables(result.report):
        console.print(table)
    if not brief:
        texts = {article.id: article.article.text for article in articles[0]}
        for item in result.disagreements:
            typer.echo(one_line(describe(item, texts[item.article_id])))
    typer.echo(
        f"{result.report.articles} articles in both: {len(result.disagreements)} disagreements on facts; left out as "
        f"optional {result.optional[0]} facts of A and {result.optional[1]} of B; F1 is the same in both directions"
    )
    for name, ids in (("A", result.only_a), ("B", result.only_b)):
        if ids:
            shown = ", ".join(ids[:5]) + (" …" if len(ids) > 5 else "")
            typer.echo(one_line(f"only in {name}, not counted: {len(ids)} articles: {shown}"), err=True)
    if output is not None:
        with replacing(output) as stream:
            stream.write(json.dumps(result.to_dict(), ensure_ascii=False, indent=1).encode() + b"\n")


def _read_forms(paths: list[Path], form: Form | None) -> Reading:
    """Read the inputs of any form, and print what a tool gave back and can't be taken over."""
    from chitieu.annotation.formats import read_forms
    from chitieu.errors import ChitieuError

    try:
        reading = read_forms(paths, form)
    except ChitieuError as error:
        print_error(error)
        raise typer.Exit(EXIT_USAGE) from None
    for file, finding in reading.findings:
        at = "" if finding.position is None else f", offset {finding.position}"
        typer.echo(one_line(f"{file}: {finding.article_id}{at}: {finding.message}"), err=True)
    return reading


def _read(paths: list[Path]) -> tuple[list[tuple[Path, AnnotatedArticle]], list[ChitieuError]]:
    reading = _read_forms(paths, None)
    return reading.articles, reading.broken


def _misplaced(paths: list[Path], articles: list[tuple[Path, AnnotatedArticle]]) -> list[ChitieuError]:
    """Articles of a corpus folder that are not in the split recorded for them."""
    from chitieu.annotation.splits import RECORD, record_problems
    from chitieu.errors import AnnotationError

    found: list[ChitieuError] = []
    for folder in (path for path in paths if (path / RECORD).is_file()):
        try:
            found += record_problems(folder, (article for path, article in articles if path.parent == folder))
        except AnnotationError as error:
            found.append(error)
    return found


def _line(problem: Problem, file: Path, text: str) -> str:
    """One finding as a line: file, article, the line of the article's text, and what is wrong."""
    where = "" if problem.position is None else f", text line {text.count(chr(10), 0, problem.position) + 1}"
    article = f"{problem.article_id}{where}"
    return f"{file}: {article}: [{problem.code}] {problem.severity.value}: {problem.message}"


def _print_statistics(by_genre: dict[str, CorpusStatistics]) -> None:
    from rich.console import Console
    from rich.table import Table

    rows: dict[str, list[object]] = {
        "articles": [held.articles for held in by_genre.values()],
        "words": [held.words for held in by_genre.values()],
        "words, median": [round(held.median_words) for held in by_genre.values()],
        "facts": [held.facts for held in by_genre.values()],
        "facts, optional": [held.optional for held in by_genre.values()],
        "METRIC wordings": [held.metrics for held in by_genre.values()],
    }
    for label in ("VALUE", "METRIC", "ORG", "YEAR", "TARGET", "ACTUAL"):
        rows[f"{label} spans"] = [held.spans[label] for held in by_genre.values()]
    for field in ("statuses", "kinds", "bounds"):
        for name in sorted({name for held in by_genre.values() for name in getattr(held, field)}):
            rows[f"{field[:-1] if field != 'statuses' else 'status'} {name}"] = [
                getattr(held, field).get(name, 0) for held in by_genre.values()
            ]
    for role in ("metric", "org", "year", "cue"):
        rows[f"facts without {role}"] = [held.unlinked[role] for held in by_genre.values()]
    table = Table(box=None, pad_edge=False)
    table.add_column("", no_wrap=True)
    for genre in by_genre:
        table.add_column(genre, justify="right", overflow="fold")
    for name, numbers in rows.items():
        table.add_row(name, *map(str, numbers))
    Console().print(table)


if __name__ == "__main__":
    app()
