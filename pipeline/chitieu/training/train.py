"""One run of training: corpora and config in, a model folder with its card out."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import shutil
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from chitieu import __version__
from chitieu.annotation.gold import AnnotatedArticle, read_annotated, write_annotated
from chitieu.errors import ModelError, OutputError
from chitieu.facts.calibration import fit_calibration
from chitieu.pipeline import MODEL_FORMAT, MODEL_NAME, fast_cpu
from chitieu.scoring.match import match_facts
from chitieu.scoring.rows import gold_rows, predicted_rows
from chitieu.training.corpus import AnnotatedCorpus

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.training import Example


@dataclass(frozen=True, slots=True)
class Corpora:
    """What a model is trained on and what its checkpoints are chosen by.

    Attributes:
        train, dev: files in which every ORG and YEAR mention is marked.
        partial_train: files in which only the linked ones are. One article in twenty, told by a digest of its id, is
            held out with the dev articles, so that checkpoints are chosen, and confidence is calibrated, by real ones.
    """

    train: tuple[Path, ...]
    dev: tuple[Path, ...]
    partial_train: tuple[Path, ...] = ()

    def digest(self) -> str:
        """SHA-256 of the training files' bytes, in their order."""
        digest = hashlib.sha256()
        for path in (*self.train, *self.partial_train):
            digest.update(path.read_bytes())
        return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Trained:
    """Where the model lies, and its scores on the dev articles."""

    folder: Path
    scores: dict[str, Any] = field(default_factory=dict)


def default_corpora(root: Path) -> Corpora:
    """`annotations/` of a checkout and, where it lies beside it, the real training data of `../shared/data`.

    Raises:
        ModelError: C306 there are no annotations.
    """
    train, dev = root / "annotations" / "train.jsonl", root / "annotations" / "dev.jsonl"
    if not train.is_file():
        raise ModelError(
            "C306",
            "no annotations to train on",
            place=str(train),
            remedy="run in a checkout, or name files with --train",
        )
    real = root.parent / "shared" / "data" / "real-train.jsonl"
    return Corpora((train,), (dev,), (real,) if real.is_file() else ())


def train(
    config: Path,
    output: Path,
    corpora: Corpora,
    *,
    vectors: Path,
    overrides: dict[str, Any] | None = None,
    log: IO[str] = sys.stdout,
) -> Trained:
    """Train a pipeline and write its best checkpoint to `output`, which is replaced only when training has ended well.

    Args:
        config: a spaCy config, for example configs/cpu.cfg.
        output: model folder to write.
        corpora: articles.
        vectors: a pipeline folder whose word vectors are used (the shipped model carries its own).
        overrides: values of the config by dotted name, as `spacy train` takes them.
        log: where the table of epochs is printed.

    Raises:
        ModelError: C305 the config can't be used; C307 its transformer is missing; C308 the transformer can't be
            loaded; C309 the extra `transformer` is not installed.
        OutputError: C405 the folder can't be written.
    """
    from spacy import util
    from spacy.training.initialize import init_nlp
    from spacy.training.loop import train as run

    util.logger.setLevel(logging.WARNING)
    _require_writable(output)
    with tempfile.TemporaryDirectory(prefix=f".{output.name}-", dir=output.parent) as name:
        folder = Path(name)
        learned, held_out = hold_out(corpora.partial_train, folder)
        settings: dict[str, Any] = {
            "paths.train": [str(path) for path in corpora.train],
            "paths.partial_train": [str(learned)],
            "paths.dev": [str(path) for path in corpora.dev],
            "paths.partial_dev": [str(held_out)],
            "paths.vectors": str(vectors),
            **(overrides or {}),
        }
        try:
            loaded = util.load_config(config, overrides=settings, interpolate=False)
        except (OSError, ValueError) as error:
            raise ModelError(
                "C305",
                f"the config can't be used: {' '.join(str(error).split())[:300]}",
                place=str(config),
                remedy="see configs/cpu.cfg",
            ) from error
        _require_transformer(loaded, config)
        with fast_cpu():
            run(init_nlp(loaded), folder, stdout=log, stderr=log)
            best = util.load_model_from_path(folder / "model-best")
        scores = dict(best.meta.get("performance", {}))
        calibrate(best, AnnotatedCorpus(corpora.dev, [held_out])(best))
        _describe(best, corpora)
        best.to_disk(folder / "finished")
        _replace(folder / "finished", output)
    return Trained(output, scores)


def hold_out(paths: Sequence[Path], folder: Path) -> tuple[Path, Path]:
    """Divide annotated articles into those to learn from and one in twenty to choose and calibrate by.

    Returns:
        Two JSON Lines files in `folder`; either may be empty.
    """
    learned, held_out = folder / "learned.jsonl", folder / "held-out.jsonl"
    parts: tuple[list[AnnotatedArticle], list[AnnotatedArticle]] = ([], [])
    for path in paths:
        for article in read_annotated(path):
            parts[hashlib.sha256(article.id.encode()).digest()[0] % 20 == 0].append(article)
    write_annotated(learned, parts[0])
    write_annotated(held_out, parts[1])
    return learned, held_out


def calibrate(nlp: Language, examples: Iterable[Example]) -> None:
    """Teach the fact assembler how often facts of each score are right, on articles that were not learned from."""
    assembler: Any = nlp.get_pipe("chitieu_facts")
    assembler.calibration = None
    scores: list[float] = []
    right: list[bool] = []
    for example in examples:
        facts = nlp(example.predicted)._.facts
        gold = gold_rows(example.reference._.annotation)
        matched = {match.predicted: match for match in match_facts(predicted_rows(facts), gold)}
        for index, fact in enumerate(facts):
            match = matched.get(index)
            if match is None or not gold[match.gold].optional:
                scores.append(fact.confidence or 0.0)
                right.append(match is not None and match.agreement.core)
    assembler.calibration = fit_calibration(scores, right)


def _describe(nlp: Any, corpora: Corpora) -> None:
    """Say in meta.json what the model is and what it was trained on."""
    nlp.meta.update(
        name=MODEL_NAME.split("_")[0],
        spacy_version=">=3.8.13,<3.9.0",  # as pyproject.toml asks
        version=__version__,
        description="Targets and results from Vietnamese articles: spans, links and facts.",
        license="MIT",
        chitieu={
            "format": MODEL_FORMAT,
            "version": __version__,
            "corpus_sha256": corpora.digest(),
            "corpora": [path.name for path in (*corpora.train, *corpora.partial_train)],
        },
    )
    # paths of the machine that trained it say nothing on another
    named = nlp.config["paths"].get("transformer")
    if named is not None:
        nlp.config["paths"]["transformer"] = Path(named).name
    nlp.config["paths"].update(
        {"train": [], "partial_train": [], "dev": [], "partial_dev": [], "vectors": f"models/{MODEL_NAME}"}
    )


def _require_transformer(config: Any, place: Path) -> None:
    """Tell a config that wants a transformer and has none, before spaCy stumbles over it.

    Raises:
        ModelError: C307 no folder is named, or the named one is missing; C309 the extra is not installed.
    """
    named = config.get("paths", {}).get("transformer")
    if "transformer" not in config.get("nlp", {}).get("pipeline", ()) and named is None:
        return
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


def _require_writable(output: Path) -> None:
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


def _replace(finished: Path, output: Path) -> None:
    """Put the finished model where the old one was, which stays until the new one is whole."""
    old = output.with_name(f".{output.name}-old")
    shutil.rmtree(old, ignore_errors=True)
    with contextlib.suppress(FileNotFoundError):
        output.rename(old)
    finished.rename(output)
    for kept in ("README.md", "scores.json"):
        if (old / kept).is_file():
            shutil.copy2(old / kept, output / kept)
    shutil.rmtree(old, ignore_errors=True)
