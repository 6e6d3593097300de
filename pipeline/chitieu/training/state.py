"""Where a training stands, as one file without pickle: weights, moments, averages, random state, order, scores."""

from __future__ import annotations

import io
import json
import os
import random
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from spacy.language import Language
from thinc.api import Optimizer

Arrays = dict[str, npt.NDArray[Any]]

_MOMENTS = ("mom1", "mom2", "averages")
_COUNTS = ("nr_update", "last_seen")
_FACTS = "facts"


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One line of the table of scores.

    Attributes:
        step, epoch: of the last update before it, from 0.
        words, seconds: since training began; what an interruption lost is not counted.
        losses: by component, summed over the updates since the evaluation before.
        score: what checkpoints are chosen by, the weighted sum of the config's `score_weights`.
        scores: all scores, as spaCy gives them.
        best: no evaluation before it had a higher score.
    """

    step: int
    epoch: int
    words: int
    seconds: float
    losses: dict[str, float]
    score: float
    scores: dict[str, Any]
    best: bool


@dataclass(slots=True)
class TrainingState:
    """What a training needs to go on as if it had not been interrupted.

    Attributes:
        orders: the order of the corpus in each epoch begun, as indices.
        history: the evaluations so far; the state is that after the last of them.
        arrays: weights and moments.
        facts: random state and counters.
    """

    orders: list[list[int]] = field(default_factory=list)
    history: list[Evaluation] = field(default_factory=list)
    arrays: Arrays = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def steps(self) -> int:
        """How many updates have been made."""
        return self.history[-1].step + 1 if self.history else 0

    def capture(self, nlp: Language, optimizer: Optimizer) -> None:
        """Take up weights, moments and random state as they are now."""
        names = {owner.id: name for owner, name in _parameter_owners(nlp)}
        self.arrays = {f"model/{name}": _as_array(pipe.model.to_bytes()) for name, pipe in _trainable(nlp)}
        for kind in _MOMENTS:
            for (owner, parameter), value in (getattr(optimizer, kind) or {}).items():
                self.arrays[f"{kind}/{names[owner]}/{parameter}"] = np.asarray(value)
        counts = {
            kind: {f"{names[owner]}/{parameter}": n for (owner, parameter), n in getattr(optimizer, kind).items()}
            for kind in _COUNTS
        }
        self.facts = {"counts": counts, "radam": optimizer._radam_buffer, "random": _random_state(nlp)}

    def restore(self, nlp: Language, optimizer: Optimizer) -> None:
        """Set weights, moments and random state as they were."""
        owners = {name: owner for owner, name in _parameter_owners(nlp)}
        for name, pipe in _trainable(nlp):
            pipe.model.from_bytes(self.arrays[f"model/{name}"].tobytes())
        for kind in _MOMENTS:
            table = getattr(optimizer, kind)
            if table is not None:
                table.clear()  # steps walked through once more have left their mark
            for key, value in self.arrays.items():
                if key.startswith(f"{kind}/"):
                    owner, _, parameter = key.removeprefix(f"{kind}/").partition("/")
                    table[owners[owner].id, parameter] = value.copy()
        for kind in _COUNTS:
            getattr(optimizer, kind).clear()
            for key, count in self.facts["counts"][kind].items():
                owner, _, parameter = key.partition("/")
                getattr(optimizer, kind)[owners[owner].id, parameter] = count
        for key in self.facts["counts"]["nr_update"]:
            owner, _, parameter = key.partition("/")
            _give_gradient(owners[owner], parameter)
        optimizer._radam_buffer = self.facts["radam"]
        _set_random_state(nlp, self.facts["random"])


def write_state(path: Path, state: TrainingState) -> None:
    """Write the file whole or not at all, also when the power is cut."""
    facts = {
        "orders": state.orders,
        "history": [asdict(evaluation) for evaluation in state.history],
        "facts": state.facts,
    }
    stream = io.BytesIO()
    text = json.dumps(facts, default=float).encode()  # numpy's numbers; floats come back bit for bit
    np.savez(stream, **{**state.arrays, _FACTS: _as_array(text)})  # type: ignore[arg-type]
    write_durably(path, stream.getvalue())


def read_state(path: Path) -> TrainingState:
    """Read what `write_state` wrote.

    Raises:
        ValueError: the file is no state.
    """
    try:
        with np.load(path, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        told = json.loads(arrays.pop(_FACTS).tobytes())
        history = [Evaluation(**evaluation) for evaluation in told["history"]]
        return TrainingState(told["orders"], history, arrays, told["facts"])
    except Exception as error:  # zip, numpy and JSON raise whatever they meet
        raise ValueError(f"{type(error).__name__}: {' '.join(str(error).split())[:200]}") from error


def write_durably(path: Path, data: bytes) -> None:
    """Replace a file in one step, on the disk before the step is taken."""
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        with temporary.open("wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    settle_names(path.parent)


def settle(path: Path) -> None:
    """Bring a file, or a folder with all that is in it, to the disk."""
    if path.is_dir():
        for inner in path.iterdir():
            settle(inner)
        settle_names(path)
        return
    with path.open("rb+") as stream:
        os.fsync(stream.fileno())


def settle_names(folder: Path) -> None:
    """Bring to the disk which files a folder holds."""
    if sys.platform == "win32":  # a folder can't be opened there
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _as_array(data: bytes) -> npt.NDArray[np.uint8]:
    return np.frombuffer(data, dtype=np.uint8)


def _trainable(nlp: Language) -> Iterator[tuple[str, Any]]:
    for name, pipe in nlp.pipeline:
        if getattr(pipe, "is_trainable", False) and getattr(pipe, "model", None) not in (True, False, None):
            yield name, pipe


def _parameter_owners(nlp: Language) -> Iterator[tuple[Any, str]]:
    """Layers and shims, by whose ids the optimizer knows parameters, and names for them that outlive a process."""
    seen = set()
    for name, pipe in _trainable(nlp):
        for index, node in enumerate(pipe.model.walk()):
            for owner, kind in ((node, "layer"), *((shim, f"shim{number}-") for number, shim in enumerate(node.shims))):
                if owner.id not in seen:
                    seen.add(owner.id)
                    yield owner, f"{name}.{kind}{index}"


def _give_gradient(owner: Any, parameter: str) -> None:
    """A gradient of zeros, which a parameter has from its first update on: the optimizer passes over one without."""
    if hasattr(owner, "set_grad"):
        if not owner.has_grad(parameter):
            owner.set_grad(parameter, np.zeros_like(owner.get_param(parameter)))
        return
    weights = dict(owner._model.named_parameters())[parameter]
    if weights.grad is None:
        weights.grad = weights.detach() * 0


def _random_state(nlp: Language) -> dict[str, Any]:
    numbers: Any = np.random.get_state(legacy=True)
    kind, keys, position, has_gauss, gauss = numbers
    state: dict[str, Any] = {
        "python": random.getstate(),
        "numpy": [kind, keys.tolist(), int(position), int(has_gauss), float(gauss)],
        "components": {name: generator.getstate() for name, generator in _generators(nlp)},
    }
    if "torch" in sys.modules:
        state["torch"] = sys.modules["torch"].get_rng_state().tolist()
    return state


def _set_random_state(nlp: Language, state: dict[str, Any]) -> None:
    random.setstate(_generator_state(state["python"]))
    kind, keys, position, has_gauss, gauss = state["numpy"]
    np.random.set_state((kind, np.array(keys, dtype=np.uint32), position, has_gauss, gauss))
    for name, generator in _generators(nlp):
        generator.setstate(_generator_state(state["components"][name]))
    if "torch" in state:
        torch: Any = sys.modules["torch"]
        torch.set_rng_state(torch.tensor(state["torch"], dtype=torch.uint8))


def _generator_state(stored: Any) -> tuple[Any, ...]:
    """What `random.Random.setstate` takes, from lists as JSON has them."""
    return stored[0], tuple(stored[1]), stored[2]


def _generators(nlp: Language) -> Iterator[tuple[str, random.Random]]:
    """Random generators that components keep for themselves."""
    for name, pipe in nlp.pipeline:
        for attribute, value in sorted(getattr(pipe, "__dict__", {}).items()):
            if isinstance(value, random.Random):
                yield f"{name}.{attribute}", value
