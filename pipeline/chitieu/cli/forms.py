"""Annotated articles written in a form, whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from chitieu.annotation.forms import FOLDERS, Form

if TYPE_CHECKING:
    from chitieu.annotation.gold import AnnotatedArticle


def write_form(form: Form, articles: Sequence[AnnotatedArticle], output: Path, files: Mapping[Path, str]) -> None:
    """Write articles.

    Args:
        form: what is written.
        articles: what JSON Lines are written from.
        output: a folder for the forms in `FOLDERS`, which is made, else a file.
        files: every file of another form with its contents (`annotation.formats.written`).

    Raises:
        OutputError: C401, C402 the folder or a file can't be written.
    """
    from chitieu.annotation.gold import write_annotated
    from chitieu.writing.replacing import make_folder, replacing

    if form in FOLDERS:
        make_folder(output)
    if form is Form.JSONL:
        write_annotated(output, articles)
    for path, text in files.items():
        with replacing(path) as stream:
            stream.write(text.encode("utf-8"))
