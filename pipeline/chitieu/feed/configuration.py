"""`feeds.toml`: sources with their labels.

[[feed]]
url = "https://example.org/rss/kinh-te.rss"
province = "Lào Cai"
section = "kinh tế"
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

from chitieu.feed.extra import need
from chitieu.feed.failure import SourceError
from chitieu.feed.source import STANDARD_INPUT, Source, check_kind
from chitieu.feed.url import is_web, parse_url

_TABLE = "feed"
_LABELS = ("name", "language", "province", "section")
_KEYS = ("url", "path", "kind", "limit", *_LABELS)
_DEFAULT_KEYS = ("language", "province", "section", "limit")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_MAX_FILE = 5 * 2**20
_EXAMPLE = '[[feed]] with url = "https://…"'


def read_feeds(path: Path) -> list[Source]:
    """The sources of a `feeds.toml`: one `[[feed]]` each, `[default]` for the labels of those that have none.

    A `path` is meant from the folder of the file.

    Raises:
        SourceError: C145 for a file that can't be read, an unknown key, a wrong value or a source named twice, with the
            place in the file.
    """
    place = str(path)
    document = _parse(path)
    _check_keys(document, (_TABLE, "default"), place)
    default = document.get("default", {})
    if not isinstance(default, dict):
        raise _wrong(place, '"default" is not a table', "write [default]")
    _check_keys(default, _DEFAULT_KEYS, f"{place}, [default]")
    feeds = document.get(_TABLE)
    if not isinstance(feeds, list) or not feeds:
        raise _wrong(place, "names no feeds", f"write {_EXAMPLE}")
    sources: list[Source] = []
    places: dict[str, str] = {}
    for number, table in enumerate(feeds, 1):
        here = f"{place}, feed {number}"
        if not isinstance(table, dict):
            raise _wrong(here, "is not a table", f"write {_EXAMPLE}")
        source = _source({**default, **table}, table, path, here)
        first = places.setdefault(source.location, here)
        if first is not here:
            raise _wrong(here, f"has the location of {first.rpartition(', ')[2]}: {source.location}", "remove one")
        sources.append(source)
    return sources


def _source(values: dict[str, Any], own: dict[str, Any], path: Path, place: str) -> Source:
    _check_keys(own, _KEYS, place)
    if ("url" in own) == ("path" in own):
        raise _wrong(place, 'needs "url" or "path", one of the two', f"write {_EXAMPLE}")
    labels = {label: _text(values, label, place) for label in _LABELS}
    if labels["language"] is not None and not _LANGUAGE.fullmatch(labels["language"]):
        raise _wrong(place, f'"language" is no code: {labels["language"]!r}', 'write "vi"')
    limit = values.get("limit")
    if limit is not None and (not isinstance(limit, int) or isinstance(limit, bool) or limit < 1):
        raise _wrong(place, f'"limit" is not a number of articles: {limit!r}', "write a whole number from 1 on")
    location = _location(own, path, place)
    kind = _text(own, "kind", place)
    try:
        check_kind(kind, location, place)
    except SourceError as wrong:
        raise _wrong(place, wrong.message, wrong.remedy or "") from wrong
    return Source(location, kind, limit=limit, **labels)


def _location(own: dict[str, Any], path: Path, place: str) -> str:
    if "path" in own:
        written = _text(own, "path", place) or ""
        return written if written == STANDARD_INPUT else str(path.parent / written)
    url = _text(own, "url", place) or ""
    if not is_web(url):
        raise _wrong(place, f'"url" is not a web address: {url!r}', 'it begins with https://; for files write "path"')
    try:
        parse_url(url)
    except SourceError as wrong:
        raise _wrong(place, f'"url" {wrong.message}', wrong.remedy or "") from wrong
    return url


def _text(values: dict[str, Any], key: str, place: str) -> str | None:
    value = values.get(key)
    if value is None:
        return None
    if not isinstance(value, str) or not value.strip():
        raise _wrong(place, f'"{key}" is not a text: {value!r}', "write it in quotes")
    return value.strip()


def _check_keys(table: dict[str, Any], known: tuple[str, ...], place: str) -> None:
    unknown = [key for key in table if key not in known]
    if unknown:
        raise _wrong(place, f"has the unknown key {unknown[0]!r}", f"known are {', '.join(known)}")


def _parse(path: Path) -> dict[str, Any]:
    place = str(path)
    toml = need("tomllib" if sys.version_info >= (3, 11) else "tomli")
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_FILE + 1)
        if len(data) > _MAX_FILE:
            raise _wrong(place, "is over the limit of 5 MB", "split it")
        document: dict[str, Any] = toml.loads(data.decode("utf-8-sig"))
    except OSError as failure:
        raise _wrong(place, f"can't be read: {failure.strerror or failure}", "check the path") from failure
    except (ValueError, RecursionError) as broken:  # TOMLDecodeError and UnicodeDecodeError are ValueErrors
        raise _wrong(place, f"is not valid TOML: {broken}", "check quotes and brackets") from broken
    return document


def _wrong(place: str, message: str, remedy: str) -> SourceError:
    return SourceError("C145", message, place=place, remedy=remedy)
