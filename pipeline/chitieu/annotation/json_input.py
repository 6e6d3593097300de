"""JSON that annotation tools wrote: read within bounds, and taken apart without trust."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from chitieu.errors import AnnotationError

MAX_FILE_BYTES = 256_000_000  # thousands of articles with all their marks


def read_text(path: Path, limit: int = MAX_FILE_BYTES) -> str:
    """A UTF-8 file to the character: no line break is changed.

    Raises:
        AnnotationError: C201 it can't be read, is larger than the limit (in bytes), or is not UTF-8.
    """
    try:
        if path.stat().st_size > limit:
            raise AnnotationError("C201", f"larger than {limit} bytes", place=str(path), remedy="split it")
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise AnnotationError("C201", f"not UTF-8 at byte {error.start}", place=str(path)) from None
    except OSError as error:
        raise AnnotationError("C201", f"can't read: {error.strerror}", place=str(path)) from None


def parse(text: str, place: str) -> Any:
    """Parse JSON.

    Raises:
        AnnotationError: C201.
    """
    try:
        return json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise AnnotationError("C201", f"not JSON: {reason}", place=place) from None


def json_lines(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """The objects of a JSON Lines file, each with its place; blank lines are passed over.

    Raises:
        AnnotationError: C201 a line is no JSON; C202 it is no object.
    """
    for number, line in enumerate(read_text(path).removeprefix("\ufeff").split("\n"), 1):
        if line.strip():
            place = f"{path}:{number}"
            yield place, an_object(parse(line, place), place)


def an_object(value: object, place: str) -> dict[str, Any]:
    """The value, if it is an object.

    Raises:
        AnnotationError: C202.
    """
    if not isinstance(value, dict):
        raise AnnotationError("C202", f"expected an object, found {type(value).__name__}", place=place)
    return value


def objects(data: Mapping[str, Any], key: str, place: str) -> list[dict[str, Any]]:
    """The objects of a list that may be missing or null.

    Raises:
        AnnotationError: C202 it is no list of objects.
    """
    value = data.get(key)
    if value is None:
        return []
    if not isinstance(value, list):
        raise AnnotationError("C202", f"{key} must be a list, found {type(value).__name__}", place=place)
    return [an_object(item, f"{place}: {key}[{number}]") for number, item in enumerate(value)]


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is no JSON number")
