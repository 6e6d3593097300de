"""Putting a finished model where the old one is, unless it got worse."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Sequence
from pathlib import Path

from spacy.language import Language

from chitieu.annotation.gold import AnnotatedArticle
from chitieu.errors import ModelError, OutputError
from chitieu.pipeline import load
from chitieu.scoring.compare import NEW, OLD, Comparison, compare_models
from chitieu.training.state import settle, settle_names

_KEPT = ("README.md", "scores.json")  # the card, until it is written anew


def require_replaceable(output: Path) -> None:
    """A folder that holds something else than a model is not ours to replace.

    Raises:
        OutputError: C312.
    """
    is_free = not output.exists() or (output.is_dir() and not any(output.iterdir()))
    if not is_free and not (output / "meta.json").is_file():
        raise OutputError(
            "C312",
            "holds something that is no model, which training would replace",
            place=str(output),
            remedy="name another with --output",
        )


def load_old(output: Path) -> tuple[Language | None, str | None]:
    """The model that is to be replaced, and where there is one that can't be loaded, why."""
    if not (output / "meta.json").is_file():
        return None, None
    try:
        return load(output), None
    except ModelError as error:
        return None, error.message


def compare_on(
    old: Language, new: Language, sets: Sequence[tuple[str, Sequence[AnnotatedArticle]]]
) -> list[Comparison]:
    """Both models on each set of articles that is not empty."""
    return [compare_models(old, new, gold, title) for title, gold in sets if gold]


def got_worse(comparison: Comparison) -> bool:
    """Whether the new model's core F1 is lower, by however little.

    An interval that reaches over 0 is no excuse: to keep the old model costs nothing, and many small losses of which
    none is beyond chance would sink it unnoticed. Whether chance explains the difference is said beside it.
    """
    scores = comparison.line("core").line.scores
    return scores[NEW].count.f1 < scores[OLD].count.f1


def refused_folder(output: Path) -> Path:
    """Where a model is kept that did not take the old one's place."""
    return output.with_name(f"{output.name}-refused")


def recover(output: Path) -> None:
    """Put the old model back where an interruption struck between taking it away and putting the new one there."""
    old = _aside(output)
    if old.exists():
        if output.exists():
            shutil.rmtree(old, ignore_errors=True)
        else:
            old.rename(output)


def place(finished: Path, output: Path) -> Path:
    """Put the finished model where the old one was, which stays until the new one is whole on the disk."""
    for name in _KEPT:
        if (output / name).is_file():
            shutil.copy2(output / name, finished / name)
    settle(finished)
    old = _aside(output)
    shutil.rmtree(old, ignore_errors=True)
    with contextlib.suppress(FileNotFoundError):
        output.rename(old)
    finished.rename(output)
    settle_names(output.parent)
    shutil.rmtree(old, ignore_errors=True)
    return output


def put_aside(finished: Path, output: Path) -> Path:
    """Keep a refused model beside the one that stays; the one refused before gives way."""
    folder = refused_folder(output)
    shutil.rmtree(folder, ignore_errors=True)
    finished.rename(folder)
    return folder


def _aside(output: Path) -> Path:
    return output.with_name(f".{output.name}-old")
