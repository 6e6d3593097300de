"""Annotated articles from files and folders, in either form; one broken file does not hide the others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from chitieu.annotation.gold import MAX_LINE_CHARACTERS, AnnotatedArticle, read_annotated
from chitieu.annotation.inline import parse_inline
from chitieu.errors import AnnotationError

INLINE_SUFFIX = ".article.txt"
JSONL_SUFFIX = ".jsonl"


def annotation_files(paths: Iterable[Path]) -> Iterator[Path]:
    """The annotated files that the paths name; a folder gives those below it, by name.

    Raises:
        AnnotationError: C205 a path does not exist, or is no annotated file.
    """
    for path in paths:
        if path.is_dir():
            yield from sorted(
                p for p in path.rglob("*") if p.name.endswith((INLINE_SUFFIX, JSONL_SUFFIX)) and p.is_file()
            )
        elif path.is_file() and path.name.endswith((INLINE_SUFFIX, JSONL_SUFFIX)):
            yield path
        else:
            wrong = "neither .jsonl nor .article.txt" if path.is_file() else "no such file or folder"
            raise AnnotationError(
                "C205", wrong, place=str(path), remedy="name a .jsonl or .article.txt file, or a folder"
            )


def read_file(path: Path) -> Iterator[AnnotatedArticle]:
    """The articles of one file, by its suffix.

    Raises:
        AnnotationError: C201 to C204 and C211 to C213, naming file and line.
    """
    if not path.name.endswith(INLINE_SUFFIX):
        yield from read_annotated(path)
        return
    try:
        if path.stat().st_size > MAX_LINE_CHARACTERS:
            raise AnnotationError("C201", f"larger than {MAX_LINE_CHARACTERS} bytes", place=str(path))
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise AnnotationError(
            "C201", f"not UTF-8 at byte {error.start}", place=str(path), remedy="save the file as UTF-8"
        ) from None
    except OSError as error:
        raise AnnotationError("C201", f"can't read: {error.strerror}", place=str(path)) from None
    yield parse_inline(text, str(path))
