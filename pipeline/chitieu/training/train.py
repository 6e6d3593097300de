"""One run of training: corpora and config in, a model folder with its card out."""

from __future__ import annotations

import logging
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import IO, TYPE_CHECKING, Any

from chitieu import __version__
from chitieu.annotation.gold import AnnotatedArticle, read_annotated
from chitieu.errors import ModelError
from chitieu.facts.calibration import fit_calibration
from chitieu.facts.fact import Fact
from chitieu.pipeline import MODEL_FORMAT, MODEL_NAME, fast_cpu
from chitieu.scoring.match import match_facts
from chitieu.scoring.rows import gold_rows, predicted_rows
from chitieu.training.corpora import ARTICLES, HELD_OUT, LEARNED, Corpora, require_held_out, write_corpora
from chitieu.training.corpus import AnnotatedCorpus
from chitieu.training.loop import OnStep, best_checkpoint, run_training
from chitieu.training.placing import (
    compare_on,
    got_worse,
    load_old,
    place,
    put_aside,
    recover,
    refused_folder,
    require_replaceable,
)
from chitieu.training.plot import write_course
from chitieu.training.requirements import (
    require_articles,
    require_beginnings,
    require_transformer,
    require_writable,
)
from chitieu.training.vectors import vectors_alone
from chitieu.training.work import find_state, fingerprint, is_finished, locked, mark_finished, working_folder

if TYPE_CHECKING:
    from spacy.language import Language

    from chitieu.scoring.compare import Comparison
    from chitieu.training.state import TrainingState

VECTORS = "vectors"


@dataclass(frozen=True, slots=True)
class Trained:
    """What came of a training.

    Attributes:
        folder: where the model lies: the output, or where a refused model is kept.
        scores: on the dev articles.
        comparisons: with the model that lay at the output, on the held-out articles first; empty where there was none.
        refused: the new model is worse, and the old one stayed.
    """

    folder: Path
    scores: dict[str, Any] = field(default_factory=dict)
    comparisons: tuple[Comparison, ...] = ()
    refused: bool = False


def train(
    config: Path,
    output: Path,
    corpora: Corpora,
    *,
    vectors: Path,
    overrides: dict[str, Any] | None = None,
    held_out: Sequence[Path] = (),
    restart: bool = False,
    replace_worse: bool = False,
    log: IO[str] | None = None,
    on_step: OnStep | None = None,
) -> Trained:
    """Train a pipeline and put its best checkpoint at `output`, if it is no worse than the model that lies there.

    The training works in the hidden folder `.NAME-training` beside the output. One that was interrupted goes on from
    its last evaluation when it is started again with the same config, articles and code.

    Args:
        config: a spaCy config, for example configs/cpu.cfg.
        output: model folder to write.
        corpora: articles.
        vectors: a pipeline folder whose word vectors are used (the shipped model carries its own).
        overrides: values of the config by dotted name, as `spacy train` takes them.
        held_out: annotated articles on which a model that lies at the output is compared with the new one. By the
            first file it is decided which is the better; the others are only reported. None of them is learned from.
        restart: throw away what an interrupted training left.
        replace_worse: put the new model at the output even when it is worse.
        log: where the table of evaluations and what happens is printed; standard output by default.
        on_step: called after every update.

    Raises:
        ModelError: C302 to C304 the model to start from can't be used; C305 the config can't be used; C306 there are no
            articles; C307 its transformer is missing; C308 the transformer can't be loaded; C309 the extra
            `transformer` is not installed; C313 the pretrained token vectors are missing; C315 the weights of
            the model to start from don't fit the config.
        AnnotationError: articles that can't be read; C240 articles to learn from that are held out.
        OutputError: C311 another training works there; C312 the output holds something else than a model; C405 the
            folder can't be written.
    """
    log = sys.stdout if log is None else log
    require_writable(output)
    work = working_folder(output)
    own = {
        "paths.train": [str(path) for path in corpora.train],
        "paths.partial_train": [str(work / LEARNED)],
        "paths.dev": [str(path) for path in corpora.dev],
        "paths.partial_dev": [str(work / HELD_OUT)],
        "paths.vectors": str(vectors),
    }
    if len(corpora.train) > 1:
        own["paths.train"] = [str(work / ARTICLES)]
    loaded = _load_config(config, {**own, **(overrides or {})})
    require_transformer(loaded, config)
    require_beginnings(loaded)
    require_articles(corpora)
    judges = [(path.name, list(read_annotated(path))) for path in held_out]
    if judges:
        require_held_out(judges[0][1], (*corpora.train, *corpora.partial_train))
    with locked(work), fast_cpu():
        recover(output)
        for folder in (output, refused_folder(output)):
            require_replaceable(folder)
        best, state = _best_checkpoint(loaded, own, corpora, work, restart=restart, log=log, on_step=on_step)
        scores = dict(best.meta.get("performance", {}))
        calibrate(best, corpora, work)
        _describe(best, corpora)
        finished = work / "model"
        shutil.rmtree(finished, ignore_errors=True)
        best.to_disk(finished)
        title = f"{output.name}: core F1 {scores.get('core_f', 0.0):.3f} on the dev articles"
        write_course(finished, state.history, title)
        comparisons = _compare(best, output, judges, log)
        refused = bool(comparisons) and got_worse(comparisons[0]) and not replace_worse
        folder = put_aside(finished, output) if refused else place(finished, output)
    if not refused:  # the state of a refused one stays, so that --replace-worse need not train again
        shutil.rmtree(work, ignore_errors=True)
        if replace_worse:  # it has its place now
            shutil.rmtree(refused_folder(output), ignore_errors=True)
    return Trained(folder, scores, tuple(comparisons), refused)


def _compare(
    new: Language, output: Path, judges: Sequence[tuple[str, Sequence[AnnotatedArticle]]], log: IO[str]
) -> list[Comparison]:
    """The new model against the one at the output, on the held-out articles; none where they can't be compared."""
    comparisons: list[Comparison] = []
    old, unusable = load_old(output)
    if unusable is not None:
        told = [f"Not compared with the model at {output}, which can't be used: {unusable}."]
    elif old is None:
        told = []
    elif not judges or not judges[0][1]:
        told = [f"Not compared with the model at {output}: there are no held-out articles."]
    else:
        comparisons = compare_on(old, new, judges)
        told = [f"{found.title} ({found.articles} articles): {found.summary()}" for found in comparisons]
    _tell(log, *told)
    return comparisons


def _tell(log: IO[str], *lines: str) -> None:
    log.write("".join(f"{line}\n" for line in lines))
    log.flush()


def _load_config(config: Path, settings: dict[str, Any]) -> Any:
    from spacy import util

    try:
        return util.load_config(config, overrides=settings, interpolate=False)
    except (OSError, ValueError) as error:
        raise _unusable(config, error) from error


def _unusable(config: Path, error: Exception) -> ModelError:
    reason = " ".join(str(error).split())[:300]
    return ModelError("C305", f"the config can't be used: {reason}", place=str(config), remedy="see configs/cpu.cfg")


def _best_checkpoint(
    config: Any,
    own: dict[str, Any],
    corpora: Corpora,
    work: Path,
    *,
    restart: bool,
    log: IO[str],
    on_step: OnStep | None,
) -> tuple[Language, TrainingState]:
    """Train, or go on training, in the working folder; the best checkpoint, and the state at the end."""
    from spacy import util
    from spacy.training.initialize import init_nlp

    util.logger.setLevel(logging.WARNING)
    state, told = find_state(work, fingerprint(config, own, corpora), restart=restart)
    if told is not None:
        _tell(log, told)
    write_corpora(corpora, work)
    if not is_finished(work):
        if config["paths"]["vectors"] is not None:  # the model that carries them may be of another architecture
            config["paths"]["vectors"] = str(vectors_alone(Path(config["paths"]["vectors"]), work / VECTORS))
        try:
            run_training(init_nlp(config), work, state, log, on_step)
        except (KeyboardInterrupt, SystemExit):
            if state.history:
                _tell(log, f"Interrupted; the same command goes on from step {state.history[-1].step}.")
            raise
        mark_finished(work)
    best: Language = util.load_model_from_path(best_checkpoint(work, state))
    return best, state


def calibrate(nlp: Language, corpora: Corpora, work: Path) -> None:
    """Teach the fact assembler how often facts like these are right, on articles that were not learned from.

    The written dev articles weigh as much as the held-out real ones: they are harder on purpose, and would make the
    model too modest about real ones by their number.

    Args:
        nlp: the pipeline.
        corpora: articles.
        work: where `write_corpora` wrote them.
    """
    groups = (AnnotatedCorpus(corpora.dev)(nlp), AnnotatedCorpus([], [work / HELD_OUT])(nlp))
    assembler: Any = nlp.get_pipe("chitieu_facts")
    assembler.calibration = None
    counted: list[Fact] = []
    right: list[bool] = []
    weights: list[float] = []
    for examples in groups:
        before = len(counted)
        for example in examples:
            facts = nlp(example.predicted)._.facts
            gold = gold_rows(example.reference._.annotation)
            matched = {match.predicted: match for match in match_facts(predicted_rows(facts), gold)}
            for index, fact in enumerate(facts):
                match = matched.get(index)
                if match is None or not gold[match.gold].optional:
                    counted.append(fact)
                    right.append(match is not None and match.agreement.core)
        size = len(counted) - before
        weights.extend([1 / max(size, 1)] * size)
    assembler.calibration = fit_calibration(counted, right, weights)


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
    nlp.config["paths"].update(
        {"train": [], "partial_train": [], "dev": [], "partial_dev": [], "vectors": f"models/{MODEL_NAME}"}
    )
    for name, value in nlp.config["paths"].items():
        if isinstance(value, str) and name != "vectors":
            nlp.config["paths"][name] = Path(value).name
    _shorten_paths(nlp.config)


def _shorten_paths(section: Any) -> None:
    """Leave only the names of files and folders that a config names by absolute paths."""
    for key, value in section.items() if isinstance(section, dict) else enumerate(section):
        if isinstance(value, (dict, list)):
            _shorten_paths(value)
        elif isinstance(value, str) and (PurePosixPath(value).is_absolute() or PureWindowsPath(value).is_absolute()):
            section[key] = Path(value).name
