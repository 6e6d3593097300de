"""Files, folders and standard input: everything that `chitieu extract` reads, and piles in Parquet and WARC."""

from __future__ import annotations

import io
import os
import stat
import sys
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import IO, cast

from chitieu.article import Article
from chitieu.errors import ArticleError
from chitieu.feed.failure import SourceError
from chitieu.feed.pages import extract_page, vietnamese
from chitieu.feed.records import packed, read_lines, read_parquet, read_warc, short_digest
from chitieu.feed.source import SAMPLE, kind_of_content, kind_of_path
from chitieu.feed.unpacking import too_large
from chitieu.feed.url import try_canonical
from chitieu.reading.encoding import decode, unicode_encoding
from chitieu.reading.html import MAX_HTML
from chitieu.reading.json_files import read_json, read_jsonl
from chitieu.reading.records import MAX_TEXT, check_text, id_of

Given = tuple[str, str, Article | ArticleError]
"""Key, place and article of a record, or what is wrong with it."""

_IN_FOLDERS = ("text", "html", "json", "jsonl", "parquet", "warc")
_STANDARD_INPUT = "standard input"


def url_of(article: Article) -> str | None:
    """The canonical URL that an article names, where it names one."""
    return try_canonical(article.url)


def kind_of(path: Path) -> str:
    """The kind of a path, by its suffix and, where that tells nothing, its content.

    Raises:
        SourceError: C143 where neither tells.
        ArticleError: C101 where it can't be read.
    """
    try:
        if path.is_dir():
            return "folder"
        kind = kind_of_path(path)
        if kind is None:
            with _open(path) as stream:
                kind = kind_of_content(packed(stream).read(SAMPLE))
    except (OSError, EOFError) as failure:
        raise _unreadable(path, failure) from failure
    if kind is None:
        raise SourceError(
            "C143",
            "is of no kind that can be told",
            place=str(path),
            remedy=f"say what it is, for example text:{path}",
        )
    return kind


def read_path(path: Path, kind: str) -> Generator[Given, None, None]:
    """The articles of a file or folder; of a folder those of every file in it, in the order of names.

    Raises:
        ArticleError: the file as a whole, or the rest of it, can't be read.
    """
    if kind == "folder":
        yield from _read_folder(path)
        return
    whole = os.fsencode(path.resolve()).decode("utf-8", errors="replace")
    try:
        if kind in ("text", "html"):
            yield whole, str(path), _single(path, kind)
            return
        for place, article in _records(path, kind):
            if isinstance(article, ArticleError):
                yield f"{whole}:{place.rpartition(':')[2]}", place, article
            else:
                # The page of an archive is known by its address, wherever it is found.
                key = article.id if kind == "warc" else f"{whole}#{article.id}"
                yield key, place, article
    except (OSError, EOFError) as failure:
        raise _unreadable(path, failure) from failure


def read_whole(path: Path, limit: int) -> bytes:
    """A feed, sitemap or list on disk, unpacked.

    Raises:
        ArticleError: C101 where it can't be read, C136 where it is over the limit.
    """
    try:
        with _open(path) as stream:
            data = packed(stream).read(limit + 1)
    except (OSError, EOFError) as failure:
        raise _unreadable(path, failure) from failure
    if len(data) > limit:
        raise too_large(limit, str(path))
    return data


def standard_input(kind: str | None, stream: io.BufferedReader | None = None) -> tuple[str, IO[bytes]]:
    """What comes in, its kind told by its beginning: JSON Lines, a list of articles, a page, a feed; else one text."""
    unpacked = packed(stream or cast("io.BufferedReader", sys.stdin.buffer))
    if kind is None:
        # Readers of packed data can be peeked into like plain ones, though their type does not say so.
        kind = kind_of_content(cast("io.BufferedReader", unpacked).peek(SAMPLE)[:SAMPLE]) or "text"
    return kind, unpacked


def read_stream(stream: IO[bytes], kind: str) -> Generator[Given, None, None]:
    """The articles of standard input.

    Of what it held the last time nothing is known: what has no id of its own is named by its content, so that the text
    of today does not take the place of yesterday's.

    Raises:
        ArticleError: all of it, or the rest, can't be read.
    """
    if kind == "jsonl":
        for place, article in read_lines(stream, _STANDARD_INPUT, passing=True):
            key = f"-#{article.id}" if isinstance(article, Article) else f"-:{place.rpartition(':')[2]}"
            yield key, place, article
    elif kind == "warc":
        for place, article in read_warc(stream, _STANDARD_INPUT):
            yield (article.id if isinstance(article, Article) else place), place, article
    elif kind in ("text", "html"):
        data = stream.read(2 * MAX_TEXT + 1)
        if len(data) > 2 * MAX_TEXT:
            raise too_large(2 * MAX_TEXT, _STANDARD_INPUT)
        name = f"standard-input-{short_digest(data)}"
        if kind == "html":
            yield f"-#{name}", _STANDARD_INPUT, vietnamese(extract_page(data, Path(name)))
            return
        text = decode(data, _STANDARD_INPUT).text
        check_text(text, _STANDARD_INPUT)
        yield f"-#{name}", _STANDARD_INPUT, vietnamese(Article(id=name, text=text))
    else:
        raise SourceError(
            "C143", f"{kind} can't be read from standard input", remedy="write it to a file, or send JSON Lines"
        )


def files_in(folder: Path) -> Iterator[tuple[Path, str]]:
    """The files of a folder that hold articles, with their kinds; in the order of names.

    Raises:
        ArticleError: C101 where a folder can't be listed.
    """
    for path in _walk(folder):
        kind = kind_of_path(path)
        if kind in _IN_FOLDERS:
            yield path, kind


def _read_folder(folder: Path) -> Iterator[Given]:
    found = False
    for path, kind in files_in(folder):
        found = True
        try:
            yield from read_path(path, kind)
        except ArticleError as failure:  # one broken file never stops a folder
            yield os.fsencode(path.resolve()).decode("utf-8", errors="replace"), str(path), failure
    if not found:
        raise ArticleError(
            "C117",
            "is a folder without articles",
            place=str(folder),
            remedy=f"put {', '.join(_IN_FOLDERS)} files in it",
        )


def _walk(folder: Path) -> Iterator[Path]:
    """Files in the order of names; hidden ones are passed over, links to folders not followed."""
    try:
        entries = sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))
    except OSError as failure:
        raise _unreadable(folder, failure) from failure
    for entry in entries:
        if entry.is_dir():
            if not entry.is_symlink():
                yield from _walk(entry)
        elif entry.is_file():
            yield entry


def _single(path: Path, kind: str) -> Article:
    """The article of a `.txt` or `.html` file, whatever its suffix."""
    with _open(path) as stream:
        data = packed(stream).read((MAX_HTML if kind == "html" else 2 * MAX_TEXT) + 1)
    if kind == "html":
        return vietnamese(extract_page(data, path))
    if len(data) > 2 * MAX_TEXT:
        raise too_large(2 * MAX_TEXT, str(path))
    text = decode(data, str(path)).text
    check_text(text, str(path))
    return vietnamese(Article(id=id_of(path), text=text))


def _records(path: Path, kind: str) -> Iterator[tuple[str, Article | ArticleError]]:
    if kind == "parquet":
        yield from read_parquet(path)
    elif kind == "warc":
        with _open(path) as stream:
            yield from read_warc(stream, str(path))
    elif kind == "jsonl":
        with _open(path) as stream:
            unpacked = packed(stream)
            if unpacked is not stream or unicode_encoding(stream.peek(4_096)) == "utf-8":
                yield from read_lines(unpacked, str(path))
                return
        yield from _by_callback(path, kind)
    else:
        yield from _by_callback(path, kind)


def _by_callback(path: Path, kind: str) -> Iterator[tuple[str, Article | ArticleError]]:
    """Readers that tell errors to a function, which come before the next article then."""
    errors: list[ArticleError] = []
    read = read_json if kind == "json" else read_jsonl
    try:
        for place, article in read(path, None, errors.append):
            yield from _told(errors, path)
            try:
                yield place, vietnamese(article)
            except ArticleError as failure:
                yield place, failure
    except ArticleError:
        yield from _told(errors, path)
        raise
    yield from _told(errors, path)


def _told(errors: list[ArticleError], path: Path) -> Iterator[tuple[str, ArticleError]]:
    while errors:
        error = errors.pop(0)
        yield error.place or str(path), error


def _open(path: Path) -> io.BufferedReader:
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError("it is not a regular file")
    return path.open("rb")


def _unreadable(path: Path, failure: Exception) -> ArticleError:
    reason = getattr(failure, "strerror", None) or failure
    return ArticleError(
        "C101", f"can't be read: {reason}", place=str(path), remedy="check the path and its permissions"
    )
