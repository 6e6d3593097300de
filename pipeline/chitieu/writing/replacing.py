"""A file that appears whole or not at all: written beside its destination and renamed at the end."""

from __future__ import annotations

import io
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from chitieu.errors import OutputError


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """Open a file that replaces `path` when the block ends well, and vanishes when it does not.

    The destination is opened at once, so that one that can't be written is told before any work is done.
    A device or pipe can't be replaced, and is written as it stands.

    Raises:
        OutputError: C401 where `path` can't be written, C402 where writing fails on the way (a full disk).
    """
    target = path.resolve()
    try:
        replaced = not target.exists() or stat.S_ISREG(target.stat().st_mode)
        # Hidden, so that a folder being read while it is written to does not yield it.
        temporary = target.with_name(f".{target.name[:100]}.{secrets.token_hex(4)}.tmp") if replaced else target
        flags = os.O_WRONLY | os.O_CREAT | getattr(os, "O_BINARY", 0) | (os.O_EXCL if replaced else 0)
        raw = _File(os.open(temporary, flags, 0o666), path)
    except OSError as failure:
        raise _unwritable(path, failure) from failure
    try:
        with io.BufferedWriter(raw) as stream:
            yield stream
        if replaced:
            _rename(temporary, target, path)
    except BaseException:
        if replaced:
            with suppress(OSError):
                temporary.unlink()
        raise


def _rename(temporary: Path, target: Path, path: Path) -> None:
    try:
        temporary.replace(target)
    except OSError as failure:
        raise _unwritable(path, failure) from failure


class _File(io.FileIO):
    """A raw file whose failures name the destination that the user asked for."""

    def __init__(self, descriptor: int, destination: Path) -> None:
        super().__init__(descriptor, "wb")
        self._destination = destination

    def write(self, data: object, /) -> int:
        try:
            return super().write(data)  # type: ignore[arg-type]
        except BrokenPipeError:
            raise
        except OSError as failure:
            raise OutputError(
                "C402",
                f"could not be written to the end: {failure.strerror or failure}",
                place=str(self._destination),
                remedy="nothing was left there; make room and run again",
            ) from failure


def make_folder(folder: Path) -> None:
    """Make a folder to write into, and those above it.

    Raises:
        OutputError: C401 it can't be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as failure:
        raise OutputError(
            "C401", f"can't be made: {failure.strerror or failure}", place=str(folder), remedy="choose another folder"
        ) from None


def _unwritable(path: Path, failure: OSError) -> OutputError:
    if path.is_dir():
        reason, remedy = "is a folder", "name a file in it"
    elif not path.resolve().parent.is_dir():
        reason, remedy = f"can't be written: there is no folder {path.resolve().parent}", "create it first"
    else:
        reason, remedy = f"can't be written: {failure.strerror or failure}", "choose a folder that you may write to"
    return OutputError("C401", reason, place=str(path), remedy=remedy)
