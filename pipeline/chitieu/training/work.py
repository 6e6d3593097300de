"""The folder beside the output in which a training works, and by which an interrupted one goes on."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import IO, Any

import chitieu
from chitieu.errors import OutputError
from chitieu.training.corpora import Corpora, digest_of
from chitieu.training.loop import STATE, best_checkpoint
from chitieu.training.state import TrainingState, read_state, write_durably

_RUN = "run.json"
_FINISHED = "finished"
_LOCK = "lock"
# Parts of the package that a training does not run through: a change there is no reason to begin anew.
_BEHIND = ("cli", "writing", "reading", "feed")
_LIBRARIES = ("spacy", "thinc", "numpy", "underthesea", "underthesea-core", "spacy-transformers", "torch")


def working_folder(output: Path) -> Path:
    """Where the training of a model folder works: hidden, beside it."""
    return output.parent / f".{output.name}-training"


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Work in a folder alone; it is made if it is not there, and goes again when nothing was saved in it.

    Raises:
        OutputError: C311 another training works in it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    stream = (folder / _LOCK).open("w")
    if not _take(stream):
        stream.close()
        raise OutputError(
            "C311",
            "another training works here",
            place=str(folder),
            remedy="wait for its end, or name another folder with --output",
        )
    try:
        yield
    finally:
        is_worth_keeping = (folder / STATE).exists()
        stream.close()
        if not is_worth_keeping:
            shutil.rmtree(folder, ignore_errors=True)


def _take(stream: IO[str]) -> bool:
    """Lock a file until it is closed or the process is gone."""
    try:
        import fcntl
    except ImportError:  # Windows: an open file can't be removed there, which keeps two trainings apart well enough
        return True
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def fingerprint(config: Any, own: Mapping[str, Any], corpora: Corpora) -> dict[str, str]:
    """What must be as it was for a training to go on: a digest of each thing, by its name in words.

    Args:
        config: the config with overrides, not interpolated.
        own: the paths that `train` filled in; they may change, as long as what lies there does not.
        corpora: articles.
    """
    plain = config.copy()
    paths = dict(plain.get("paths", {}))
    transformer, pretrained = paths.pop("transformer", None), paths.pop("init_tok2vec", None)
    start = paths.pop("start_from", None)
    plain["paths"] = {name: value for name, value in paths.items() if value != own.get(f"paths.{name}")}
    vectors = own.get("paths.vectors")
    return {
        "the config": hashlib.sha256(plain.to_str(interpolate=False).encode()).hexdigest(),
        "the training articles": corpora.digest(),
        "the dev articles": digest_of(corpora.dev),
        "the word vectors": _digest_tree(Path(vectors) / "vocab") if vectors else "",
        "the pretrained token vectors": digest_of([Path(pretrained)]) if pretrained else "",
        "the model to start from": _digest_tree(Path(start)) if start else "",
        "the transformer": _sizes(Path(transformer)) if transformer else "",
        "the code of chitieu": _code(),
        "the libraries": " ".join(f"{name} {_version(name)}" for name in _LIBRARIES),
    }


def find_state(folder: Path, marks: Mapping[str, str], *, restart: bool) -> tuple[TrainingState, str | None]:
    """The state that an interrupted training left, if it was the same training; else an empty one, and a clean folder.

    Returns:
        The state, and what there is to say about it: None where there was nothing.
    """
    state, told = TrainingState(), None
    if (folder / STATE).exists():
        try:
            run: Any = json.loads((folder / _RUN).read_text(encoding="utf-8"))
            changed = [name for name, mark in marks.items() if run["marks"].get(name) != mark]
            found = read_state(folder / STATE)
            at = f"of {run['started']}, which had come to step {found.history[-1].step}"
            if restart:
                told = f"Starts anew (--restart); the training {at}, is thrown away."
            elif changed:
                told = f"Starts anew, not from the training {at}: {_list(changed)} changed since."
            elif not best_checkpoint(folder, found).is_dir():
                told = f"Starts anew: the best checkpoint of the training {at}, is gone."
            else:
                state, told = found, f"Goes on with the training {at}."
        except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
            told = f"Starts anew: what an interrupted training left can't be read ({type(error).__name__}: {error})."
    if not state.history:
        for path in folder.iterdir():
            if path.name != _LOCK:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        run = {"started": datetime.now().isoformat(" ", timespec="minutes"), "marks": dict(marks)}
        write_durably(folder / _RUN, json.dumps(run, indent=1).encode() + b"\n")
    return state, told


def is_finished(folder: Path) -> bool:
    """Whether training came to its end, and only what follows it is left to do."""
    return (folder / _FINISHED).exists()


def mark_finished(folder: Path) -> None:
    """Note that training came to its end."""
    write_durably(folder / _FINISHED, b"")


def _list(names: list[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]} have" if len(names) > 1 else f"{names[0]} {_has(names[0])}"


def _has(name: str) -> str:
    return "have" if name.endswith("s") else "has"


def _digest_tree(folder: Path) -> str:
    return digest_of(sorted(path for path in folder.rglob("*") if path.is_file()))


def _sizes(folder: Path) -> str:
    """Names and sizes: to read gigabytes of weights for a digest would take longer than it is worth."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return " ".join(f"{path.relative_to(folder)}:{path.stat().st_size}" for path in files)


def _code() -> str:
    package = Path(chitieu.__file__).parent
    suffixes = {".py", ".json", ".jsonl", ".toml", ".txt"}
    files = sorted(path for path in package.rglob("*") if path.suffix in suffixes and path.is_file())
    return digest_of(path for path in files if path.relative_to(package).parts[0] not in _BEHIND)


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "-"
