"""What tells people or logs how a run of `chitieu tag` goes."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chitieu.cli.console import estimated_articles, one_line

if TYPE_CHECKING:
    from chitieu.cli.tag import Tally
    from chitieu.feed.outcome import Failure
    from chitieu.feed.run import Counts

_LOG_SECONDS = 60.0  # between two lines that say how far an unwatched run is
_COUNTED = (".jsonl", ".txt", ".html", ".htm", ".json")


def number_of(number: int, one: str, many: str | None = None) -> str:
    """`1 worker`, `2 workers`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def log_line(run: str | None, message: str) -> None:
    """A line of the log on standard error: moment, run, message."""
    moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    sys.stderr.write(one_line(f"{moment} {run or '-'} {message}") + "\n")
    sys.stderr.flush()


class Log:
    """Lines on standard error, for logs: what happens, what failed, and once a minute how far it is."""

    def __init__(self, tally: Tally, quiet: bool) -> None:
        self._tally = tally
        self._quiet = quiet
        self._last = time.monotonic()

    def say(self, line: str) -> None:
        """Tell what happens."""
        if not self._quiet:
            log_line(self._tally.run, line)

    def tell(self, failure: Failure) -> None:
        """Tell what could not be read."""
        self.say(f"{failure.place}: [{failure.code}] {failure.reason}")

    def report(self, counts: Counts) -> None:
        """Take in how far the run is, and tell it now and then."""
        self._tally.take(counts)
        if time.monotonic() - self._last >= _LOG_SECONDS:
            self._last = time.monotonic()
            self.say(
                f"{counts.seen:,} seen, {counts.articles:,} tagged, {counts.facts:,} facts, {counts.errors:,} errors"
            )


class _Bar(Log):
    """The same, above a bar with rate and time left, for a person watching."""

    def __init__(self, tally: Tally, bar: Any, task: Any) -> None:
        super().__init__(tally, quiet=False)
        self._progress = bar
        self._task = task

    def report(self, counts: Counts) -> None:
        self._tally.take(counts)
        speed = self._progress.tasks[0].speed
        self._progress.update(
            self._task,
            completed=counts.seen,
            rate=f"{speed:,.1f} articles/s" if speed else "",
            says=f"{counts.facts:,} facts, {counts.errors:,} errors",
        )


@contextmanager
def watching(sources: Sequence[str], tally: Tally, quiet: bool) -> Iterator[Log]:
    """What tells people or logs how the run goes."""
    if quiet or not sys.stderr.isatty():
        yield Log(tally, quiet)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    # Only what lies on disk can be counted; a feed says what it holds when it is read.
    paths = [Path(source) for source in sources]
    known = all(path.exists() and (path.is_dir() or path.suffix.lower() in _COUNTED) for path in paths)
    columns = (
        TextColumn("tagging"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TextColumn("{task.fields[says]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=sys.stdout.isatty()) as bar:
        task = bar.add_task("tagging", total=estimated_articles(paths) if known else None, rate="", says="")
        yield _Bar(tally, bar, task)
