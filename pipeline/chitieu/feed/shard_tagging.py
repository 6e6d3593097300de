"""The two steps of a run on Ray Data, as its workers import them: tasks that read, actors that tag and write.

What passes between steps are tables of one row for each shard; what failed for the whole run travels as a row too, for
errors of ours don't survive the way through Ray.
"""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

from chitieu.errors import ChitieuError, ModelError
from chitieu.feed.crew import Answer, Crew, Job
from chitieu.feed.extra import need
from chitieu.feed.item import Found
from chitieu.feed.shard import Item, Report, ShardTerms, load
from chitieu.feed.shard_files import write_shard
from chitieu.feed.shard_reading import Unit, shards_of
from chitieu.feed.worker import WorkerSettings

_BATCH_CHARACTERS = 20_000  # handed to the worker at once: half of what it holds


def read_units(batch: Any, terms: ShardTerms) -> Iterator[Any]:
    """Read units: a table of one row for each shard."""
    for unit in batch.column("unit").to_pylist():
        for name, items, report in shards_of(Unit.load(unit), terms):
            yield _table({"shard": name, "items": items, "report": report, "failed": "", "new": ""})


class ShardTagger:
    """An actor: a worker process of its own with the model, loaded once, that tags one shard after the other.

    The worker is that of `chitieu tag --workers`, and is watched over in the same way: an article that it dies over, or
    that takes too long, is an error, and the actor lives on. An actor that dies itself is Ray's to replace, and its
    shard is tagged anew.
    """

    def __init__(self, terms: ShardTerms) -> None:
        self._terms = terms
        self._heard = -1 if _restarted() else 0  # of deaths: those that reports have told; an actor's own is one more
        # A process that is spawned imports the main module of its parent, which is Ray's, and large.
        main: Any = sys.modules["__main__"]
        main.__file__, main.__spec__ = None, None

    @cached_property
    def _crew(self) -> Crew:
        """The worker, started over the first shard that is not done."""
        return Crew(1, WorkerSettings(self._model(), self._terms.loader, self._terms.patience)).__enter__()

    def _model(self) -> str:
        """The model's folder on this machine.

        Raises:
            ModelError: C314 where it holds another model than that of the command.
        """
        from chitieu.feed.digest import model_digest
        from chitieu.pipeline import default_model

        folder = default_model() if self._terms.model is None else Path(self._terms.model)
        if model_digest(folder) != self._terms.reader.model_digest:
            raise ModelError(
                "C314",
                f"on {socket.gethostname()} the folder holds another model",
                place=str(folder),
                remedy="install the same version of chitieu on every machine, or name a folder that all of them see",
            )
        return str(folder)

    def __call__(self, batch: Any) -> Any:
        """Tag a shard, unless it is done; the same row with its report."""
        (row,) = batch.to_pylist()
        if not row["report"]:
            try:
                row["report"] = self._tag(row["shard"], list(load(row["items"]))).dump()
                row["new"] = "new"
            except ChitieuError as failure:
                told = {name: getattr(failure, name) for name in ("code", "message", "place", "remedy")}
                row["failed"] = json.dumps({"kind": type(failure).__name__, **told})
        return _table({**row, "items": ""})

    def _tag(self, name: str, items: list[Item]) -> Report:
        said = self._answers(items)
        heard, self._heard = self._heard, self._crew.deaths
        return write_shard(self._terms, name, items, said, self._heard - heard)

    def _answers(self, items: list[Item]) -> dict[int, Answer]:
        jobs: list[Job] = []
        held = 0
        for place, item in enumerate(items):
            if isinstance(item, Found):
                jobs.append(Job(place, item.article))
                held += len(item.article.text)
                if held >= _BATCH_CHARACTERS:
                    self._crew.submit(jobs)
                    jobs, held = [], 0
        if jobs:
            self._crew.submit(jobs)
        least = self._terms.reader.min_confidence
        said: dict[int, Answer] = {}
        while self._crew.busy:
            for answer in self._crew.wait([], None):
                facts = [fact for fact in answer.facts if (fact["confidence"] or 0.0) >= least]
                said[answer.number] = Answer(answer.number, facts, answer.spans, answer.code, answer.reason)
        return said


def _restarted() -> bool:
    """Whether this actor has taken the place of one that died."""
    return bool(need("ray", "ray").get_runtime_context().was_current_actor_reconstructed)


def _table(row: dict[str, str]) -> Any:
    import pyarrow as pa

    # Beyond 2 GB a block of plain strings can't hold more; a shard is nowhere near, and Ray joins small ones.
    return pa.table({name: pa.array([value], pa.large_string()) for name, value in row.items()})
