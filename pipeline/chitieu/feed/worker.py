"""A process that loads the model once and tags the articles it is handed, until its parent goes away.

What passes between the two are lines of JSON. The parent hands out articles in lists; the worker answers each article
before it begins the next, so that the parent always knows over which article a worker died.
"""

from __future__ import annotations

import importlib
import json
import os
import queue
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from chitieu.article import Article
from chitieu.errors import ChitieuError
from chitieu.facts.tagged import Tagged, Tagger

PIPELINE = "chitieu.feed.worker:load_pipeline"
_MEMORY_GONE = 137  # the exit code that a shell gives for a process killed for its memory


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """How workers tag.

    Attributes:
        model: the model's folder; None for the shipped one.
        loader: `module:function` that makes a tagger of a model's folder; another one stands in for it in tests.
        patience: seconds that one article may take.
    """

    model: str | None = None
    loader: str = PIPELINE
    patience: float = 600.0


def load_pipeline(model: str | None) -> Tagger:
    """The pipeline as a tagger.

    Raises:
        ModelError: the folder is missing, empty, or made for another version.
    """
    from chitieu.pipeline import load, tag

    nlp = load(None if model is None else Path(model))

    def one_by_one(articles: Iterator[Article]) -> Iterator[Tagged]:
        # Together with others, sums of floats come out in another order, and a confidence on the edge of a step of the
        # calibration may fall to its other side. A resumed run makes other batches, and must say the same all the same.
        for article in articles:
            yield from tag(nlp, [article])

    return one_by_one  # type: ignore[return-value]


def serve(connection: Connection, settings: WorkerSettings) -> None:
    """Run a worker, in its own process: `{"ready": true}` once the model is loaded, then an answer an article."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent says when to stop
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        module, name = settings.loader.split(":")
        tagger: Tagger = getattr(importlib.import_module(module), name)(settings.model)
    except ChitieuError as error:
        failure = {"code": error.code, "message": error.message, "place": error.place, "remedy": error.remedy}
        _send(connection, {"failed": failure})
        return
    _send(connection, {"ready": True})
    inbox: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    # The pipe is emptied at once, so that the parent never waits in handing out what it reads ahead.
    threading.Thread(target=_receive, args=(connection, inbox.put), daemon=True).start()
    while True:
        for job in json.loads(inbox.get()):
            _send(connection, {"number": job["number"], **_tag(tagger, job)})


def _receive(connection: Connection, put: Callable[[bytes], None]) -> None:
    try:
        while True:
            put(connection.recv_bytes())
    except (EOFError, OSError):
        os._exit(0)  # the parent has gone, and nobody waits for what is being tagged


def _send(connection: Connection, message: dict[str, Any]) -> None:
    try:
        connection.send_bytes(json.dumps(message, ensure_ascii=False, allow_nan=False).encode("utf-8"))
    except OSError:
        os._exit(0)


def _tag(tagger: Tagger, job: dict[str, Any]) -> dict[str, Any]:
    published = job["published"]
    article = Article(
        id=job["id"],
        text=job["text"],
        title=job["title"],
        published=None if published is None else date.fromisoformat(published),
    )
    try:
        (tagged,) = tagger(iter([article]))
        facts = [fact.to_dict() for fact in tagged.facts]
        for fact in facts:
            float(fact["value"])  # every sink holds doubles; a number beyond them is no figure of a report
    except MemoryError:
        sys.stderr.flush()
        os._exit(_MEMORY_GONE)  # what is left of this process can't be trusted; a new one tries again
    except Exception as error:  # whatever it is, it must not take the other articles along
        code = error.code if isinstance(error, ChitieuError) else "C441"
        return {
            "code": code,
            "reason": f"can't be tagged: {type(error).__name__}: {' '.join(str(error).split())[:200]}",
        }
    return {"facts": facts, "spans": [[span.start, span.end, span.label.value] for span in tagged.spans]}


def job_message(number: int, article: Article) -> dict[str, Any]:
    """An article as a worker takes it."""
    return {
        "number": number,
        "id": article.id,
        "text": article.text,
        "title": article.title,
        "published": None if article.published is None else article.published.isoformat(),
    }
