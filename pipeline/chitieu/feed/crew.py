"""The worker processes: handed articles, listened to, and replaced when they die."""

from __future__ import annotations

import json
import os
import signal
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing import connection as connections
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

from chitieu.article import Article
from chitieu.errors import ModelError, StoppedError
from chitieu.feed.worker import WorkerSettings, job_message, serve

# Characters that a worker holds before it is handed more: enough to be busy while the parent reads and writes.
_AHEAD = 40_000
_DEATHS = 2  # workers that may die over an article before it is left alone
_STILLBORN = 3  # workers in a row that may die before they have loaded the model
_LEAVE = 5.0  # seconds to exit when asked to


@dataclass(slots=True)
class Job:
    """An article to be tagged."""

    number: int
    article: Article
    deaths: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a job: facts and spans, or a code and a reason."""

    number: int
    facts: Sequence[Mapping[str, Any]] = ()
    spans: Sequence[tuple[int, int, str]] = ()
    code: str | None = None
    reason: str = ""


@dataclass(slots=True)
class _Worker:
    process: BaseProcess
    connection: Connection
    jobs: deque[Job] = field(default_factory=deque)
    ready: bool = False
    heard: float = field(default_factory=time.monotonic)
    overdue: bool = False

    @property
    def load(self) -> int:
        return sum(len(job.article.text) for job in self.jobs)


class Crew:
    """A number of workers. A context manager: leaving it ends them.

    Args:
        number: of processes.
        settings: what each does.
        say: told, in a line, of each worker that died.
    """

    def __init__(self, number: int, settings: WorkerSettings, say: Callable[[str], None] = lambda _: None) -> None:
        self._number = number
        self._settings = settings
        self._say = say
        self._context = get_context("spawn")  # a fork would copy the parent's threads and open databases
        self._workers: list[_Worker] = []
        self._waiting: deque[list[Job]] = deque()
        self._answers: list[Answer] = []
        self._stillborn = 0
        self.deaths = 0

    def __enter__(self) -> Crew:
        """Start the workers, and wait until one has loaded the model.

        Raises:
            ModelError: the model can't be loaded.
            StoppedError: C437 where workers die before they have.
        """
        try:
            self._workers = [self._hire() for _ in range(self._number)]
            while not any(worker.ready for worker in self._workers):
                self._listen([], None)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def pids(self) -> list[int]:
        """Process ids of the workers."""
        return [worker.process.pid or 0 for worker in self._workers]

    @property
    def busy(self) -> bool:
        """Whether answers are to come."""
        return bool(self._waiting or self._answers or any(worker.jobs for worker in self._workers))

    @property
    def hungry(self) -> bool:
        """Whether a worker would take more."""
        return not self._waiting and any(worker.load < _AHEAD for worker in self._workers)

    def submit(self, jobs: Sequence[Job]) -> None:
        """Hand out articles; more than `hungry` asks for are kept until a worker has room."""
        self._waiting.append(list(jobs))
        self._hand_out()

    def wait(self, others: Sequence[Connection], timeout: float | None) -> list[Answer]:
        """Wait until a worker answers, one of `others` can be read, or the time is over.

        Raises:
            StoppedError: C437 where workers keep dying before they have loaded the model.
        """
        if not self._answers:
            self._listen(others, timeout)
        self._check_patience()
        self._hand_out()
        answers, self._answers = self._answers, []
        return answers

    def stop(self) -> None:
        """End every worker, whatever it is doing."""
        for worker in self._workers:
            worker.connection.close()
            worker.process.terminate()
        for worker in self._workers:
            worker.process.join(_LEAVE)
            if worker.process.is_alive():
                worker.process.kill()
                worker.process.join()
        self._workers = []

    # -- workers -----------------------------------------------------------------------------------------------------

    def _hire(self) -> _Worker:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=serve, args=(theirs, self._settings), name="chitieu-worker", daemon=True)
        try:
            with _one_thread_each():
                process.start()
        except OSError as failure:
            raise StoppedError(
                "C437",
                f"no further process can be started: {failure.strerror or failure}",
                remedy="make room in memory, or try fewer --workers",
            ) from failure
        theirs.close()  # else its end would stay open, and its death unheard
        return _Worker(process, ours)

    def _hand_out(self) -> None:
        while self._waiting:
            worker = min(self._workers, key=lambda worker: worker.load)
            if worker.load >= _AHEAD:
                return
            jobs = self._waiting.popleft()
            if not worker.jobs:
                worker.heard = time.monotonic()
            worker.jobs.extend(jobs)
            message = [job_message(job.number, job.article) for job in jobs]
            with suppress(OSError):  # it has died: what it leaves undone is seen to when its end is heard
                worker.connection.send_bytes(json.dumps(message, ensure_ascii=False).encode("utf-8"))

    def _listen(self, others: Sequence[Connection], timeout: float | None) -> None:
        ours = [worker.connection for worker in self._workers]
        step = self._settings.patience if timeout is None else min(timeout, self._settings.patience)
        for ready in connections.wait([*ours, *others], step):
            for worker in self._workers:
                if worker.connection is ready:
                    self._hear(worker)
                    break

    def _hear(self, worker: _Worker) -> None:
        """Take in all that a worker has said."""
        try:
            while worker.connection.poll():
                self._take(worker, json.loads(worker.connection.recv_bytes()))
        except (EOFError, OSError):
            self._bury(worker)

    def _take(self, worker: _Worker, message: dict[str, Any]) -> None:
        worker.heard = time.monotonic()
        if "ready" in message:
            worker.ready, self._stillborn = True, 0
        elif "failed" in message:
            failure = message["failed"]
            raise ModelError(failure["code"], failure["message"], place=failure["place"], remedy=failure["remedy"])
        else:
            job = worker.jobs.popleft()
            assert job.number == message["number"]
            if "code" in message:
                self._answers.append(Answer(job.number, code=message["code"], reason=message["reason"]))
            else:
                spans = [(start, end, label) for start, end, label in message["spans"]]
                self._answers.append(Answer(job.number, message["facts"], spans))

    def _bury(self, worker: _Worker) -> None:
        """Put a worker in the place of one that died; see to what it left undone."""
        worker.connection.close()
        worker.process.join(_LEAVE)
        if worker.process.is_alive():
            worker.process.kill()
            worker.process.join()
        self.deaths += 1
        how = _manner(worker.process.exitcode)
        over = f" over {worker.jobs[0].article.id!r}" if worker.ready and worker.jobs else ""
        self._say(f"worker {worker.process.pid} {how}{over}; another takes its place")
        if not worker.ready:
            self._stillborn += 1
            if self._stillborn >= _STILLBORN:
                raise StoppedError(
                    "C437",
                    f"{_STILLBORN} workers in a row {how} before they had loaded the model",
                    remedy="is there enough memory? about 1 GB a worker: try fewer --workers",
                )
        self._retry(worker, how)
        self._workers[self._workers.index(worker)] = self._hire()

    def _retry(self, worker: _Worker, how: str) -> None:
        jobs = list(worker.jobs)
        if jobs and worker.ready:
            suspect = jobs.pop(0)
            suspect.deaths += 1
            if worker.overdue:
                reason = f"took longer than {self._settings.patience:g} seconds"
                self._answers.append(Answer(suspect.number, code="C444", reason=reason))
            elif suspect.deaths >= _DEATHS:
                reason = f"{_DEATHS} workers died over it; the last one {how}"
                self._answers.append(Answer(suspect.number, code="C440", reason=reason))
            else:
                self._waiting.appendleft([suspect])
        # One by one: a worker that dies again leaves the others to more workers than one.
        self._waiting.extend([job] for job in jobs)

    def _check_patience(self) -> None:
        late = time.monotonic() - self._settings.patience
        for worker in self._workers:
            if worker.ready and worker.jobs and worker.heard < late and not worker.overdue:
                worker.overdue = True
                worker.process.kill()


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Processes started inside multiply matrices on one core each: they are as many as there is work for."""
    name = "OPENBLAS_NUM_THREADS"
    before = os.environ.get(name)
    os.environ.setdefault(name, "1")
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]


def _manner(exit_code: int | None) -> str:
    """How a process ended, in words."""
    if exit_code is not None and exit_code < 0:
        try:
            name = signal.Signals(-exit_code).name
        except ValueError:
            name = f"signal {-exit_code}"
        return f"was killed by {name}" + (" (out of memory?)" if name == "SIGKILL" else "")
    if exit_code == 137:
        return "ran out of memory"
    return f"exited with {exit_code}"
