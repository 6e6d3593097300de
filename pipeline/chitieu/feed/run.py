"""One run: what sources give goes to the workers, what they answer goes to the store; this process alone writes."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Protocol

from chitieu.errors import ChitieuError
from chitieu.feed.crew import Answer, Job
from chitieu.feed.digest import content_digest
from chitieu.feed.intake import Intake
from chitieu.feed.item import Found, Missing
from chitieu.feed.memory import StoreMemory
from chitieu.feed.outcome import Batch, Copy, Failure, Reader, Reading
from chitieu.feed.refusal import clean_key, clean_text, refusal_of
from chitieu.feed.seen import Seen
from chitieu.feed.store import Store

# Articles that are sorted by length before they are handed out: articles of a batch take about as long as each other.
_WINDOW_ITEMS = 128
_WINDOW_CHARACTERS = 1_000_000
_WINDOW_SECONDS = 0.25  # how long a window that is not full waits for more
_BATCH_CHARACTERS = 20_000  # half of what a worker holds, so that one is read while the next is on its way
_BATCH_ITEMS = 32
# Articles under way: one that takes long holds up what is written after it, but not the workers, until these are full.
_SLOTS = 4_096
_SLOT_CHARACTERS = 16_000_000
# What is written at once: a commit costs milliseconds, and a kill costs what has not been written.
_WRITE_ITEMS = 64
_WRITE_FACTS = 2_000
_WRITE_SECONDS = 1.0


@dataclass(slots=True)
class Counts:
    """How far a run is."""

    articles: int = 0
    unchanged: int = 0
    copies: int = 0
    facts: int = 0
    errors: int = 0

    @property
    def seen(self) -> int:
        """Everything that sources gave and that has been seen to."""
        return self.articles + self.unchanged + self.copies + self.errors

    def add(self, batch: Batch) -> None:
        """Count what a batch holds."""
        self.articles += len(batch.readings)
        self.unchanged += batch.unchanged
        self.copies += len(batch.copies)
        self.facts += batch.facts
        self.errors += len(batch.failures)


class Workers(Protocol):
    """Answers for articles: `chitieu.feed.crew.Crew`, or whoever has their answers already."""

    @property
    def deaths(self) -> int:
        """Workers that died."""
        ...

    @property
    def busy(self) -> bool:
        """Whether answers are to come."""
        ...

    @property
    def hungry(self) -> bool:
        """Whether more articles would be taken."""
        ...

    def submit(self, jobs: Sequence[Job]) -> None:
        """Hand out articles."""
        ...

    def wait(self, others: Sequence[Connection], timeout: float | None) -> list[Answer]:
        """Answers; waits until there is one, one of `others` can be read, or the time is over."""
        ...


class Copies(Protocol):
    """Tells copies of one text in several places: `chitieu.feed.copies.StoredCopies`."""

    def look(self, found: Found, *, compare: bool = True) -> tuple[str | None, str | None, float | None]:
        """Signature; key of the article that it copies, and how alike they are."""
        ...


class NoCopies:
    """Takes every article for itself."""

    def look(self, found: Found, *, compare: bool = True) -> tuple[str | None, str | None, float | None]:  # noqa: ARG002 - the protocol's
        """As `Copies.look`."""
        return None, None, None


@dataclass(slots=True)
class _Slot:
    """The place of an outcome among the others, in the order in which sources gave them."""

    outcome: Reading | Copy | Failure | None = None
    size: int = 0


@dataclass(slots=True)
class _Pending:
    found: Found
    digest: str
    signature: str | None
    slot: _Slot


@dataclass(slots=True)
class Run:
    """The loop of a run that has begun.

    Outcomes are written in the order in which sources gave the articles, whichever worker is done first. So what a
    killed run leaves is what an uninterrupted one had at some moment, and going on from there comes to the same: which
    of two like texts came first, and is the original, included.

    Attributes:
        store: a run has begun in it.
        crew: workers, started.
        intake: sources, being read.
        reader: model and threshold that articles are read with.
        copies: tells wire copies.
        report: told how far the run is, now and then.
        tell: told of each failure.
        counts: what has been seen to.
        written: what of it is in the store; that, and no more, is what a run did that does not come to its end.
    """

    store: Store
    crew: Workers
    intake: Intake
    reader: Reader
    copies: Copies = field(default_factory=NoCopies)
    report: Callable[[Counts], None] = lambda _: None
    tell: Callable[[Failure], None] = lambda _: None
    counts: Counts = field(default_factory=Counts)
    written: Counts = field(default_factory=Counts)
    _seen: Seen = field(default_factory=Seen)
    _window: deque[_Pending] = field(default_factory=deque)
    _characters: int = 0
    _opened: float = 0.0  # when the first article of the window came
    _in_flight: dict[int, _Pending] = field(default_factory=dict)
    _slots: deque[_Slot] = field(default_factory=deque)
    _under_way: int = 0  # characters in the slots
    _batch: Batch = field(default_factory=Batch)
    _written: float = field(default_factory=time.monotonic)
    _number: int = 0
    _deaths: int = 0

    def go(self) -> Counts:
        """Read everything to its end.

        Raises:
            StoppedError: the store can't be written to, or workers can't be kept alive; what was written stands.
            ChitieuError: the sources can't be read on.
        """
        while True:
            room = len(self._window) < _WINDOW_ITEMS and self._characters < _WINDOW_CHARACTERS
            room = room and len(self._slots) < _SLOTS and self._under_way < _SLOT_CHARACTERS
            if room:
                for item in self.intake.take():
                    self._take(item)
            ended = self.intake.ended
            self._hand_out(ended)
            self._write_if_due()
            if ended and not self._window and not self.crew.busy:
                break
            for answer in self._answers(listening=room and not ended):
                self._settle(answer)
            self.report(self.counts)
        self._gather()
        self._write()
        self.report(self.written)
        return self.written

    def _answers(self, listening: bool) -> list[Answer]:
        """Wait for workers, for sources where there is room for more, or until something is due."""
        waits = [_WRITE_SECONDS]
        if self._window and self.crew.hungry:
            waits.append(_WINDOW_SECONDS)
        return self.crew.wait([self.intake.bell] if listening else [], min(waits))

    # -- what sources give -------------------------------------------------------------------------------------------

    def _take(self, item: Found | Missing) -> None:
        if isinstance(item, Missing):
            place, reason = clean_text(item.place), clean_text(item.reason)
            self._fail(Failure(clean_key(item.key), place, item.code, reason, item.feed, item.again))
            return
        refusal = refusal_of(item)
        if refusal is not None:
            self._fail(refusal)
            return
        digest = content_digest(item.article)
        before = self._seen.before(item.key, digest)
        if before is not None:
            if before != digest:
                reason = "another text came under this key in the same run; the first one counts"
                self._fail(Failure(item.key, item.key, "C443", reason, item.feed))
            return
        stored = self.store.stored(item.key)
        if stored is not None and stored.settled(digest, self.reader):
            self._batch.unchanged += 1
            self.counts.unchanged += 1
            return
        original = stored is not None and stored.digest == digest and stored.state != "copy"
        signature, copy_of, similarity = self.copies.look(item, compare=not original)
        if copy_of is not None and copy_of != item.key:
            self._slots.append(_Slot(Copy(item, digest, signature, copy_of, similarity)))
            self.counts.copies += 1
            return
        if not self._window:
            self._opened = time.monotonic()
        size = len(item.article.text)
        slot = _Slot(size=size)
        self._slots.append(slot)
        self._window.append(_Pending(item, digest, signature, slot))
        self._characters += size
        self._under_way += size

    def _fail(self, failure: Failure, slot: _Slot | None = None) -> None:
        if slot is None:
            self._slots.append(_Slot(failure))
        else:
            slot.outcome = failure
        self.counts.errors += 1
        self.tell(failure)

    # -- workers -----------------------------------------------------------------------------------------------------

    def _hand_out(self, ended: bool) -> None:
        full = len(self._window) >= _WINDOW_ITEMS or self._characters >= _WINDOW_CHARACTERS
        waited = time.monotonic() - self._opened >= _WINDOW_SECONDS
        if not self._window or not self.crew.hungry or not (full or ended or waited):
            return
        by_length = sorted(self._window, key=lambda pending: len(pending.found.article.text), reverse=True)
        self._window.clear()
        self._characters = 0
        jobs: list[Job] = []
        held = 0
        for pending in by_length:
            size = len(pending.found.article.text)
            if jobs and (held + size > _BATCH_CHARACTERS or len(jobs) == _BATCH_ITEMS):
                self.crew.submit(jobs)
                jobs, held = [], 0
            self._number += 1
            self._in_flight[self._number] = pending
            jobs.append(Job(self._number, pending.found.article))
            held += size
        self.crew.submit(jobs)

    def _settle(self, answer: Answer) -> None:
        pending = self._in_flight.pop(answer.number)
        found = pending.found
        if answer.code is not None:
            failure = Failure(
                key=found.key,
                place=found.key,
                code=answer.code,
                reason=clean_text(answer.reason),
                feed=found.feed,
                found=found,
                digest=pending.digest,
                signature=pending.signature,
            )
            self._fail(failure, pending.slot)
            return
        least = self.reader.min_confidence
        facts = [fact for fact in answer.facts if (fact["confidence"] or 0.0) >= least]
        pending.slot.outcome = Reading(found, pending.digest, pending.signature, facts, answer.spans)
        self.counts.articles += 1
        self.counts.facts += len(facts)

    # -- the store ---------------------------------------------------------------------------------------------------

    def _gather(self) -> None:
        """Move to the batch what is settled, up to the first that is not."""
        while self._slots and self._slots[0].outcome is not None:
            slot = self._slots.popleft()
            self._under_way -= slot.size
            if isinstance(slot.outcome, Reading):
                self._batch.readings.append(slot.outcome)
            elif isinstance(slot.outcome, Copy):
                self._batch.copies.append(slot.outcome)
            elif slot.outcome is not None:
                self._batch.failures.append(slot.outcome)
            if self._batch.items >= _WRITE_ITEMS or self._batch.facts >= _WRITE_FACTS:
                self._write()

    def _write_if_due(self) -> None:
        self._gather()
        if time.monotonic() - self._written >= _WRITE_SECONDS:
            self._write()

    def _write(self) -> None:
        self._batch.worker_deaths = self.crew.deaths - self._deaths
        if self._batch:
            for written in self.store.write(self._batch):
                self.written.add(written)
                for failure in written.failures if written.refused else ():
                    self.tell(failure)
            self._deaths = self.crew.deaths
            self._batch = Batch()
        self._written = time.monotonic()

    def close(self) -> None:
        """Let go of what was kept aside."""
        self._seen.close()


def finish(store: Store, memory: StoreMemory, run: Run) -> Counts:
    """Take a run to its end, and set down how it ended, whichever way."""
    try:
        counts = run.go()
        store.finish("finished", fetched=memory.to_write())
    except (KeyboardInterrupt, SystemExit):
        with suppress(ChitieuError):
            store.finish("interrupted", "stopped by a signal")
        raise
    except BaseException as failure:
        with suppress(Exception):
            store.finish("stopped", str(failure)[:500])
        raise
    finally:
        run.close()
    return counts


def everything(sources: Iterable[Found | Missing], *more: Iterable[Found]) -> Iterable[Found | Missing]:
    """What sources give, then what is to be read again from the store."""
    yield from sources
    for others in more:
        yield from others
