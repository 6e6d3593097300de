"""`chitieu tag --engine ray`: the same work on a cluster, into a folder of Parquet or whatever `chitieu tag` writes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chitieu.cli import tag as command
from chitieu.cli.tag import Order, Tally, beginning, into_store, refuse_own_output
from chitieu.cli.watching import number_of
from chitieu.errors import ChitieuError, OutputError
from chitieu.feed.cluster import check_address, connected, shards
from chitieu.feed.database import database_url
from chitieu.feed.destination import Destination
from chitieu.feed.digest import model_digest
from chitieu.feed.item import Found, Missing
from chitieu.feed.memory import StoreMemory
from chitieu.feed.outcome import Failure, Reader
from chitieu.feed.pile import Pile, clear_all_but, how_it_ended, is_pile
from chitieu.feed.refusal import clean_key, clean_text
from chitieu.feed.replay import ReplayCrew, answered
from chitieu.feed.run import Counts
from chitieu.feed.shard import Report as ShardReport
from chitieu.feed.shard import ShardTerms
from chitieu.feed.shard_files import read_replayed
from chitieu.feed.shard_reading import check_source, units_of
from chitieu.feed.source import Source, parse_sources
from chitieu.feed.store import Terms

if TYPE_CHECKING:
    Report = Callable[[Counts], None]
    Tell = Callable[[Failure], None]


@dataclass(frozen=True, slots=True)
class _Work:
    """What a run on Ray is about, and whom it tells."""

    order: Order
    tally: Tally
    ray: Any
    sources: list[Source]
    terms: ShardTerms
    say: Callable[[str], None]
    report: Report
    tell: Tell

    @property
    def on_record(self) -> Terms:
        """What is set down of the run when it begins."""
        return Terms(self.terms.reader, self.terms.model or "shipped", list(self.order.sources), self.order.workers)

    def begin(self) -> None:
        """Tell that it begins."""
        self.say(beginning(self.order, len(self.sources), self.terms.reader))

    def shards(self) -> Iterator[tuple[str, ShardReport, bool]]:
        """As `chitieu.feed.cluster.shards`."""
        return shards(self.ray, units_of(self.sources, self.terms.articles), self.terms, self.order.workers)


def tag_on_ray(order: Order, tally: Tally, *, say: Callable[[str], None], report: Report, tell: Tell) -> None:
    """As `chitieu.cli.tag.tag`, by actors on Ray.

    Raises:
        OutputError: C450 for what this engine can't do; what destinations raise.
        SourceError: C144 where Ray is not installed.
        StoppedError: C451 where there is no cluster, C453 where it could not go on; what actors and stores raise.
    """
    from chitieu.pipeline import default_model

    sources = parse_sources(order.sources)
    _check(order, sources)
    into_folder = is_pile(order.to)
    folder = Path(order.to) if into_folder else Path(order.to).with_name(Path(order.to).name + ".shards")
    for output in {order.to, str(folder)}:
        _refuse_folder([source.location for source in sources], output)
    reader = Reader(model_digest(order.model or default_model()), order.min_confidence)
    terms = ShardTerms(
        folder=str(folder.resolve()),
        reader=reader,
        model=None if order.model is None else str(order.model.resolve()),
        loader=command.LOADER,
        patience=order.patience,
        articles=order.shard,
        replayed=not into_folder,
    )
    with connected(order.address, order.workers, say) as ray:
        processors = ray.cluster_resources().get("CPU", 0)
        if processors < order.workers:
            there = number_of(int(processors), "processor")
            say(f"the cluster has {there}: the rest of {number_of(order.workers, 'worker')} waits until it grows")
        work = _Work(order, tally, ray, sources, terms, say, report, tell)
        (_into_folder if into_folder else _into_database)(work)


def _check(order: Order, sources: list[Source]) -> None:
    check_address(order.address)
    for source in sources:
        check_source(source)
    for name, given in (
        ("--again", order.again),
        ("--limit", order.settings is not None and order.settings.max_entries is not None),
    ):
        if given:
            raise OutputError("C450", "can't be used with --engine ray", place=name, remedy="leave one of them out")
    if database_url(order.to) is not None and "://" in order.to:
        raise OutputError(
            "C450",
            "can't be used with --engine ray: shards need a folder beside the destination",
            place="--to",
            remedy="name a folder, a .db file or a file of facts",
        )


def _refuse_folder(locations: list[str], to: str) -> None:
    """Refuse a folder whose files would be read as articles, by the next run if not by this one.

    Raises:
        OutputError: C404.
    """
    refuse_own_output(locations, to)
    target = Path(to).resolve()
    for location in locations:
        path = Path(location).resolve()
        if path.is_dir() and (path == target or path in target.parents):
            reason = f"lies in the source {location}, and would be read from there"
            raise OutputError("C404", reason, place=to, remedy="write to another folder")


def _into_folder(work: _Work) -> None:
    order, tally = work.order, work.tally
    with Pile(Path(order.to)) as pile:
        tally.run = pile.begin(
            work.on_record, sorted({str(Path(source.location).resolve()) for source in work.sources})
        )
        work.begin()
        counts, names, unread = Counts(), set(), set()
        started = time.monotonic()
        try:
            for name, done, before in work.shards():
                names.add(name)
                if before:
                    counts.unchanged += done.articles
                else:
                    tally.worker_deaths += done.worker_deaths
                    counts.articles += done.articles
                    counts.facts += done.facts
                counts.errors += len(done.errors)
                for error in done.errors:
                    work.tell(Failure(**error))
                unread |= unread_of(done, work.sources)
                work.report(counts)
            for source in pile.clear_all_but(names, unread):
                work.say(f"what is on record of {source} stands, since none of it can be read")
            pile.finish("finished", _as_dict(counts, tally.worker_deaths))
        except BaseException as failure:
            state, message = how_it_ended(failure)
            with suppress(ChitieuError):  # the disk may be full; why it stopped counts
                pile.finish(state, _as_dict(counts, tally.worker_deaths), message)
            raise
        finally:
            tally.take(counts)
            tally.seconds = time.monotonic() - started


def _into_database(work: _Work) -> None:
    order, tally, terms = work.order, work.tally, work.terms
    destination = Destination(order.to)
    with destination.store as store:
        tally.run = store.begin(work.on_record)
        work.begin()
        crew, names, unread = ReplayCrew(), set(), set()

        def items() -> Iterator[Found | Missing]:
            for name, done, before in work.shards():
                names.add(name)
                unread.update(unread_of(done, work.sources))
                if not before:
                    crew.deaths += done.worker_deaths
                yield from answered(read_replayed(terms, name))

        memory = StoreMemory(store, terms.reader)
        into_store(destination, crew, items, terms.reader, memory, tally, report=work.report, tell=work.tell)
        if not unread:  # else the work of a night would go with a disk that is not mounted
            clear_all_but(Path(terms.folder), names)


def unread_of(report: ShardReport, sources: list[Source]) -> set[str]:
    """Names of the sources that could not be read themselves, or not to their end, by the errors of a shard."""
    names = {clean_key(source.location): clean_text(source.name or source.location) for source in sources}
    return {names[error["key"]] for error in report.errors if error["key"] in names}


def _as_dict(counts: Counts, worker_deaths: int) -> dict[str, int]:
    names = ("articles", "unchanged", "copies", "facts", "errors")
    return {**{name: getattr(counts, name) for name in names}, "worker_deaths": worker_deaths}
