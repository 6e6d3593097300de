"""The experiment bench: which articles are chosen, what is kept of a report, and what is not trained twice."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

EVALUATE = Path(__file__).parents[2] / "evaluate"


def _load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, EVALUATE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


experiment = _load("experiment")
curve = _load("learning_curve")


def line(name: str, seed: int, core: float, **more) -> dict:
    sheet = {score: [core, core - 0.1, core + 0.1] for score in experiment.SCORES}
    sheet["fields"] = dict.fromkeys(experiment.FIELDS, 0.9)
    given = {"name": name, "config": "cpu.cfg", "config_sha256": "0", "source": "both", "articles": None, "seed": seed}
    return {**given, "learned_from": 600, "sets": {"real-dev": sheet}, **more}


def test_a_larger_choice_holds_the_smaller_ones():
    ids = [f"article-{number}" for number in range(50)]
    small, large = experiment.chosen(ids, 10, seed=1), experiment.chosen(ids, 25, seed=1)
    assert len(small) == 10
    assert small < large
    assert experiment.chosen(ids[::-1], 10, seed=1) == small
    assert experiment.chosen(ids, 10, seed=2) != small
    assert experiment.chosen(ids, None, seed=1) == set(ids)


def test_what_is_recorded_is_not_trained_again(tmp_path, monkeypatch):
    trial = experiment.Experiment("trial", EVALUATE.parent / "configs" / "cpu.cfg", {"training.max_steps": 4})
    trained = []

    def run(given, seed):
        trained.append(seed)
        return {**line("trial", seed, 0.5), **experiment.key(given, seed)}

    monkeypatch.setattr(experiment, "run", run)
    records = tmp_path / "experiments.jsonl"
    experiment.record(trial, [0, 1], records)
    experiment.record(trial, [0, 1, 2], records)
    assert trained == [0, 1, 2]
    other = experiment.Experiment("trial", trial.config, {"training.max_steps": 5})
    experiment.record(other, [0], records)
    assert trained == [0, 1, 2, 0]
    assert [json.loads(row)["seed"] for row in records.read_text(encoding="utf-8").splitlines()] == trained


def test_the_table_tells_how_far_seeds_lie_apart():
    table = experiment.table([line("a", 0, 0.5), line("a", 1, 0.7), line("b", 0, 0.8)])
    rows = table.splitlines()[2:]
    assert len(rows) == 2
    assert "| 2 | real-dev | 0.600 (0.500–0.700) |" in rows[0]
    assert "| 1 | real-dev | 0.800 |" in rows[1]


def test_settings_are_numbers_or_words():
    assert experiment.setting("training.max_epochs=4") == ("training.max_epochs", 4)
    assert experiment.setting("paths.vectors=a folder") == ("paths.vectors", "a folder")
    with pytest.raises(Exception, match="has no ="):
        experiment.setting("training.max_epochs")


def test_points_of_a_curve_and_their_plot(tmp_path):
    lines = [
        line("curve", 0, 0.4, learned_from=25),
        line("curve", 1, 0.6, learned_from=25),
        line("curve", 0, 0.7, learned_from=50),
        line("curve", 0, 0.1, source="real", learned_from=25),
    ]
    assert curve.points(lines, "both", "real-dev") == [(25, 0.5, 0.4, 0.6), (50, 0.7, 0.7, 0.7)]
    assert curve.points(lines, "both", "test") == []
    curve.plot(lines, tmp_path / "curve.svg")
    assert "training articles" in (tmp_path / "curve.svg").read_text(encoding="utf-8")
