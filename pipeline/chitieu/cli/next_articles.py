"""`chitieu annotations next`: from a pile of articles those whose annotation would teach most."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chitieu.annotation.forms import Form
from chitieu.cli.console import Advance, print_error, progress
from chitieu.cli.forms import write_form
from chitieu.cli.group import EXIT_SOME_INPUTS_FAILED
from chitieu.cli.options import Inputs, MinConfidence, Model, Published, as_date, refuse_overwriting
from chitieu.errors import AnnotationError, ArticleError

if TYPE_CHECKING:
    from datetime import date

    from chitieu.annotation.gold import AnnotatedArticle
    from chitieu.annotation.selection import Selected
    from chitieu.article import Article


def next_cli(
    inputs: Inputs,
    to: Annotated[Form, typer.Option("--to", help="The form to write.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="A folder for inline and brat, a file for the other forms.")
    ],
    count: Annotated[int, typer.Option("--count", "-n", min=1, max=10_000, help="How many articles.")] = 20,
    corpus: Annotated[
        Path, typer.Option("--corpus", metavar="FOLDER", help="What is annotated already: nothing like it is chosen.")
    ] = Path("annotations"),
    published: Published = None,
    model: Model = None,
    min_confidence: MinConfidence = 0.0,
) -> None:
    """Choose from a pile of unlabelled articles those to annotate next, and write them with the model's marks.

    Chosen are the articles in which the largest share of the facts is doubtful by the model's own confidence,
    each as unlike those chosen before it as can be. Left out are articles of the corpus and whatever is like
    them, those in another language, without figures, and those that take a day to annotate (more than 12,000
    characters or 200 figures). The marks are a start: label-studio gets them as predictions, the other forms as
    if they were an annotation, so read every one. With --min-confidence the doubtful ones are left unmarked; which
    articles are chosen stays the same.
    The same pile gives the same articles. Exit code 1 if an input could not be read, or not be written in the form.

    \b
    Examples:
      chitieu annotations next news.jsonl --count 30 --to label-studio --output tasks.json
      chitieu annotations next pile/ --count 10 --to inline --output drafts --corpus annotations
    """  # noqa: D301 - \b keeps the lines of the examples apart
    from chitieu.annotation.proposal import propose
    from chitieu.annotation.selection import Pool, Sieve, select
    from chitieu.annotation.splits import read_corpus
    from chitieu.cli import tagging

    refuse_overwriting(inputs, [output])
    sieve, pool = Sieve(read_corpus(corpus)), Pool(count)
    tagger = tagging.load_tagger(model)
    with progress(inputs, "tagging") as advance:
        pile = _Pile(inputs, as_date(published), output, advance)
        for tagged in tagger(sieve(pile)):
            pool.offer(tagged)
    selected = select(pool.candidates(), count)
    proposals = [propose(item.candidate.tagged, min_confidence) for item in selected]
    unwritten = _write(to, proposals, output)
    _print_selected(selected, [len(article.facts) for article in proposals])
    for reason, number in sorted(sieve.left_out.items(), key=lambda item: -item[1]):
        typer.echo(f"left out: {number} {reason.value}", err=True)
    number = len(proposals) - unwritten
    typer.echo(
        f"{number} of {sieve.passed} articles that could be annotated "
        + (f"written to {output}" if number else "chosen: nothing was written")
    )
    if pile.errors or unwritten:
        raise typer.Exit(EXIT_SOME_INPUTS_FAILED)


class _Pile:
    """The articles of the inputs as a stream; what can't be read is told and counted."""

    def __init__(self, inputs: Sequence[Path], published: date | None, output: Path, advance: Advance) -> None:
        self.errors = 0
        self._inputs = inputs
        self._published = published
        self._output = output
        self._advance = advance

    def __iter__(self) -> Iterator[Article]:
        from chitieu.reading import read_articles

        exclude = [self._output]
        for article in read_articles(self._inputs, published=self._published, on_error=self._told, exclude=exclude):
            yield article
            self._advance()

    def _told(self, error: ArticleError) -> None:
        self.errors += 1
        print_error(error)
        self._advance()


def _write(form: Form, articles: Sequence[AnnotatedArticle], output: Path) -> int:
    """Write what the form can hold; the number of articles that it can't, each told in a line."""
    from chitieu.annotation.formats import written

    fit = []
    for article in articles:
        try:
            if form is not Form.JSONL:
                written(form, [article], output)
            fit.append(article)
        except AnnotationError as error:
            print_error(error)
    if fit:
        predicted = form is Form.LABEL_STUDIO
        files = {} if form is Form.JSONL else written(form, fit, output, predicted=predicted)
        write_form(form, fit, output, files)
    return len(articles) - len(fit)


def _print_selected(selected: Sequence[Selected], facts: Sequence[int]) -> None:
    """A row for each article: what it is, and why it was chosen."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from chitieu.facts.readable import printable

    if not selected:
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("article", overflow="fold")
    for name in ("doubtful", "figures", "facts", "like it"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("its words", overflow="fold")
    for item, number in zip(selected, facts, strict=True):
        candidate = item.candidate
        table.add_row(
            Text(printable(candidate.tagged.article.id)),
            f"{candidate.uncertainty:.0%}",
            str(candidate.figures),
            str(number),
            str(item.like - 1),
            Text(printable(", ".join(item.terms))),
        )
    Console(highlight=False, markup=False, emoji=False).print(table)
