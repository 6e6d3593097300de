"""What commands print on standard error: one line an error, and progress where a person is watching."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from chitieu.errors import ChitieuError

Advance = Callable[[], None]
"""Counts one more article as done."""


def print_error(error: ChitieuError) -> None:
    """One line on standard error: control characters, which file names and data may hold, are shown as escapes."""
    sys.stdout.flush()
    sys.stderr.write(one_line(str(error)) + "\n")
    sys.stderr.flush()


def one_line(message: str) -> str:
    """A message without line breaks or terminal sequences, and writable in any encoding."""
    shown = "".join(character if character.isprintable() else ascii(character)[1:-1] for character in message)
    return shown.encode(sys.stderr.encoding or "utf-8", errors="backslashreplace").decode(
        sys.stderr.encoding or "utf-8", errors="replace"
    )


@contextmanager
def progress(inputs: Iterable[Path], what: str) -> Iterator[Advance]:
    """A bar with rate and time left on standard error, for several articles and a person watching; else nothing.

    Args:
        inputs: what will be read, to estimate how many articles there are.
        what: what is being done, in a word.
    """
    total = estimated_articles(inputs) if sys.stderr.isatty() else 0
    if total < 2:
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn(what),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    bar = Progress(
        *columns,
        console=Console(stderr=True),
        transient=True,
        redirect_stdout=sys.stdout.isatty(),  # a table scrolls above the bar; data that is piped on must not meet it
    )
    with bar:
        task = bar.add_task(what, total=total, rate="")

        def advance() -> None:
            bar.advance(task)
            speed = bar.tasks[0].speed
            bar.update(task, rate=f"{speed:,.1f} articles/s" if speed else "")

        yield advance


def estimated_articles(inputs: Iterable[Path]) -> int:
    """About how many articles the inputs hold: the lines of `.jsonl` files, and one for each other file."""
    total = 0
    for path in inputs:
        with suppress(OSError):  # what can't be read is told when it is its turn
            total += sum(_articles_in(file) for file in (path.rglob("*") if path.is_dir() else [path]))
    return total


def _articles_in(file: Path) -> int:
    from chitieu.reading import SUFFIXES

    if file.suffix.lower() == ".jsonl" and file.is_file():
        return _lines(file)
    return int(file.suffix.lower() in SUFFIXES)


def _lines(file: Path) -> int:
    count = 0
    with file.open("rb") as stream:
        while chunk := stream.read(1 << 20):
            count += chunk.count(b"\n")
    return count
