"""spaCy's training loop, so that it can be interrupted anywhere and goes on as if it had not been.

The loop itself is `spacy.training.loop.train_while_improving`. To go on, it walks through the steps done once more,
with empty batches and the evaluations on record: its counters, schedules and the scores to beat are then as they were;
and before the first batch that is new, weights, moments, averages and random state are set to what they were.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import IO, Any

from spacy.language import Language
from spacy.schemas import ConfigSchemaTraining
from spacy.training import Example
from spacy.training.loop import (
    create_before_to_disk_callback,
    create_evaluation_callback,
    train_while_improving,
    update_meta,
)
from spacy.util import registry, resolve_dot_names
from thinc.api import fix_random_seed

from chitieu.errors import ModelError, OutputError
from chitieu.training.state import Evaluation, TrainingState, settle, write_state

STATE = "state.npz"


@dataclass(frozen=True, slots=True)
class Step:
    """How far a training is.

    Attributes:
        step, epoch: of the update just made, from 0.
        epochs: how many there will be; None where the config sets no end by epochs.
        done: share of the whole, 0 to 1; None where the config sets no end.
        losses: by component, mean over the updates since the last evaluation.
        words_per_second: of this process, evaluations included.
    """

    step: int
    epoch: int
    epochs: int | None
    done: float | None
    losses: dict[str, float]
    words_per_second: float


OnStep = Callable[[Step], None]


class Batches:
    """What `spacy.training.loop.create_train_batches` gives, of which the first can be passed over.

    The corpus is shuffled with the same random numbers as there; the order of each epoch is kept in `orders`.

    Args:
        nlp: the pipeline.
        corpus: gives the examples.
        batcher: groups them.
        max_epochs: 0 for no end; -1 reads the corpus anew for each epoch and does not shuffle it.
        state: where training stood: its batches come as empty ones.
        restore: called before the first batch that is new.
    """

    def __init__(
        self,
        nlp: Language,
        corpus: Callable[[Language], Iterable[Example]],
        batcher: Callable[[Iterable[Example]], Iterable[list[Example]]],
        max_epochs: int,
        state: TrainingState,
        restore: Callable[[], None],
    ) -> None:
        self._nlp, self._corpus, self._batcher, self._max_epochs = nlp, corpus, batcher, max_epochs
        self._done, self._restore = state.steps, restore
        self.orders = list(state.orders)
        self.words = 0

    def __iter__(self) -> Iterator[tuple[int, list[Example]]]:
        examples = list(self._corpus(self._nlp)) if self._max_epochs >= 0 else []
        if self._max_epochs >= 0 and not examples:
            raise ModelError("C306", "no articles to train on", remedy="name files with --train")
        self.words = sum(map(len, examples))
        order = list(range(len(examples)))
        recorded, number, epoch = len(self.orders), 0, 0
        while self._max_epochs < 1 or epoch != self._max_epochs:
            if epoch < recorded:
                order = list(self.orders[epoch])
            else:
                self._go_on(number)
                if self._max_epochs >= 0:
                    random.shuffle(order)
                self.orders.append(list(order))
            shuffled = (examples[index] for index in order) if self._max_epochs >= 0 else self._corpus(self._nlp)
            for batch in self._batcher(shuffled):
                if number < self._done:
                    yield epoch, []
                else:
                    self._go_on(number)
                    yield epoch, list(batch)
                number += 1
            epoch += 1

    def _go_on(self, number: int) -> None:
        if self._done and number == self._done:
            self._done = 0
            self._restore()


def run_training(
    nlp: Language, folder: Path, state: TrainingState, log: IO[str], on_step: OnStep | None = None
) -> TrainingState:
    """Train a pipeline that `init_nlp` made, from the state given to the end that its config sets.

    After every evaluation the state stands in `folder/state.npz`, and the best checkpoint in the folder that
    `best_checkpoint` names.

    Args:
        nlp: the pipeline, initialised with the seed of its config.
        folder: where to work.
        state: an empty one to begin.
        log: where the config's logger prints.
        on_step: called after every update.

    Returns:
        The state at the end.

    Raises:
        ModelError: C306 the corpus is empty.
        OutputError: C402 a checkpoint can't be written.
    """
    training = _Training(nlp, folder, state, on_step)
    with nlp.select_pipes(disable=training.frozen):
        log_step, finalize = training.settings["logger"](nlp, log, log)
    try:
        for _, info, is_best in training.steps():
            log_step(training.take(info, is_best))
    finally:
        finalize()
    return state


def best_checkpoint(folder: Path, state: TrainingState) -> Path:
    """The folder of the best checkpoint of a state.

    Raises:
        ValueError: no evaluation has been made.
    """
    best = [evaluation.step for evaluation in state.history if evaluation.best]
    if not best:
        raise ValueError("no evaluation yet")
    return folder / f"best-{best[-1]:06d}"


class _Training:
    """One run of the loop."""

    def __init__(self, nlp: Language, folder: Path, state: TrainingState, on_step: OnStep | None) -> None:
        self.nlp, self.folder, self.state, self.on_step = nlp, folder, state, on_step
        config = nlp.config.interpolate()
        if config["training"]["seed"] is not None:
            fix_random_seed(config["training"]["seed"])
        self.settings: dict[str, Any] = registry.resolve(config["training"], schema=ConfigSchemaTraining)
        self.frozen = self.settings["frozen_components"]
        self.optimizer = self.settings["optimizer"]
        self.before_to_disk = create_before_to_disk_callback(self.settings["before_to_disk"])
        names = [self.settings["train_corpus"], self.settings["dev_corpus"]]
        train_corpus, self.dev_corpus = resolve_dot_names(config, names)
        self.recorded = list(state.history)
        self.before = state.history[-1] if state.history else None
        self.batches = Batches(
            nlp, train_corpus, self.settings["batcher"], self.settings["max_epochs"], state, self._restore
        )
        self.started = monotonic()
        self.evaluated = -1  # step of the last evaluation

    def _restore(self) -> None:
        self.state.restore(self.nlp, self.optimizer)
        self.started = monotonic()

    def steps(self) -> Iterator[tuple[Any, dict[str, Any], bool | None]]:
        """Each update, as the loop of spaCy tells it."""
        settings = self.settings
        found: Iterator[tuple[Any, dict[str, Any], bool | None]] = train_while_improving(
            self.nlp,
            self.optimizer,
            self.batches,
            self._evaluation(),
            dropout=settings["dropout"],
            accumulate_gradient=settings["accumulate_gradient"],
            patience=settings["patience"],
            max_steps=settings["max_steps"],
            eval_frequency=settings["eval_frequency"],
            exclude=self.frozen,
            annotating_components=settings["annotating_components"],
            before_update=settings["before_update"],
        )
        return found

    def _evaluation(self) -> Callable[[], tuple[float, dict[str, Any]]]:
        evaluate = create_evaluation_callback(self.nlp, self.dev_corpus, self.settings["score_weights"])
        recorded = iter(self.recorded)

        def evaluate_or_recall() -> tuple[float, dict[str, Any]]:
            known = next(recorded, None)
            return evaluate() if known is None else (known.score, known.scores)

        return evaluate_or_recall

    def take(self, info: dict[str, Any], is_best: bool | None) -> dict[str, Any] | None:
        """Keep what an update brought. What an evaluation brought is returned, for the logger."""
        step = info["step"]
        if self.before is not None and step <= self.before.step:
            if is_best is None:
                return None
            self.evaluated = step
            known = next(evaluation for evaluation in self.recorded if evaluation.step == step)
            return {**info, "losses": known.losses}
        self._report(info)
        if is_best is None:
            return None
        self.evaluated = step
        with self.nlp.select_pipes(disable=self.frozen):
            update_meta(self.settings, self.nlp, info)
        try:
            self._save(info, is_best)
        except OSError as error:
            raise OutputError(
                "C402",
                f"where training stands could not be written: {error.strerror or error}",
                place=str(self.folder),
                remedy="make room; the same command then goes on from the evaluation before",
            ) from error
        return info

    def _report(self, info: dict[str, Any]) -> None:
        if self.on_step is None:
            return
        step, settings = info["step"], self.settings
        shares = []
        if settings["max_epochs"] > 0 and self.batches.words:
            shares.append(self._words(info) / (settings["max_epochs"] * self.batches.words))
        if settings["max_steps"] > 0:
            shares.append(step / settings["max_steps"])
        steps = step - self.evaluated
        self.on_step(
            Step(
                step=step,
                epoch=info["epoch"],
                epochs=settings["max_epochs"] if settings["max_epochs"] > 0 else None,
                done=min(max(shares), 1.0) if shares else None,
                losses={name: float(loss) / steps for name, loss in info["losses"].items()},
                words_per_second=info["words"] / max(monotonic() - self.started, 1e-9),
            )
        )

    def _words(self, info: dict[str, Any]) -> int:
        return int(info["words"]) + (self.before.words if self.before else 0)

    def _save(self, info: dict[str, Any], is_best: bool) -> None:
        self.state.history.append(
            Evaluation(
                step=info["step"],
                epoch=info["epoch"],
                words=self._words(info),
                seconds=round(monotonic() - self.started + (self.before.seconds if self.before else 0), 2),
                losses={name: float(loss) for name, loss in info["losses"].items()},
                score=float(info["score"]),
                scores=info["other_scores"],
                best=is_best,
            )
        )
        best = best_checkpoint(self.folder, self.state)
        if is_best:
            self._save_checkpoint(best)
        self.state.orders = [list(order) for order in self.batches.orders]
        self.state.capture(self.nlp, self.optimizer)
        write_state(self.folder / STATE, self.state)
        # only now: a state on the disk never names a checkpoint that has gone
        for old in self.folder.glob("best-*"):
            if old != best:
                shutil.rmtree(old)

    def _save_checkpoint(self, folder: Path) -> None:
        unfinished = folder.with_name(f".{folder.name}")
        for stale in (unfinished, folder):
            shutil.rmtree(stale, ignore_errors=True)
        with self.nlp.use_params(self.optimizer.averages):
            self.before_to_disk(self.nlp).to_disk(unfinished)
        settle(unfinished)
        unfinished.rename(folder)
