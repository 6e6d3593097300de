"""`chitieu tag`: feeds and piles of articles into a database of facts, unattended and resumable."""

from __future__ import annotations

import json
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from chitieu.cli.console import print_error
from chitieu.cli.options import Model
from chitieu.cli.watching import log_line, number_of, watching
from chitieu.errors import OutputError, StoppedError

if TYPE_CHECKING:
    from chitieu.feed.destination import Destination
    from chitieu.feed.item import Found, Missing
    from chitieu.feed.memory import StoreMemory
    from chitieu.feed.outcome import Failure, Reader
    from chitieu.feed.run import Counts, Workers
    from chitieu.feed.settings import FetchSettings

EXIT_SOME_FAILED = 1
EXIT_STOPPED = 75
"""EX_TEMPFAIL of sysexits.h: not finished, nothing half-written, start it again."""

LOADER = "chitieu.feed.worker:load_pipeline"
"""What makes a tagger in each worker; tests put another in its place."""


class Engine(str, Enum):
    """Where workers run."""

    LOCAL = "local"
    RAY = "ray"


@dataclass(slots=True)
class Order:
    """What is to be done: the command's arguments.

    Attributes:
        sources: as `chitieu.feed.read.read_sources` takes them.
        to: database, database URL or file of facts.
        workers: processes.
        min_confidence: facts of a lower confidence, in [0, 1], are left out; an unknown confidence counts as 0.
        model: folder; None for the shipped one.
        again: also read what is on record and was not read by this model and threshold.
        settings: how sources are fetched.
        patience: seconds that one article may take.
        engine: where workers run.
        address: of a Ray cluster; None for one on this machine, for this run.
        shard: articles that are tagged and written at once, of the engine ray.
    """

    sources: Sequence[str]
    to: str
    workers: int = 1
    min_confidence: float = 0.0
    model: Path | None = None
    again: bool = False
    settings: FetchSettings | None = None
    patience: float = 600.0
    engine: Engine = Engine.LOCAL
    address: str | None = None
    shard: int = 500


@dataclass(slots=True)
class Tally:
    """How a run went, kept as it goes, so that it can be told however it ends."""

    run: str | None = None
    state: str = "running"
    message: str | None = None
    seconds: float = 0.0
    worker_deaths: int = 0
    counts: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("articles", "unchanged", "copies", "facts", "errors"), 0)
    )

    def take(self, counts: Counts) -> None:
        """Take over how far the run is."""
        self.counts = {name: getattr(counts, name) for name in self.counts}

    def summary(self) -> dict[str, Any]:
        """The JSON object of `--json`."""
        rate = round(self.counts["articles"] / self.seconds, 2) if self.seconds else None
        return {
            "run": self.run,
            "state": self.state,
            **self.counts,
            "worker_deaths": self.worker_deaths,
            "seconds": round(self.seconds, 3),
            "articles_per_second": rate,
            "message": self.message,
        }


def tag(
    order: Order,
    tally: Tally,
    *,
    say: Callable[[str], None] = lambda _: None,
    report: Callable[[Counts], None] = lambda _: None,
    tell: Callable[[Failure], None] = lambda _: None,
) -> None:
    """Read sources to their end into the destination.

    Args:
        order: what is to be done.
        tally: kept up to date.
        say: told, in a line, what a log should hold.
        report: told how far the run is, several times a second.
        tell: told of each thing that could not be read.

    Raises:
        StoppedError: it had to stop; what was written stands, and the same order goes on from there.
        ChitieuError: sources, destination or model can't be used.
    """
    from chitieu.feed.crew import Crew
    from chitieu.feed.destination import Destination
    from chitieu.feed.digest import model_digest
    from chitieu.feed.memory import StoreMemory
    from chitieu.feed.outcome import Reader
    from chitieu.feed.queries import unread
    from chitieu.feed.read import read_sources
    from chitieu.feed.run import everything
    from chitieu.feed.source import parse_sources
    from chitieu.feed.store import Terms
    from chitieu.feed.worker import WorkerSettings
    from chitieu.pipeline import default_model

    if order.engine is Engine.RAY:
        from chitieu.cli.tag_ray import tag_on_ray

        tag_on_ray(order, tally, say=say, report=report, tell=tell)
        return
    if order.address is not None:
        raise OutputError("C450", "is of use to --engine ray only", place="--address", remedy="add --engine ray")
    sources = parse_sources(order.sources)
    refuse_own_output([source.location for source in sources], order.to)
    folder = order.model or default_model()
    reader = Reader(model_digest(folder), order.min_confidence)
    with ExitStack() as stack:
        destination = Destination(order.to)
        store = stack.enter_context(destination.store)
        crew = Crew(order.workers, WorkerSettings(str(folder), LOADER, order.patience), say)
        stack.enter_context(crew)
        tally.run = store.begin(Terms(reader, str(folder), list(order.sources), order.workers))
        say(beginning(order, len(sources), reader))
        private = order.settings is not None and order.settings.allow_private
        memory = StoreMemory(store, reader, again=order.again, allow_private=private)

        def items() -> Iterator[Found | Missing]:
            given = read_sources(sources, memory=memory, settings=order.settings)
            return iter(everything(given, memory.stale(), unread(store, reader) if order.again else ()))

        into_store(destination, crew, items, reader, memory, tally, report=report, tell=tell)


def into_store(
    destination: Destination,
    crew: Workers,
    items: Callable[[], Iterator[Found | Missing]],
    reader: Reader,
    memory: StoreMemory,
    tally: Tally,
    *,
    report: Callable[[Counts], None],
    tell: Callable[[Failure], None],
) -> None:
    """Take a run that has begun to its end.

    Args:
        destination: in which it has begun.
        crew: answers for articles.
        items: makes the stream of articles.
        reader: model and threshold.
        memory: of sources.
        tally: kept up to date.
        report: told how far the run is.
        tell: told of each thing that could not be read.
    """
    from chitieu.feed.copies import StoredCopies
    from chitieu.feed.intake import Intake
    from chitieu.feed.run import Run, finish

    store = destination.store
    with closing(StoredCopies(store)) as copies, Intake(items) as intake:
        run = Run(store, crew, intake, reader, report=report, tell=tell, copies=copies)
        started = time.monotonic()
        try:
            finish(store, memory, run)
            destination.complete()
        except sqlite3.Error as full:  # of the temporary databases
            raise StoppedError("C435", f"temporary files can't be written: {full}", remedy="make room") from full
        finally:
            tally.take(run.written)
            tally.seconds = time.monotonic() - started
            tally.worker_deaths = crew.deaths
    if destination.is_sqlite:
        from chitieu.feed.browsing import write_metadata

        write_metadata(Path(destination.name))


def beginning(order: Order, sources: int, reader: Reader) -> str:
    """The first line of a log."""
    by = f"{number_of(order.workers, 'worker')}, model {reader.model_digest[:12]}"
    return f"begins: {number_of(sources, 'source')}, {by}, to {_without_password(order.to)}"


def refuse_own_output(locations: Sequence[str], to: str) -> None:
    """Refuse a file of facts that would be read as articles, now or by the next run.

    Raises:
        OutputError: C404.
    """
    target = Path(to).resolve()
    if "://" in to or target.suffix.lower() not in (".jsonl", ".parquet"):
        return
    for location in locations:
        path = Path(location).resolve()
        if "://" not in location and (path == target or (path.is_dir() and path in target.parents)):
            reason = "is a source" if path == target else f"lies in the source {location}, and would be read from there"
            raise OutputError("C404", reason, place=to, remedy="write to another folder")


def tag_cli(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="SOURCE",
            help="Feeds (RSS, Atom), sitemaps, OPML lists and pages by URL or file; folders; .txt .html .json .jsonl "
            ".parquet .warc files; a feeds.toml; '-' for standard input. 'feed:FILE' says what kind a source is.",
            show_default=False,
        ),
    ],
    to: Annotated[
        str,
        typer.Option(
            "--to",
            metavar="DESTINATION",
            help="A SQLite database (.db), a PostgreSQL URL, a file of facts (.jsonl, .csv, .parquet); of the engine "
            "ray also a folder, for Parquet.",
        ),
    ] = "facts.db",
    workers: Annotated[
        int, typer.Option("--workers", "-w", min=1, max=256, help="Processes that tag, about 1 GB of memory each.")
    ] = 1,
    min_confidence: Annotated[
        float, typer.Option("--min-confidence", min=0.0, max=1.0, help="Leave out facts that are less likely right.")
    ] = 0.0,
    model: Model = None,
    again: Annotated[
        bool,
        typer.Option(
            "--again",
            help="Also tag anew what the destination holds and another model or threshold has read, or that failed; "
            "and ask once more for pages that could not be had, where sources still list them.",
        ),
    ] = False,
    contact: Annotated[
        str | None,
        typer.Option(
            "--contact", metavar="URL", help="Your page or address, told to the servers asked.", show_default=False
        ),
    ] = None,
    interval: Annotated[
        float,
        typer.Option(
            "--interval",
            min=0.0,
            max=3_600.0,
            metavar="SECONDS",
            help="Least time between two requests to one host; a Crawl-delay of its own is kept to where it is longer. "
            "Less than a second is for servers of your own.",
        ),
    ] = 1.0,
    limit: Annotated[
        int | None,
        typer.Option(
            "--limit",
            min=1,
            metavar="ARTICLES",
            help="Most articles that one source may give. Of a feed or sitemap, the next run goes on with the rest.",
            show_default=False,
        ),
    ] = None,
    allow_private: Annotated[
        bool, typer.Option("--allow-private", help="Also fetch from loopback and private addresses.")
    ] = False,
    patience: Annotated[
        float, typer.Option("--patience", min=1.0, help="Seconds that one article may take before it is given up.")
    ] = 600.0,
    engine: Annotated[
        Engine,
        typer.Option(
            "--engine", help="Where workers run: on this machine, or as actors on Ray (extra 'ray'), on many machines."
        ),
    ] = Engine.LOCAL,
    address: Annotated[
        str | None,
        typer.Option(
            "--address",
            metavar="ADDRESS",
            help="A Ray cluster: HOST:PORT, or auto on a machine of it; by default Ray is started here, for this run.",
            show_default=False,
        ),
    ] = None,
    shard: Annotated[
        int,
        typer.Option(
            "--shard",
            min=1,
            max=100_000,
            metavar="ARTICLES",
            help="Articles that an actor tags and writes at once: what a kill costs, at most.",
        ),
    ] = 500,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print a summary on standard output, as one JSON object.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but why it stopped.")] = False,
) -> None:
    """Tag feeds and piles of articles into a database of facts.

    What is on record and unchanged is passed over, so that running it again costs little; what another
    model read is replaced, and kept as history. Killed at any moment, it goes on when started again, and
    the result is that of a run that was left alone.

    Exits with 0 when everything was tagged; 1 when some articles could not be (they stand in the table
    errors); 2 for wrong usage, a destination or model that can't be used; 75 when it had to stop before
    the end (full disk, database gone): start it again; 130 after Ctrl-C, 143 when terminated.

    \b
    Examples:
      chitieu tag feeds.toml --to facts.db --workers 2
      chitieu tag https://example.org/rss articles/ --to facts.db --contact https://example.org/about
      chitieu tag news.jsonl --to postgresql://user@host/facts --json
      chitieu tag archive.warc.gz --to facts.parquet --min-confidence 0.8
      chitieu tag news/ --to facts/ --engine ray --address auto --workers 64
    """  # noqa: D301 - \b keeps the lines of the examples apart
    from chitieu.feed.settings import FetchSettings

    settings = FetchSettings(contact=contact, allow_private=allow_private, interval=interval, max_entries=limit)
    order = Order(sources, to, workers, min_confidence, model, again, settings, patience, engine, address, shard)
    tally = Tally()
    code = 0
    try:
        with watching(sources, tally, quiet) as watch:
            tag(order, tally, say=watch.say, report=watch.report, tell=watch.tell)
        tally.state = "finished"
        code = EXIT_SOME_FAILED if tally.counts["errors"] else 0
    except StoppedError as error:
        print_error(error)
        tally.state, tally.message = "stopped", str(error)
        code = EXIT_STOPPED
    except BaseException as error:
        if isinstance(error, (KeyboardInterrupt, SystemExit)):
            tally.state, tally.message = "interrupted", "stopped by a signal"
        else:
            tally.state, tally.message = "failed", str(error)
        _tell_end(tally, to, as_json, quiet or tally.run is None)
        raise
    _tell_end(tally, to, as_json, quiet)
    raise typer.Exit(code)


def _tell_end(tally: Tally, to: str, as_json: bool, quiet: bool) -> None:
    if not quiet:
        counts = tally.counts
        rate = counts["articles"] / tally.seconds if tally.seconds else 0.0
        came = (
            f"{number_of(counts['articles'], 'article')} tagged ({rate:,.1f} a second), "
            f"{number_of(counts['facts'], 'fact')}, {counts['unchanged']:,} unchanged, "
            f"{number_of(counts['copies'], 'copy', 'copies')}, {number_of(counts['errors'], 'error')}"
            if any(counts.values()) or tally.state != "finished"
            else "the sources gave nothing new"
        )
        log_line(tally.run, f"{tally.state} after {tally.seconds:,.1f} s: {came}; {_without_password(to)}")
    if as_json and (tally.run is not None or tally.state == "stopped"):
        sys.stdout.write(json.dumps({**tally.summary(), "to": _without_password(to)}, ensure_ascii=False) + "\n")
        sys.stdout.flush()


def _without_password(to: str) -> str:
    from chitieu.feed.database import database_url, shown

    url = database_url(to)
    return to if url is None else shown(url)
