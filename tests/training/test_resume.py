"""A training that was interrupted goes on as if it had not been."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from spacy import util
from spacy.training.initialize import init_nlp
from spacy.training.loop import train as spacy_train

import chitieu
from chitieu.errors import OutputError
from chitieu.pipeline import fast_cpu
from chitieu.training.corpora import Corpora
from chitieu.training.loop import STATE, Step
from chitieu.training.state import Evaluation, TrainingState, read_state, write_state
from chitieu.training.train import Trained, train
from chitieu.training.work import locked, working_folder

CONFIG = Path(__file__).resolve().parents[2] / "configs" / "cpu.cfg"
TINY = Path(__file__).with_name("tiny.jsonl")
# Everything that keeps a state between updates: dropout, averages, schedules of rate and batch size, shuffled epochs.
BUSY = {
    "training.max_epochs": 4,
    "training.max_steps": 0,
    "training.eval_frequency": 2,
    "training.dropout": 0.3,
    "training.batcher.size": {"@schedules": "compounding.v1", "start": 60, "stop": 200, "compound": 1.1},
    "training.optimizer.learn_rate": {
        "@schedules": "warmup_linear.v1",
        "warmup_steps": 3,
        "total_steps": 40,
        "initial_rate": 0.01,
    },
    "components.chitieu_relation.model.dropout": 0.2,
}


class Interrupted(KeyboardInterrupt):
    """Ctrl-C at a certain step."""


def train_busy(
    folder: Path, small: dict, stop: int | None = None, log: io.StringIO | None = None, **options
) -> Trained:
    """Train on the tiny corpus; Ctrl-C at a step, if one is given."""

    def on_step(step: Step) -> None:
        if step.step == stop:
            raise Interrupted

    return train(
        CONFIG,
        folder,
        options.pop("corpora", Corpora((TINY,), (TINY,), (TINY,))),
        vectors=Path("no vectors"),
        overrides={**small, **BUSY, **options.pop("overrides", {})},
        **{"log": log or io.StringIO(), "on_step": on_step, **options},
    )


@pytest.fixture
def run(small_overrides, tmp_path):
    """Train in a folder of the test."""
    return lambda name, *arguments, **options: train_busy(tmp_path / name, small_overrides, *arguments, **options)


@pytest.fixture(scope="module")
def whole(small_overrides, tmp_path_factory) -> Trained:
    """A training that nothing interrupted."""
    trained = train_busy(tmp_path_factory.mktemp("whole") / "model", small_overrides)
    assert not working_folder(trained.folder).exists()
    return trained


def weights(folder: Path) -> dict[str, bytes]:
    names = ("tok2vec/model", "ner/model", "chitieu_relation/model", "chitieu_facts/calibration.json")
    return {name: (folder / name).read_bytes() for name in names}


def course(folder: Path) -> list[dict]:
    lines = (folder / "training.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    for row in rows:
        del row["seconds"], row["scores"]["speed"]
    return rows


@pytest.mark.slow
@pytest.mark.parametrize("stops", [(3,), (7,), (2, 3, 9, 10)], ids=str)
def test_interrupted_and_resumed_is_bit_for_bit_as_uninterrupted(run, whole, tmp_path, stops):
    for stop in stops:
        with pytest.raises(Interrupted):
            run("broken", stop)
        assert not (tmp_path / "broken").exists()
        assert (working_folder(tmp_path / "broken") / STATE).is_file()
    log = io.StringIO()
    broken = run("broken", log=log)
    assert "Goes on with the training of" in log.getvalue()
    assert weights(broken.folder) == weights(whole.folder)
    assert course(broken.folder) == course(whole.folder)
    assert len(course(whole.folder)) >= 6
    assert [path.name for path in tmp_path.iterdir()] == ["broken"]


@pytest.mark.slow
def test_the_weights_are_those_of_spacy_train(run, small_overrides, tmp_path):
    """Only interruptions are ours: spaCy's own loop on the same config ends with the same best checkpoint."""
    ours = run("ours", corpora=Corpora((TINY,), (TINY,)))
    paths = {"paths.train": [str(TINY)], "paths.dev": [str(TINY)]}
    config = util.load_config(CONFIG, overrides={**small_overrides, **BUSY, **paths}, interpolate=False)
    (tmp_path / "theirs").mkdir()
    with fast_cpu():
        spacy_train(init_nlp(config), tmp_path / "theirs", stdout=io.StringIO(), stderr=io.StringIO())
    theirs = tmp_path / "theirs" / "model-best"
    for name in ("tok2vec/model", "ner/model", "chitieu_relation/model"):
        assert (ours.folder / name).read_bytes() == (theirs / name).read_bytes()


PROGRAM = """
import io, json, os, signal, sys
from pathlib import Path
from chitieu.training.corpora import Corpora
from chitieu.training.train import train
config, tiny, output, overrides = Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), json.loads(sys.argv[4])
def on_step(step):
    if step.step == 5:
        os.kill(os.getpid(), signal.SIGKILL)
corpora = Corpora((tiny,), (tiny,), (tiny,))
train(config, output, corpora, vectors=Path("no vectors"), overrides=overrides, on_step=on_step)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_killed_and_resumed_in_another_process(run, whole, small_overrides, tmp_path):
    arguments = [str(CONFIG), str(TINY), str(tmp_path / "killed"), json.dumps({**small_overrides, **BUSY})]
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments], capture_output=True, timeout=100, env=environment, check=False
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    resumed = run("killed")
    assert weights(resumed.folder) == weights(whole.folder)


@pytest.mark.slow
def test_what_has_changed_since_is_named(run, tmp_path):
    with pytest.raises(Interrupted):
        run("model", 3)
    work = working_folder(tmp_path / "model")
    kept = tmp_path / "kept"
    shutil.copytree(work, kept)

    def starts_anew(**options) -> str:
        shutil.rmtree(work)
        shutil.copytree(kept, work)
        log = io.StringIO()
        with pytest.raises(Interrupted):
            run("model", 1, log, **options)
        told = log.getvalue().splitlines()[0]
        assert told.startswith("Starts anew")
        assert read_state(work / STATE).history[-1].step == 0
        return told

    assert starts_anew(overrides={"system.seed": 1}).endswith("the config has changed since.")
    again = tmp_path / "again.jsonl"
    again.write_bytes(TINY.read_bytes() + b"\n")
    told = starts_anew(corpora=Corpora((again,), (again,), (TINY,)))
    assert told.endswith("the training articles and the dev articles have changed since.")
    assert "--restart" in starts_anew(restart=True)
    (kept / STATE).write_bytes((kept / STATE).read_bytes()[:-200])
    assert "can't be read" in starts_anew()
    (kept / STATE).write_bytes(b"")
    assert "can't be read" in starts_anew()
    with pytest.raises(Interrupted):
        run("model", 3)
    shutil.rmtree(kept)
    shutil.copytree(work, kept)
    for best in kept.glob("best-*"):
        shutil.rmtree(best)
    assert "checkpoint" in starts_anew()


@pytest.mark.slow
def test_articles_elsewhere_with_the_same_content_go_on(run, tmp_path):
    with pytest.raises(Interrupted):
        run("model", 3)
    copied = Path(shutil.copy(TINY, tmp_path / "tiny.jsonl"))
    log = io.StringIO()
    run("model", log=log, corpora=Corpora((copied,), (copied,), (copied,)))
    assert log.getvalue().startswith("Goes on")


@pytest.mark.slow
def test_ctrl_c_says_how_to_go_on(run):
    log = io.StringIO()
    with pytest.raises(Interrupted):
        run("model", 3, log)
    assert log.getvalue().endswith("Interrupted; the same command goes on from step 2.\n")


def test_two_trainings_do_not_share_a_folder(tmp_path):
    pytest.importorskip("fcntl")
    with locked(tmp_path / "work"):
        with pytest.raises(OutputError) as caught, locked(tmp_path / "work"):
            pass
        assert caught.value.code == "C311"
        assert (tmp_path / "work").is_dir()
    assert not (tmp_path / "work").exists()


# -- the state as a file ---------------------------------------------------------------------------------------------


def evaluation(step: int, score: float) -> Evaluation:
    return Evaluation(
        step, 0, 100, 1.5, {"ner": 0.1}, score, {"core_f": score, "ents_per_type": {"ORG": {"f": 0.1}}}, True
    )


def test_a_state_comes_back_as_it_was(tmp_path):
    arrays = {
        "mom1/ner.layer0/W": np.random.default_rng(0).random(7, dtype=np.float32),
        "model/ner": np.zeros(0, np.uint8),
    }
    state = TrainingState([[1, 0]], [evaluation(0, 0.1 + 0.2)], arrays, {"random": [1, None, "a"]})
    write_state(tmp_path / STATE, state)
    back = read_state(tmp_path / STATE)
    assert (back.orders, back.history, back.facts) == (state.orders, state.history, state.facts)
    assert back.arrays.keys() == arrays.keys()
    for name, array in arrays.items():
        np.testing.assert_array_equal(back.arrays[name], array)
        assert back.arrays[name].dtype == array.dtype
    assert [path.name for path in tmp_path.iterdir()] == [STATE]


@pytest.mark.parametrize("cut", [0, 10, 0.5, 0.9, -1])
def test_a_state_cut_short_is_told(tmp_path, cut):
    write_state(tmp_path / STATE, TrainingState([], [evaluation(0, 0.5)], {"a": np.arange(5)}, {}))
    data = (tmp_path / STATE).read_bytes()
    (tmp_path / STATE).write_bytes(data[: int(cut * len(data)) if isinstance(cut, float) else cut])
    with pytest.raises(ValueError, match=r"\w"):
        read_state(tmp_path / STATE)


def test_a_state_with_pickled_objects_is_not_read(tmp_path):
    np.savez(tmp_path / STATE, facts=np.array([{"orders": []}], dtype=object))
    with pytest.raises(ValueError, match="pickle"):
        read_state(tmp_path / STATE)


@pytest.mark.slow
def test_the_state_is_kept_without_pickle(run, tmp_path):
    with pytest.raises(Interrupted):
        run("model", 3)
    with np.load(working_folder(tmp_path / "model") / STATE, allow_pickle=False) as stored:
        assert {stored[name].dtype.kind for name in stored.files} <= {"f", "u"}


@pytest.mark.slow
def test_the_finished_model_loads(whole):
    assert chitieu.load(whole.folder)("Năm 2021, xã có 5 HTX.\n").text


@pytest.mark.slow
def test_a_full_disk_is_told_and_costs_one_evaluation(run, tmp_path, monkeypatch, whole):
    def full(path, data):
        raise OSError(28, "No space left on device")

    def fill_up(step: Step) -> None:
        if step.step == 3:
            monkeypatch.setattr("chitieu.training.state.write_durably", full)

    with pytest.raises(OutputError) as caught:
        run("model", on_step=fill_up)
    assert caught.value.code == "C402"
    assert "No space left" in caught.value.message
    monkeypatch.undo()
    log = io.StringIO()
    assert weights(run("model", log=log).folder) == weights(whole.folder)
    assert "come to step 2." in log.getvalue()
