"""`chitieu show`: articles in, a page to read them with their facts out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import IO, Annotated

import typer

from chitieu.cli.console import Advance, print_error, progress
from chitieu.cli.extract import Counts, extract
from chitieu.cli.options import Inputs, MinConfidence, Model, Published, as_date, refuse_overwriting
from chitieu.errors import ArticleError
from chitieu.facts.tagged import Tagged, Tagger


def show(
    inputs: Sequence[Path],
    tagger: Tagger,
    stream: IO[bytes],
    *,
    published: date | None = None,
    min_confidence: float = 0.0,
    exclude: Sequence[Path] = (),
    on_error: Callable[[ArticleError], None] = print_error,
    advance: Advance = lambda: None,
) -> Counts:
    """Tag articles and write one page of them all, which are held in memory until then.

    Args:
        inputs: files and folders (`chitieu.reading.read_articles`).
        tagger: tags a stream of articles.
        stream: takes the page in UTF-8; nothing is written where no article could be read.
        published: publication date of articles that carry none.
        min_confidence: facts of a lower confidence, in [0, 1], are left out.
        exclude: files that folders are not read for.
        on_error: told of each input that can't be read.
        advance: called for each article tagged or refused.
    """
    from chitieu.writing.page import render_page

    articles: list[Tagged] = []
    counts = extract(
        inputs,
        tagger,
        articles.append,
        published=published,
        min_confidence=min_confidence,
        exclude=exclude,
        on_error=on_error,
        advance=advance,
    )
    if articles:
        for piece in render_page(articles):
            stream.write(piece.encode("utf-8"))
    return counts


def show_cli(
    inputs: Inputs,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE.html", help="The page to write.", show_default=False)
    ],
    published: Published = None,
    model: Model = None,
    min_confidence: MinConfidence = 0.0,
) -> None:
    """Write a page that shows articles with their facts beside them.

    The page needs no network. Point at a fact, or move to it with Tab, to see the words it was read from.

    Exits like `chitieu extract`: 0, or 1 when some inputs could not be read, or 2 when nothing could be done.

    \b
    Examples:
      chitieu show article.txt --output page.html
      chitieu show articles/ --output articles.html --min-confidence 0.5
    """  # noqa: D301 - \b keeps the lines of the examples apart
    from chitieu.writing import writing_to

    refuse_overwriting(inputs, [output])
    with writing_to(output) as stream:
        from chitieu.cli import tagging

        tagger = tagging.load_tagger(model)
        with progress(inputs, "tagging") as advance:
            counts = show(
                inputs,
                tagger,
                stream,
                published=as_date(published),
                min_confidence=min_confidence,
                exclude=[output],
                advance=advance,
            )
        if counts.articles == 0:
            raise typer.Exit(1)  # inside the block: no page is left
    raise typer.Exit(1 if counts.errors else 0)
