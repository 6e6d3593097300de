"""A folder of Parquet that mirrors what sources say: the destination of runs that are too large for one database.

`facts`, `articles` and `errors` hold a file a shard; `manifest.json` says what the last run was and how far it came.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from pathlib import Path
from typing import Any

from chitieu import __version__
from chitieu.errors import OutputError, StoppedError
from chitieu.feed.database import FileLock, database_url
from chitieu.feed.runs import CUT_OFF, NAMES, new_run, told
from chitieu.feed.shard_files import NAME, TABLES, feeds_of, names_in
from chitieu.feed.store import Terms, now
from chitieu.writing import Format
from chitieu.writing.replacing import make_folder, replacing

_LAYOUT = 1
_MANIFEST = "manifest.json"
_LARGEST_MANIFEST = 16 * 2**20  # bytes


def is_pile(name: str) -> bool:
    """Whether `--to` names a folder: one that is there, a name that ends in `/`, or one without a suffix."""
    if database_url(name) is not None:
        return False
    path = Path(name)
    known = path.suffix.lower() in {f".{kind.value}" for kind in Format}
    return path.is_dir() or (not known and (name.endswith(("/", "\\")) or not path.suffix))


def runs_of(folder: Path) -> list[dict[str, Any]] | None:
    """The last run of a pile, as `chitieu.feed.runs.read_runs` gives those of a database; None for another folder.

    Raises:
        OutputError: C432 where this version doesn't read it.
    """
    manifest = read_manifest(folder)
    if not manifest:
        return None
    run = {name: manifest.get(name) for name in NAMES} | {"id": manifest["run"]}
    for name in ("articles", "unchanged", "copies", "facts", "errors", "worker_deaths"):
        run[name] = run[name] or 0
    if run["state"] == "running" and not FileLock.is_held(folder / _MANIFEST):
        run.update(CUT_OFF)
    return [told(run)]


def read_manifest(folder: Path) -> dict[str, Any]:
    """What a pile's manifest says; nothing where there is none.

    Raises:
        OutputError: C432 where this version doesn't read it.
    """
    path = folder / _MANIFEST
    if not path.is_file():
        return {}
    try:
        with path.open("rb") as file:
            manifest = json.loads(file.read(_LARGEST_MANIFEST))
        if manifest["layout"] == _LAYOUT:
            return dict(manifest)
    except (OSError, ValueError, KeyError, TypeError):
        pass
    raise OutputError(
        "C432",
        "has a manifest.json that this version of chitieu doesn't read",
        place=str(folder),
        remedy="write to a new folder",
    )


class Pile:
    """A folder of shards, open for one run. A context manager: leaving it lets go of the lock.

    Raises (on opening):
        OutputError: C401 where it can't be made, C431 where it holds other things, C433 where another run writes to it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._run: dict[str, Any] = {}
        self._started = 0.0
        make_folder(folder)
        ours = {_MANIFEST, f"{_MANIFEST}-lock", *TABLES}
        others = [path.name for path in folder.iterdir() if path.name not in ours and not path.name.startswith(".")]
        if others and not (folder / _MANIFEST).is_file():
            raise OutputError(
                "C431",
                f"holds other things ({', '.join(sorted(others)[:3])} …), and is left alone",
                place=str(folder),
                remedy="name a new folder",
            )
        self._lock = FileLock(folder / _MANIFEST)

    def __enter__(self) -> Pile:
        return self

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    def begin(self, terms: Terms, paths: Sequence[str] = ()) -> str:
        """Set down that a run begins.

        Args:
            terms: of the run.
            paths: where its sources lie, whatever they are called and wherever from: `news`, `./news/`, `feeds.toml`.

        Returns:
            The run's id.

        Raises:
            OutputError: C452 where an earlier run had a source that this one lacks: its facts would vanish.
            StoppedError: C402 where the disk is full.
        """
        before = read_manifest(self.folder)
        here = {Path(path) for path in paths}
        lacking = [path for path in before.get("paths", ()) if here.isdisjoint((Path(path), *Path(path).parents))]
        if lacking:
            raise OutputError(
                "C452",
                f"holds the facts of {lacking[0]}, which is no source of this run, and mirrors its sources",
                place=str(self.folder),
                remedy="name that source too, or write to another folder",
            )
        goes_on = before.get("state") in ("running", "interrupted", "stopped")
        self._started = time.monotonic()
        self._run = {
            "layout": _LAYOUT,
            "run": new_run(),
            "started": now(),
            "state": "running",
            "continues": before.get("run") if goes_on else None,
            "sources": list(terms.sources),
            "paths": list(paths),
            "workers": terms.workers,
            "model": terms.model,
            "model_digest": terms.reader.model_digest,
            "min_confidence": terms.reader.min_confidence,
            "version": __version__,
        }
        self._write()
        return str(self._run["run"])

    def finish(self, state: str, counts: Mapping[str, int], message: str | None = None) -> None:
        """Set down how a run ended.

        Raises:
            StoppedError: C401 or C402 where it can't be written.
        """
        seconds = round(time.monotonic() - self._started, 3)
        self._run.update(state=state, ended=now(), seconds=seconds, message=message, **counts)
        try:
            self._write()
        except OutputError as failure:
            raise _stopped(failure) from failure

    def clear_all_but(self, shards: set[str], unread: AbstractSet[str] = frozenset()) -> list[str]:
        """Remove the shards of articles that the sources don't hold any more, and what was left half-written.

        Args:
            shards: of the run.
            unread: names of sources that could not be read. One that gave nothing at all may be a disk that is not
                mounted: what an earlier run read of it stands.

        Returns:
            Names of the sources whose former shards stand.
        """
        kept, standing = set(shards), set(unread)
        if unread:
            standing.difference_update(*(feeds_of(self.folder, name) for name in shards))
        if standing:
            former = {path.stem for path in names_in(self.folder) if NAME.fullmatch(path.name)} - shards
            of_them = {name for name in former if not standing.isdisjoint(feeds_of(self.folder, name))}
            kept |= of_them
            standing = standing if of_them else set()
        clear_all_but(self.folder, kept)
        return sorted(standing)

    def _write(self) -> None:
        text = json.dumps(self._run, ensure_ascii=False, indent=1) + "\n"
        try:
            with replacing(self.folder / _MANIFEST) as stream:
                stream.write(text.encode("utf-8"))
        except OutputError as failure:
            if failure.code == "C402":  # it could be opened, and not be written to: the disk is full
                raise _stopped(failure) from failure
            raise


def _stopped(failure: OutputError) -> StoppedError:
    remedy = "make room, and start the same command again: no work is lost"
    return StoppedError(failure.code, failure.message, place=failure.place, remedy=remedy)


def clear_all_but(folder: Path, shards: Sequence[str] | set[str]) -> None:
    """Remove files of other shards, and what was left of those that were being written, from a folder of shards."""
    for path in names_in(folder):
        if path.name.startswith(".") or path.stem not in shards:
            with suppress(OSError):  # another night's run removes it
                path.unlink()


def how_it_ended(failure: BaseException) -> tuple[str, str]:
    """State and message of a run that did not finish."""
    if isinstance(failure, (KeyboardInterrupt, SystemExit)):
        return "interrupted", "stopped by a signal"
    return "stopped", str(failure)[:500]
