"""Facts as a table for people."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from chitieu.facts.fact import Fact
from chitieu.facts.readable import period_text, printable, value_text
from chitieu.facts.tagged import Tagged
from chitieu.labels import Kind, Status

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

_PIPED_WIDTH = 160  # columns where there is no terminal to ask; room for every column on one line


class TablePrinter:
    """Prints a table for each article; headed by its id once there are several."""

    def __init__(self) -> None:
        from rich.console import Console

        width = None if sys.stdout.isatty() else _PIPED_WIDTH
        self._console: Console = Console(width=width, highlight=False, markup=False, emoji=False)
        self._first: Tagged | None = None
        self._printed = 0

    def add(self, tagged: Tagged) -> None:
        """Print an article's facts; the first waits until it is known whether others follow."""
        if self._printed == 0 and self._first is None:
            self._first = tagged
            return
        if self._first is not None:
            self._print(self._first, headed=True)
            self._first = None
        self._print(tagged, headed=True)

    def finish(self) -> None:
        """Print what waits."""
        if self._first is not None:
            self._print(self._first, headed=False)
            self._first = None

    def _print(self, tagged: Tagged, *, headed: bool) -> None:
        from rich.text import Text

        if headed:
            title = f" · {tagged.article.title}" if tagged.article.title else ""
            self._console.print(Text(printable(f"{tagged.article.id}{title}"), style="bold"))
        if tagged.facts:
            self._console.print(fact_table(tagged.facts))
        else:
            self._console.print(Text("no facts", style="dim"))
        self._printed += 1


def fact_table(facts: tuple[Fact, ...]) -> Table:
    """A row for each fact."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("org", overflow="fold", max_width=32)
    table.add_column("metric", overflow="fold", ratio=2)
    table.add_column("value", justify="right", overflow="fold")
    table.add_column("unit", overflow="fold")
    table.add_column("period", no_wrap=True)
    table.add_column("status", no_wrap=True)
    table.add_column("kind", no_wrap=True)
    table.add_column("conf.", justify="right", no_wrap=True)
    for fact in facts:
        style = "yellow" if fact.status is Status.TARGET else "green"
        kind = "" if fact.kind is Kind.LEVEL else fact.kind.value
        derived = " (derived)" if fact.derived else ""
        table.add_row(
            Text(printable(fact.org or "–")),
            Text(printable(fact.metric or "–")),
            Text(value_text(fact)),
            Text(printable(fact.unit or "")),
            Text(period_text(fact)),
            Text(fact.status.value, style=style),
            Text(kind + derived, style="dim"),
            Text("" if fact.confidence is None else f"{fact.confidence:.2f}"),
        )
    return table
