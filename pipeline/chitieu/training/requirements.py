"""What a training needs, found out before an hour of it and not after."""

from __future__ import annotations

import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from chitieu.annotation.gold import read_annotated
from chitieu.errors import ModelError, OutputError
from chitieu.pipeline import require_model
from chitieu.training.corpora import Corpora


def require_articles(corpora: Corpora) -> None:
    """Find out at once that a file is missing or is none of articles.

    Raises:
        AnnotationError: its first article can't be read.
        ModelError: C306 none holds an article to learn from.
    """
    learned = (*corpora.train, *corpora.partial_train)
    found = [next(iter(read_annotated(path)), None) for path in (*learned, *corpora.dev)]
    if not any(found[: len(learned)]):
        raise ModelError("C306", "no articles to train on", remedy="name files with --train")


def require_transformer(config: Any, place: Path) -> None:
    """Tell a config that wants a transformer and has none, before spaCy stumbles over it.

    Raises:
        ModelError: C305 one is named, and the config has no place for it; C307 no folder is named, or the named one is
            missing; C309 the extra is not installed.
    """
    named = config.get("paths", {}).get("transformer")
    if "transformer" not in config.get("nlp", {}).get("pipeline", ()):
        if named is None:
            return
        raise ModelError(
            "C305",
            "a transformer is named, and the config trains without one",
            place=str(place),
            remedy="--transformer goes with --config configs/transformer.cfg",
        )
    remedy = "name the folder of a transformer, such as a download of vinai/phobert-base, with --transformer"
    if named is None:
        raise ModelError("C307", "the config needs a transformer", place=str(place), remedy=remedy)
    if not (Path(named) / "config.json").is_file():
        missing = "the folder holds no config.json" if Path(named).is_dir() else "no such transformer folder"
        raise ModelError("C307", missing, place=str(named), remedy=remedy)
    if find_spec("spacy_transformers") is None:
        raise ModelError(
            "C309",
            "the extra for transformers is not installed",
            place=str(place),
            remedy="pip install 'chitieu[transformer]'",
        )


def require_beginnings(config: Any) -> None:
    """Find out at once that what a training starts from is not there: a model, or pretrained token vectors.

    Raises:
        ModelError: C302 to C304 the model can't be used; C313 the token vectors are missing.
    """
    paths = config.get("paths", {})
    if paths.get("start_from") is not None:
        require_model(Path(paths["start_from"]))
    named = paths.get("init_tok2vec")
    if named is not None and not Path(named).is_file():
        raise ModelError(
            "C313",
            "no such file of pretrained token vectors",
            place=str(named),
            remedy="make one with `chitieu pretrain`, or train without",
        )


def require_writable(output: Path) -> None:
    """Find out before an hour of training, not after."""
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=output.parent):
            pass
    except OSError as error:
        raise OutputError(
            "C405",
            f"the folder can't be written: {error.strerror}",
            place=str(output),
            remedy="name another with --output",
        ) from None
