"""`chitieu extract`: articles in, facts out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import date
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from chitieu.article import Article
from chitieu.cli.console import Advance, print_error, progress
from chitieu.cli.options import Inputs, MinConfidence, Model, Published, as_date, refuse_overwriting
from chitieu.errors import ArticleError
from chitieu.facts.tagged import Tagged, Tagger


class OutputFormat(str, Enum):
    """What `--format` accepts."""

    TABLE = "table"
    JSONL = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"


@dataclass(slots=True)
class Counts:
    """What a run came to: articles tagged, facts written, inputs that could not be read."""

    articles: int = 0
    facts: int = 0
    errors: int = 0


def extract(
    inputs: Sequence[Path],
    tagger: Tagger,
    write: Callable[[Tagged], None],
    *,
    published: date | None = None,
    min_confidence: float = 0.0,
    exclude: Sequence[Path] = (),
    on_error: Callable[[ArticleError], None] = print_error,
    advance: Advance = lambda: None,
) -> Counts:
    """Tag articles one after the other; memory does not grow with their number.

    Args:
        inputs: files and folders (`chitieu.reading.read_articles`).
        tagger: tags a stream of articles.
        write: takes each tagged article.
        published: publication date of articles that carry none.
        min_confidence: facts of a lower confidence, in [0, 1], are left out; an unknown confidence counts as 0.
        exclude: files that folders are not read for.
        on_error: told of each input that can't be read, and of each article that does not look Vietnamese, which is
            tagged all the same and is no error.
        advance: called for each article tagged or refused.
    """
    from chitieu.reading import language_notice, read_articles

    counts = Counts()

    def count_error(error: ArticleError) -> None:
        counts.errors += 1
        on_error(error)
        advance()

    def noticed(articles: Iterator[Article]) -> Iterator[Article]:
        for article in articles:
            notice = language_notice(article)
            if notice is not None:
                on_error(notice)
            yield article

    articles = read_articles(inputs, published=published, on_error=count_error, exclude=exclude)
    for tagged in tagger(noticed(articles)):
        kept = tuple(fact for fact in tagged.facts if (fact.confidence or 0.0) >= min_confidence)
        counts.articles += 1
        counts.facts += len(kept)
        write(replace(tagged, facts=kept))
        advance()
    return counts


def extract_cli(
    inputs: Inputs,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Write facts to FILE, as .jsonl, .csv or .parquet by its name; '-' is JSON Lines on standard output. "
            "Without it, a table is printed.",
            show_default=False,
        ),
    ] = None,
    output_format: Annotated[
        OutputFormat | None,
        typer.Option("--format", "-f", help="Format, whatever the output's name says.", show_default=False),
    ] = None,
    published: Published = None,
    save_articles: Annotated[
        Path | None,
        typer.Option(
            "--save-articles",
            metavar="FILE.jsonl",
            help="Also write the articles as read (of .html, the extracted text), which the facts' offsets count.",
            show_default=False,
        ),
    ] = None,
    model: Model = None,
    min_confidence: MinConfidence = 0.0,
) -> None:
    """Read articles and write their facts.

    Exits with 0 when every input was tagged; 1 when some could not be read, each told in one line on
    standard error while all the others are written; 2 for wrong usage, a model that can't be loaded or
    an output that can't be written, and then nothing is left behind.

    \b
    Examples:
      chitieu extract article.txt
      chitieu extract articles/ --output facts.jsonl
      chitieu extract page.html --output facts.csv --save-articles articles.jsonl
      chitieu extract articles.jsonl --published 2024-01-15 --output - | head
    """  # noqa: D301 - \b keeps the lines of the examples apart
    destination = None if output is None or str(output) == "-" else output
    files = [path for path in (destination, save_articles) if path is not None]
    refuse_overwriting(inputs, files)
    chosen = _choose_format(output, destination, output_format)
    with ExitStack() as stack:
        # Outputs open before the model loads: one that can't be written is told at once.
        write = _writer(stack, chosen, destination, save_articles)
        from chitieu.cli import tagging

        tagger = tagging.load_tagger(model)
        advance = stack.enter_context(progress(inputs, "tagging"))
        counts = extract(
            inputs,
            tagger,
            write,
            published=as_date(published),
            min_confidence=min_confidence,
            exclude=files,
            advance=advance,
        )
    raise typer.Exit(1 if counts.errors else 0)


def _choose_format(output: Path | None, destination: Path | None, chosen: OutputFormat | None) -> OutputFormat:
    """The format that was asked for, or that the output's name implies."""
    if chosen is OutputFormat.TABLE and destination is not None:
        raise typer.BadParameter("a table is printed, not written to a file: drop --output", param_hint="--format")
    if chosen is OutputFormat.PARQUET and destination is None:
        raise typer.BadParameter("Parquet needs a file: add --output FILE.parquet", param_hint="--format")
    if chosen is not None:
        return chosen
    if output is None:
        return OutputFormat.TABLE
    if destination is None:
        return OutputFormat.JSONL
    from chitieu.writing import format_of

    return OutputFormat(format_of(destination).value)


def _writer(
    stack: ExitStack, chosen: OutputFormat, destination: Path | None, save_articles: Path | None
) -> Callable[[Tagged], None]:
    """What takes each tagged article: the table or a sink, and the file of articles."""
    from chitieu.reading import article_to_dict
    from chitieu.writing import Format, json_line, open_sink, writing_to

    articles = None if save_articles is None else stack.enter_context(writing_to(save_articles))
    if chosen is OutputFormat.TABLE:
        from chitieu.cli.table import TablePrinter

        printer = TablePrinter()
        stack.callback(printer.finish)
        show: Callable[[Tagged], None] = printer.add
    else:
        sink = stack.enter_context(open_sink(destination, Format(chosen.value)))

        def show(tagged: Tagged) -> None:
            sink.write(tagged.facts)

    def write(tagged: Tagged) -> None:
        show(tagged)
        if articles is not None:
            articles.write(json_line(article_to_dict(tagged.article)))

    return write
