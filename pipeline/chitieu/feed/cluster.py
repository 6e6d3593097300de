"""A run on Ray Data: connecting to a cluster, the steps of the run, and what comes back of each shard."""

from __future__ import annotations

import io
import json
import logging
import os
import re
import signal
import socket
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

from chitieu import errors
from chitieu.errors import ChitieuError, OutputError, StoppedError
from chitieu.feed.extra import need
from chitieu.feed.failure import shorten
from chitieu.feed.shard import Report, ShardTerms
from chitieu.feed.shard_reading import Unit
from chitieu.feed.shard_tagging import ShardTagger, read_units

_HOST_AND_PORT = re.compile(r"\[?([\w.:-]+?)\]?:(\d{1,5})")
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_CONNECT_SECONDS = 5.0
_SHARED_SECONDS = 90.0  # after which a network's file system shows what another machine wrote, at the latest
_OBJECT_STORE = 256 * 2**20  # bytes, of a cluster of our own: shards on their way, of at most a few MB each
_ROW = 1 << 16  # bytes from which Ray hands on what a step has made: a shard by itself
_WORKERS_A_READER = 32  # one process reads some fifty times as fast as one tags
_LOCAL = "local"


def check_address(address: str | None) -> None:
    """Refuse an address that can't be one of a cluster.

    Raises:
        OutputError: C450.
    """
    if address in (None, "auto", _LOCAL) or _HOST_AND_PORT.fullmatch(address or ""):
        return
    if str(address).startswith("ray://"):
        reason = "Ray Data does not run through Ray's client"
        remedy = "run the command on a machine of the cluster: ray job submit -- chitieu tag … --address auto"
    else:
        reason, remedy = "is no address of a cluster", "give HOST:PORT, or auto on a machine of the cluster"
    raise OutputError("C450", reason, place=f"--address {address}", remedy=remedy)


@contextmanager
def connected(address: str | None, workers: int, say: Callable[[str], None]) -> Iterator[Any]:
    """Ray, connected to a cluster, or to one on this machine that ends with the block.

    Args:
        address: of the cluster; None for one on this machine.
        workers: processors of the one on this machine.
        say: told, in a line, what Ray would print on standard output: of machines and actors that died.

    Raises:
        SourceError: C144 where Ray is not installed.
        StoppedError: C451 where there is no cluster, or it can't be joined.
    """
    # Nothing is told to anyone, and no page of state is served; who wants either says so in the environment.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    # Its core writes to standard error past every logger; the same stands in the files of /tmp/ray, or RAY_TMPDIR.
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
    # After the end of a run, a thread that still reads would start another cluster.
    os.environ.setdefault("RAY_ENABLE_AUTO_CONNECT", "0")
    ray = need("ray", "ray")
    need("ray.data", "ray")
    if ray.is_initialized():
        with redirect_stdout(_Lines(say)):
            yield ray
        return
    quiet = {"log_to_driver": False, "logging_level": "ERROR"}
    found = _HOST_AND_PORT.fullmatch(address or "")
    if found:
        _knock(found.group(1), int(found.group(2)), address)
    with _own_signals(), _hushed():
        try:
            if address in (None, _LOCAL):
                ray.init(_LOCAL, num_cpus=workers, include_dashboard=False, object_store_memory=_OBJECT_STORE, **quiet)
            else:
                ray.init(address, **quiet)
        except Exception as failure:  # whatever it is: Ray raises errors of many kinds here
            raise _unreachable(address, f"{type(failure).__name__}: {failure}") from failure
    with redirect_stdout(_Lines(say)):  # its end too: Ray tells of actors that the end of a run kills
        try:
            yield ray
        finally:
            # A thread that still reads would tell at length what it misses.
            logging.getLogger("ray.data").setLevel(logging.CRITICAL)
            ray.shutdown()


def shards(ray: Any, units: Iterable[Unit], terms: ShardTerms, workers: int) -> Iterator[tuple[str, Report, bool]]:
    """Tag units.

    Args:
        ray: connected.
        units: what is to be read.
        terms: of the run.
        workers: actors that tag.

    Yields:
        Name and report of each shard when it is done, and whether it was done before; where shards are to be replayed,
        in the order of the units, else as they come.

    Raises:
        StoppedError: C453 where Ray could not go on, C454 where machines don't share the folder; an actor's own.
        ModelError: the model can't be loaded.
    """
    rows = [{"unit": unit.dump()} for unit in units]
    if not rows:
        return
    data = ray.data
    with _context(data, in_order=terms.replayed):
        readers = data.TaskPoolStrategy(size=1 + workers // _WORKERS_A_READER)
        # Without a share of the processors: where actors hold them all, reading would wait for those who wait for it.
        read = data.from_items(rows, override_num_blocks=min(len(rows), 1_000)).map_batches(
            read_units,
            fn_kwargs={"terms": terms},
            batch_size=1,
            batch_format="pyarrow",
            num_cpus=0,
            compute=readers,
        )
        tagged = read.map_batches(
            ShardTagger,
            fn_constructor_kwargs={"terms": terms},
            batch_size=1,
            batch_format="pyarrow",
            num_cpus=1,
            compute=data.ActorPoolStrategy(size=workers),
        )
        for row in _rows(tagged):
            if row["failed"]:
                raise _told(json.loads(row["failed"]))
            _look_for(terms.path("articles", row["shard"]))
            yield row["shard"], Report.load(row["report"]), not row["new"]


def _look_for(path: Path) -> None:
    """A shard that only the machine of its actor sees is none.

    Raises:
        StoppedError: C454.
    """
    last = time.monotonic() + _SHARED_SECONDS
    while not path.is_file():
        if time.monotonic() > last:
            raise StoppedError(
                "C454",
                "what an actor wrote there is not seen by this machine",
                place=str(path),
                remedy="write to a folder that every machine sees under the same path",
            )
        time.sleep(0.5)


def _rows(dataset: Any) -> Iterator[dict[str, str]]:
    try:
        yield from dataset.iter_rows()
    except Exception as failure:  # of Ray, or of a step of ours: either way what is written stands
        raise StoppedError(
            "C453",
            f"Ray could not go on: {shorten(f'{type(failure).__name__}: {failure}', 300)}",
            remedy="start the same command again: it goes on with the shards that are missing",
        ) from failure


def _knock(host: str, port: int, address: str | None) -> None:
    """Ray waits for minutes for a host that isn't there, and may end the process then."""
    try:
        socket.create_connection((host, port), timeout=_CONNECT_SECONDS).close()
    except (OSError, OverflowError) as failure:
        raise _unreachable(address, str(failure)) from failure


def _unreachable(address: str | None, reason: str) -> StoppedError:
    if address in (None, _LOCAL):
        message, remedy = "Ray can't be started on this machine", "leave out --engine ray: workers need no cluster"
    else:
        message = f"there is no cluster at {address} that can be joined"
        remedy = (
            "start one with `ray start --head`, and give the address that it says; auto finds it on its own machine"
        )
    return StoppedError("C451", f"{message}: {shorten(reason, 300)}", remedy=remedy)


def _told(record: dict[str, Any]) -> ChitieuError:
    """An actor's error, as it was."""
    kinds: dict[str, Callable[..., ChitieuError]] = {
        name: getattr(errors, name) for name in ("ModelError", "StoppedError")
    }
    make = kinds.get(record.pop("kind"), StoppedError)  # a shard that can't be written: make room, and start again
    return make(record.pop("code"), record.pop("message"), **record)


@contextmanager
def _own_signals() -> Iterator[None]:
    """Ray puts a handler in the place of ours, which unwinds like Ctrl-C."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


class _Lines(io.TextIOBase):
    """What threads of Ray print, which must not get among the summary: on to the log, a line at a time."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self.buffer = getattr(sys.stdout, "buffer", None)  # sinks ask whether it is theirs

    def write(self, text: str, /) -> int:
        """As print calls it."""
        for line in _COLOURS.sub("", text).splitlines():
            if line.strip():
                self._say(shorten(line))
        return len(text)


@contextmanager
def _hushed() -> Iterator[None]:
    """Nothing that Ray says while it starts reaches standard error; what goes wrong is raised."""
    sys.stderr.flush()
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        sys.stderr.flush()
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


@contextmanager
def _context(data: Any, in_order: bool) -> Iterator[None]:
    """Ray Data's settings for a run, put back at its end."""
    context = data.DataContext.get_current()
    changed = {"enable_progress_bars": False, "target_max_block_size": _ROW}
    before = {name: getattr(context, name) for name in changed}
    order, level = context.execution_options.preserve_order, logging.getLogger("ray").level
    for name, value in changed.items():
        setattr(context, name, value)
    context.execution_options.preserve_order = in_order
    for name in ("ray", "ray.data"):
        logging.getLogger(name).setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module=r"ray\.")  # few shards for many actors are no mistake
            yield
    finally:
        for name, value in before.items():
            setattr(context, name, value)
        context.execution_options.preserve_order = order
        for name in ("ray", "ray.data"):
            logging.getLogger(name).setLevel(level)
