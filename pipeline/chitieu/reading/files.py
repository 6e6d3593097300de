"""Files and folders to a stream of articles. One broken file or line never stops the rest."""

from __future__ import annotations

import stat
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path

from chitieu.article import Article
from chitieu.errors import ArticleError
from chitieu.reading.encoding import decode
from chitieu.reading.html import MAX_HTML, read_html
from chitieu.reading.json_files import OnError, read_json, read_jsonl
from chitieu.reading.records import MAX_TEXT, check_text, id_of, too_large

SUFFIXES = (".txt", ".html", ".htm", ".json", ".jsonl")


def read_articles(
    inputs: Iterable[Path],
    *,
    published: date | None = None,
    on_error: OnError,
    exclude: Collection[Path] = (),
) -> Iterator[Article]:
    """Read articles one at a time, holding no more than one file (or one line of a `.jsonl` file) in memory.

    Args:
        inputs: `.txt`, `.html`, `.htm`, `.json` and `.jsonl` files, and folders of them. Folders are read recursively,
            in the order of names; hidden files and other suffixes in them are skipped, links to folders not followed.
        published: publication date of articles that carry none.
        on_error: told of every file, line or article that is left out.
        exclude: files to pass over in folders, such as the output being written.

    Yields:
        Articles, whose ids are unique: the second of two with one id is an error.
    """
    seen: dict[str, str] = {}
    excluded = {path.resolve() for path in exclude}
    for path in _files(inputs, on_error, excluded):
        for place, article in _read_file(path, published, on_error):
            first = seen.setdefault(article.id, place)
            if first is not place:
                on_error(_duplicate(article.id, place, first))
            else:
                yield article


def _duplicate(article_id: str, place: str, first: str) -> ArticleError:
    return ArticleError(
        "C113",
        f"has the id {article_id!r} of {first}",
        place=place,
        remedy="ids (for .txt and .html: file names) must be unique",
    )


def _files(inputs: Iterable[Path], on_error: OnError, excluded: Collection[Path]) -> Iterator[Path]:
    for path in inputs:
        if _is_folder(path):
            found = False
            for file in _folder(path, on_error):
                if file.resolve() not in excluded:
                    found = True
                    yield file
            if not found:
                on_error(
                    ArticleError(
                        "C117",
                        "is a folder without articles",
                        place=str(path),
                        remedy=f"put {', '.join(SUFFIXES)} files in it",
                    )
                )
        elif path.suffix.lower() not in SUFFIXES and _is_file(path):
            on_error(
                ArticleError(
                    "C102",
                    f"has the unknown suffix {path.suffix!r}",
                    place=str(path),
                    remedy=f"rename to {', '.join(SUFFIXES)}",
                )
            )
        else:
            yield path


def _is_folder(path: Path) -> bool:
    with suppress(OSError):  # an over-long name, or a parent that may not be looked into: reading it will say so
        return path.is_dir()
    return False


def _is_file(path: Path) -> bool:
    with suppress(OSError):
        return path.is_file()
    return False


def _folder(folder: Path, on_error: OnError) -> Iterator[Path]:
    try:
        entries = sorted(folder.iterdir())
    except OSError as failure:
        on_error(_unreadable(folder, failure))
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_dir():
            if not entry.is_symlink():
                yield from _folder(entry, on_error)
        elif entry.suffix.lower() in SUFFIXES and entry.is_file():
            yield entry


def _read_file(path: Path, published: date | None, on_error: OnError) -> Iterator[tuple[str, Article]]:
    """The articles of one file, each with its place."""
    try:
        _check_file(path)
        suffix = path.suffix.lower()
        if suffix == ".jsonl":
            yield from read_jsonl(path, published, on_error)
        elif suffix == ".json":
            yield from read_json(path, published, on_error)
        elif suffix == ".txt":
            yield str(path), _read_text(path, published)
        else:
            # One byte more than is allowed is enough to be told that it is too large.
            yield str(path), read_html(_bytes(path, MAX_HTML + 1), path, published)
    except ArticleError as error:
        on_error(error)
    except FileNotFoundError:
        on_error(ArticleError("C101", "does not exist", place=str(path), remedy="check the path"))
    except OSError as failure:
        on_error(_unreadable(path, failure))


def _check_file(path: Path) -> None:
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise ArticleError("C101", "is not a regular file", place=str(path), remedy="name a file or a folder")
    if status.st_size == 0:
        raise ArticleError("C103", "is empty: a file of no bytes", place=str(path), remedy="remove it or fill it in")


def _unreadable(path: Path, failure: OSError) -> ArticleError:
    return ArticleError(
        "C101", f"can't be read: {failure.strerror or failure}", place=str(path), remedy="check its permissions"
    )


def _bytes(path: Path, most: int) -> bytes:
    with path.open("rb") as file:
        return file.read(most)


def _read_text(path: Path, published: date | None) -> Article:
    place = str(path)
    data = _bytes(path, 2 * MAX_TEXT + 1)  # UTF-16 takes up to twice the bytes of UTF-8
    if len(data) > 2 * MAX_TEXT:
        raise too_large(f"a file of {path.stat().st_size:,} bytes", place)
    text = decode(data, place).text
    check_text(text, place)
    return Article(id=id_of(path), text=text, published=published)
