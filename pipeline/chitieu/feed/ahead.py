"""Several sources read at the same time, what they give handed on in the order of the sources.

Hosts are slow and want to be left time between requests, so sources are read ahead in threads, each a few articles and
no more. The order stays that of the sources, so that of two copies the same one is the earlier in every run. What the
threads ask of the memory is answered by the thread that takes the articles: a database connection is not shared.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from concurrent.futures import TimeoutError as Unanswered  # the builtin only since Python 3.11
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import Any

from chitieu.feed.item import Found, Memory, Missing
from chitieu.feed.source import Source

MOST_AHEAD = 16
"""Articles that one source may be ahead."""

_MOST_CHARACTERS = 4_000_000  # and their length, since one article may be that long
_PATIENCE = 0.5  # seconds after which a waiting thread looks whether anyone still wants what it has


class _Stopped(BaseException):
    """Nobody takes the articles any more; past every `except Exception`."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """A call of `Memory.remember`, which stands in the row behind the articles that it is about."""

    arguments: tuple[str, str | None, str | None, int]


@dataclass(slots=True)
class _Question:
    call: Callable[[Memory], Any]
    answer: Future[Any] = field(default_factory=Future)


Read = Callable[[Source, int, Memory, Callable[[float], None]], Iterator[Found | Missing]]
"""Reads one source, given its number, a memory that may be asked from its thread, and a sleep that can be cut short."""


def read_ahead(
    sources: Iterable[Source],
    read: Read,
    memory: Memory,
    at_once: int,
    wanted: Callable[[int, Found | Missing], bool] = lambda _number, _item: True,
) -> Iterator[Found | Missing]:
    """What the sources give, in their order.

    Args:
        sources: taken one by one, as there is room.
        read: reads a source; runs in a thread of its own, and keeps its failures to itself as `Missing`.
        memory: asked from the calling thread only.
        at_once: sources that are read at the same time.
        wanted: whether what the source of a number gave is handed on; asked in the order of the sources.
    """
    questions: SimpleQueue[_Question | None] = SimpleQueue()
    stop = threading.Event()
    waiting = enumerate(sources)
    lanes: deque[_Lane] = deque()

    def open_lanes() -> None:
        while len(lanes) < max(1, at_once):
            number, source = next(waiting, (0, None))
            if source is None:
                return
            lane = _Lane(number, questions, stop)
            lanes.append(lane)
            threading.Thread(
                target=lane.run, args=(source, read), daemon=True, name=f"chitieu-read {source.location[:40]}"
            ).start()

    try:
        open_lanes()
        while lanes:
            _answer_all(questions, memory)
            taken = lanes[0].take()
            if taken is None:
                if lanes[0].ended:
                    lanes.popleft()
                    open_lanes()
                else:
                    _answer(questions.get(), memory)  # a question, or word that some lane has something
            elif isinstance(taken, _Kept):
                memory.remember(*taken.arguments)
            elif wanted(lanes[0].number, taken):
                yield taken
    finally:
        stop.set()


def _answer_all(questions: SimpleQueue[_Question | None], memory: Memory) -> None:
    while not questions.empty():
        _answer(questions.get(), memory)


def _answer(question: _Question | None, memory: Memory) -> None:
    """A failure of the memory is not the source's: it goes up to whoever takes the articles."""
    if question is not None:
        question.answer.set_result(question.call(memory))


class _Lane:
    """One source's row of what it gave; also the memory that its thread sees."""

    def __init__(self, number: int, questions: SimpleQueue[_Question | None], stop: threading.Event) -> None:
        self.number = number
        self._questions = questions
        self._stop = stop
        self._row: deque[Found | Missing | _Kept] = deque()
        self._characters = 0
        self._changed = threading.Condition()
        self._done = False

    def run(self, source: Source, read: Read) -> None:
        """Fill the row until the source ends."""
        try:
            for item in read(source, self.number, self, self._sleep):
                self._put(item)
        except _Stopped:
            pass
        finally:
            with self._changed:
                self._done = True
            self._questions.put(None)

    def take(self) -> Found | Missing | _Kept | None:
        """The first of the row; None where there is none yet."""
        with self._changed:
            if not self._row:
                return None
            item = self._row.popleft()
            self._characters -= _length(item)
            self._changed.notify()
            return item

    @property
    def ended(self) -> bool:
        """Whether all has been taken."""
        with self._changed:
            return self._done and not self._row

    def validators(self, url: str) -> tuple[str | None, str | None] | None:
        """As `Memory.validators`, from the source's thread."""
        found: tuple[str | None, str | None] | None = self._ask(lambda memory: memory.validators(url))
        return found

    def remember(self, url: str, etag: str | None, last_modified: str | None, status: int) -> None:
        """As `Memory.remember`, once everything before it has been taken."""
        self._put(_Kept((url, etag, last_modified, status)))

    def known(self, key: str) -> bool:
        """As `Memory.known`, from the source's thread."""
        return bool(self._ask(lambda memory: memory.known(key)))

    def _ask(self, call: Callable[[Memory], Any]) -> Any:
        question = _Question(call)
        self._questions.put(question)
        while True:
            try:
                return question.answer.result(_PATIENCE)
            except Unanswered as unanswered:
                if self._stop.is_set():
                    raise _Stopped from unanswered

    def _put(self, item: Found | Missing | _Kept) -> None:
        length = _length(item)
        with self._changed:
            while self._row and (len(self._row) >= MOST_AHEAD or self._characters + length > _MOST_CHARACTERS):
                self._changed.wait(_PATIENCE)
                if self._stop.is_set():
                    raise _Stopped
            self._row.append(item)
            self._characters += length
        if self._stop.is_set():
            raise _Stopped
        self._questions.put(None)

    def _sleep(self, seconds: float) -> None:
        if self._stop.wait(seconds):
            raise _Stopped


def _length(item: Found | Missing | _Kept) -> int:
    return len(item.article.text) if isinstance(item, Found) else 0
