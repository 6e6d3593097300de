"""Articles in `.json` files (one object, or a list of them) and `.jsonl` files (one object a line)."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import IO, Any

from chitieu.article import Article
from chitieu.errors import ArticleError
from chitieu.reading.encoding import Decoded, decode, unicode_encoding
from chitieu.reading.records import (
    MAX_TEXT,
    broken_json,
    number_too_long,
    parse_article,
    parse_json,
    too_deep,
    too_large,
)

OnError = Callable[[ArticleError], None]

# JSON may spend six bytes on a character (\\u1ea1) that takes two or three in UTF-8.
_MAX_LINE = 3 * MAX_TEXT
_MAX_JSON = 200 * 2**20
_JSON_SPACE = re.compile(r"[ \t\r\n]*")


def read_json(path: Path, published: date | None, on_error: OnError) -> Iterator[tuple[str, Article]]:
    """The articles of a `.json` file, each with its place.

    A list is parsed item by item, so that what stands before a break is read.

    Raises:
        ArticleError: the file as a whole, or what is left of it, can't be read.
    """
    place = str(path)
    with path.open("rb") as file:
        data = file.read(_MAX_JSON + 1)
    if len(data) > _MAX_JSON:
        raise ArticleError(
            "C107", "is over the limit of 200 MB for a .json file", place=place, remedy="write it as .jsonl"
        )
    text = decode(data, place).text
    del data
    if not text.strip():
        raise _only_white_space(path)
    start = _skip_space(text, 0)
    if text[start : start + 1] != "[":
        yield place, parse_article(parse_json(text, place), place, published)
        return
    line, counted = 1, 0
    for position, record in _items(text, start, place):
        line += text.count("\n", counted, position)
        counted = position
        item_place = f"{place}:{line}"
        try:
            yield item_place, parse_article(record, item_place, published)
        except ArticleError as error:
            on_error(error)


def read_jsonl(path: Path, published: date | None, on_error: OnError) -> Iterator[tuple[str, Article]]:
    """The articles of a `.jsonl` file, each with its place, a line at a time; blank lines are passed over.

    Raises:
        ArticleError: the file as a whole, or what is left of it, can't be read.
    """
    found = False
    with path.open("rb") as file:
        encoding = unicode_encoding(file.read(4_096))
        file.seek(0)
        lines = _byte_lines(file) if encoding == "utf-8" else _text_lines(file, str(path), encoding)
        for number, line in lines:
            place = f"{path}:{number}"
            try:
                if line is None:
                    raise too_large("a line", place)
                decoded = Decoded(line, encoding) if isinstance(line, str) else decode(line, place, expected=encoding)
                if decoded.encoding != "utf-8":  # what a legacy file's short lines are read with
                    encoding = decoded.encoding
                text = decoded.text.strip(" \t\r\n")
                if not text:
                    continue
                found = True
                yield place, parse_article(parse_json(text, place), place, published)
            except ArticleError as error:
                found = True
                on_error(error)
    if not found:
        raise _only_white_space(path)


def _byte_lines(file: IO[bytes]) -> Iterator[tuple[int, bytes | None]]:
    """Lines of a file whose line breaks are single bytes; each is decoded by itself, so that a bad one stands alone.

    A line that is too long comes as None.
    """
    number = 0
    while line := file.readline(_MAX_LINE + 1):
        number += 1
        if len(line) <= _MAX_LINE:
            yield number, line
            continue
        while line and not line.endswith(b"\n"):
            line = file.readline(_MAX_LINE + 1)
        yield number, None


def _text_lines(file: IO[bytes], place: str, encoding: str) -> Iterator[tuple[int, str | None]]:
    """Lines of a UTF-16 or UTF-32 file; None for one that is too long."""
    number = 0
    reader = io.TextIOWrapper(file, encoding=encoding, newline="\n")
    try:
        while line := reader.readline(_MAX_LINE + 1):
            number += 1
            if len(line) <= _MAX_LINE:
                yield number, line.removeprefix("\ufeff") if number == 1 else line
                continue
            while line and not line.endswith("\n"):
                line = reader.readline(_MAX_LINE + 1)
            yield number, None
    except UnicodeDecodeError as broken:
        raise ArticleError(
            "C106",
            f"is not the {encoding.upper()} that it begins as",
            place=f"{place}:{number + 1}",
            remedy="save it as UTF-8 text",
        ) from broken


def _items(text: str, start: int, place: str) -> Iterator[tuple[int, Any]]:
    """The items of the JSON list that opens at `start`, each with the position where it begins."""
    decoder = json.JSONDecoder()
    position = _skip_space(text, start + 1)
    if text[position : position + 1] == "]":
        raise ArticleError("C103", "is empty: a list of no articles", place=place, remedy="remove it or fill it in")
    while True:
        try:
            record, end = decoder.raw_decode(text, position)
        except json.JSONDecodeError as broken:
            raise broken_json(broken, place) from broken
        except RecursionError as deep:
            raise too_deep(place) from deep
        except ValueError as too_long:
            raise number_too_long(too_long, place) from too_long
        yield position, record
        position = _skip_space(text, end)
        separator = text[position : position + 1]
        if separator == "]":
            rest = _skip_space(text, position + 1)
            if rest < len(text):
                raise broken_json(json.JSONDecodeError("Extra data", text, rest), place)
            return
        if separator != ",":
            raise broken_json(json.JSONDecodeError("Expecting ',' delimiter", text, position), place)
        position = _skip_space(text, position + 1)


def _skip_space(text: str, position: int) -> int:
    match = _JSON_SPACE.match(text, position)
    return match.end() if match else position


def _only_white_space(path: Path) -> ArticleError:
    return ArticleError("C104", "has no text: only white space", place=str(path), remedy="remove it or fill it in")
