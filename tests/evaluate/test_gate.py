"""Every way in which the gate is shut, with invented scores; and what may be recorded."""

from __future__ import annotations

import json
import sys
from copy import deepcopy
from dataclasses import replace
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "evaluate" / "gate.py"
spec = spec_from_file_location("gate", SCRIPT)
gate = module_from_spec(spec)
sys.modules["gate"] = gate  # dataclasses look their module up
spec.loader.exec_module(gate)

NAMES = (*gate.AT_LEAST, *gate.AT_MOST)
TODAY = "2026-01-02"


def found(**changes):
    """A set on which everything is a half, with margins of a hundredth."""
    corpus = {"sha256": "ab" * 32, "articles": 10, "facts": 100, "optional": 3}
    return gate.Measured(corpus, {**dict.fromkeys(NAMES, 0.5), **changes}, dict.fromkeys(NAMES, 0.01))


def with_corpus(measured, **changes):
    return replace(measured, corpus={**measured.corpus, **changes})


def first(measured):
    """Floors where there were none."""
    return gate.recorded({}, measured, new_corpus="the first floors", today=TODAY)


@pytest.fixture
def floors():
    return first({"test": found(), "real-dev": found()})


def test_what_was_recorded_passes(floors):
    assert gate.broken(floors, {"test": found(), "real-dev": found()}) == []
    assert floors["sets"]["test"]["at least"]["core"] == 0.49
    assert floors["sets"]["test"]["at most"][gate.CALIBRATION] == 0.51


def test_floors_survive_the_file(floors):
    assert gate.broken(json.loads(json.dumps(floors)), {"test": found()}) == []


@pytest.mark.parametrize("name", gate.AT_LEAST)
def test_every_floor_holds(floors, name):
    (problem,) = gate.broken(floors, {"test": found(**{name: 0.4899})})
    assert problem == f"test: {name}: 0.4899, must be at least 0.4900"
    assert gate.broken(floors, {"test": found(**{name: 0.49})}) == []


@pytest.mark.parametrize("name", gate.AT_MOST)
def test_every_ceiling_holds(floors, name):
    (problem,) = gate.broken(floors, {"test": found(**{name: 0.5101})})
    assert "must be at most 0.5100" in problem
    assert gate.broken(floors, {"test": found(**{name: 0.51})}) == []


def test_a_score_that_is_no_number_is_broken(floors):
    problems = gate.broken(floors, {"test": found(core=float("nan"), **{gate.CALIBRATION: float("nan")})})
    assert len(problems) == 2


def test_sets_beside_the_required_one(floors):
    assert gate.broken(floors, {"test": found()}) == []
    (problem,) = gate.broken(floors, {"test": found(), "real-dev": found(full=0.1)})
    assert problem.startswith("real-dev: full")


def test_the_required_set_must_be_measured(floors):
    assert gate.broken(floors, {"real-dev": found()}) == ["test: not measured"]


def test_a_set_without_floors(floors):
    assert gate.broken(floors, {"test": found(), "seeds": found()}) == ["seeds: no floors are recorded"]


@pytest.mark.parametrize(
    ("key", "value"), [("sha256", "cd" * 32), ("articles", 9), ("facts", 99), ("optional", 4), ("facts", None)]
)
def test_the_corpus_is_the_recorded_one(floors, key, value):
    (problem,) = gate.broken(floors, {"test": with_corpus(found(), **{key: value})})
    assert problem.startswith(f"test: corpus: {key} is ")


def test_a_score_that_was_not_measured(floors):
    measured = found()
    del measured.scores["core"]
    assert gate.broken(floors, {"test": measured}) == ["test: core: has a floor, and was not measured"]


def resealed(floors):
    floors["seal"] = gate.seal(floors)
    return floors


def test_a_floor_that_is_missing(floors):
    del floors["sets"]["test"]["at least"]["core"]
    assert gate.broken(resealed(floors), {"test": found()}) == ["test: core: no floor is recorded"]
    del floors["sets"]["test"]["at most"]
    assert len(gate.broken(resealed(floors), {"test": found()})) == 1 + len(gate.AT_MOST)


def test_a_floor_of_something_unknown(floors):
    floors["sets"]["test"]["at least"]["cores"] = 0.1
    assert gate.broken(resealed(floors), {"test": found()}) == ["test: cores: has a floor, and was not measured"]


def test_no_floors_at_all():
    problems = gate.broken({}, {"test": found()})
    assert any("no floors are recorded" in problem for problem in problems)


@pytest.mark.parametrize("part", ["sets", "history", "seal"])
def test_a_change_by_hand(floors, part):
    if part == "sets":
        floors["sets"]["test"]["at least"]["core"] = 0.1
    elif part == "history":
        floors["history"].append({"reason": "so it was"})
    else:
        floors["seal"] = "0" * 64
    (problem,) = gate.broken(floors, {"test": found()})
    assert "by hand" in problem


def test_floors_are_raised_freely(floors):
    raised = gate.recorded(floors, {"test": found(core=0.8, **{gate.CALIBRATION: 0.1})}, today=TODAY)
    assert raised["sets"]["test"]["at least"]["core"] == 0.79
    assert raised["sets"]["test"]["at most"][gate.CALIBRATION] == 0.11
    assert raised["sets"]["real-dev"] == floors["sets"]["real-dev"]
    assert raised["history"] == floors["history"]


def test_a_floor_that_holds_is_never_loosened(floors):
    """A score within the margin keeps its floor, with a reason or without."""
    slightly = {"test": found(core=0.495, **{gate.CALIBRATION: 0.505})}
    assert gate.recorded(floors, slightly, today=TODAY) == floors
    assert gate.recorded(floors, slightly, lower="no need at all", today=TODAY) == floors


def test_a_broken_floor_is_not_recorded_without_a_reason(floors):
    before = deepcopy(floors)
    worse = {"test": found(core=0.3, **{gate.FALSE: 0.9})}
    with pytest.raises(gate.RefusedError) as refused:
        gate.recorded(floors, worse, today=TODAY)
    assert len(refused.value.args) == 2
    assert all("--lower" in reason for reason in refused.value.args)
    assert floors == before


def test_the_reason_for_lowering_is_kept(floors):
    lowered = gate.recorded(floors, {"test": found(core=0.3)}, lower="smaller model", today=TODAY)
    assert lowered["history"] == [
        *floors["history"],
        {"date": TODAY, "set": "test", "what": "core", "from": 0.49, "to": 0.29, "reason": "smaller model"},
    ]
    assert lowered["sets"]["test"]["at least"]["full"] == 0.49
    assert gate.broken(lowered, {"test": found(core=0.3)}) == []
    again = gate.recorded(lowered, {"test": found(core=0.3)}, today=TODAY)
    assert again["history"] == lowered["history"]


def test_another_corpus_is_acknowledged(floors):
    changed = {"test": with_corpus(found(), articles=12)}
    with pytest.raises(gate.RefusedError, match="new-corpus"):
        gate.recorded(floors, changed, today=TODAY)
    with pytest.raises(gate.RefusedError, match="new-corpus"):
        gate.recorded(floors, changed, lower="this is another thing", today=TODAY)
    new = gate.recorded(floors, changed, new_corpus="second pass", today=TODAY)
    assert new["sets"]["test"]["corpus"]["articles"] == 12
    assert new["history"][-1]["reason"] == "second pass"
    assert gate.broken(new, changed) == []


def test_another_corpus_does_not_lower_floors(floors):
    worse = {"test": with_corpus(found(core=0.3), articles=12)}
    with pytest.raises(gate.RefusedError, match="--lower"):
        gate.recorded(floors, worse, new_corpus="second pass", today=TODAY)
    new = gate.recorded(floors, worse, new_corpus="second pass", lower="harder articles", today=TODAY)
    assert [entry["what"] for entry in new["history"][len(floors["history"]) :]] == ["corpus", "core"]


def test_floors_lowered_by_hand_are_not_sealed_by_recording(floors):
    """The way round: a lower floor typed in, then raised to what is measured, with a new seal and no reason."""
    floors["sets"]["test"]["at least"]["core"] = 0.1
    for reason in (None, "smaller model"):
        with pytest.raises(gate.RefusedError, match="by hand"):
            gate.recorded(floors, {"test": found(core=0.3)}, lower=reason, today=TODAY)


@pytest.mark.parametrize("gone", ["file", "set"])
def test_floors_that_are_gone_do_not_come_back_lower_in_silence(floors, gone):
    if gone == "file":
        floors = {}
    else:
        del floors["sets"]["test"]
        floors["seal"] = gate.seal(floors)
    with pytest.raises(gate.RefusedError, match=r"no floors for it .*--new-corpus"):
        gate.recorded(floors, {"test": found(core=0.3)}, lower="smaller model", today=TODAY)
    new = gate.recorded(floors, {"test": found(core=0.3)}, new_corpus="begun anew", today=TODAY)
    assert (new["history"][-1]["from"], new["history"][-1]["reason"]) == (None, "begun anew")


def test_nothing_unmeasured_is_recorded(floors):
    with pytest.raises(gate.RefusedError, match="test: not measured"):
        gate.recorded(floors, {"real-dev": found()}, today=TODAY)
    measured = found()
    del measured.scores["core"]
    with pytest.raises(gate.RefusedError, match="core was not measured"):
        gate.recorded(floors, {"test": measured}, today=TODAY)


def test_floors_are_never_below_nothing():
    floors = first({"test": found(org=0.001)})
    assert floors["sets"]["test"]["at least"]["org"] == 0.0


@pytest.fixture
def command(monkeypatch, tmp_path, capsys):
    """The command on invented scores."""
    path = tmp_path / "floors.json"

    def run(measured, *arguments):
        monkeypatch.setattr(gate, "measure", lambda model: {"test": measured})
        code = gate.main(arguments, path)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


def test_command(command, tmp_path):
    path = tmp_path / "floors.json"
    code, _, err = command(found())
    assert (code, path.exists()) == (1, False)
    assert "no floors" in err
    assert command(found(), "--record")[0] == 1
    assert not path.exists()
    code, out, err = command(found(), "--record", "--new-corpus", "the first floors")
    assert (code, err) == (0, "")
    assert "floor 0.49" in out
    kept = path.read_bytes()
    code, _, err = command(found(core=0.4))
    assert code == 1
    assert "core: 0.4000, must be at least 0.4900" in err
    code, _, err = command(found(core=0.4), "--record")
    assert (code, path.read_bytes()) == (1, kept)
    assert "not recorded" in err
    assert command(found(core=0.4), "--record", "--lower", "a smaller model")[0] == 0
    assert command(found(core=0.4))[0] == 0


@pytest.mark.parametrize(
    "arguments", [["--lower", "without recording"], ["--record", "--lower", ""], ["--record", "--new-corpus", "x"]]
)
def test_reasons_are_given_in_words_and_when_recording(command, arguments, tmp_path):
    with pytest.raises(SystemExit) as exit_:
        command(found(), *arguments)
    assert exit_.value.code == 2
    assert not (tmp_path / "floors.json").exists()


def test_the_recorded_floors_are_whole():
    """The file in the repository: sealed, with floors for all that is measured, for the corpus as it lies here."""
    import hashlib

    floors = json.loads(gate.FLOORS.read_text(encoding="utf-8"))
    assert floors["seal"] == gate.seal(floors)
    test = floors["sets"]["test"]
    assert set(test["at least"]) == set(gate.AT_LEAST)
    assert set(test["at most"]) == set(gate.AT_MOST)
    corpus = SCRIPT.parents[1] / "annotations" / "test.jsonl"
    assert test["corpus"]["sha256"] == hashlib.sha256(corpus.read_bytes()).hexdigest()
    assert all(entry["reason"] for entry in floors["history"])


def test_everything_that_has_a_floor_is_measured(trained, tiny_corpus, monkeypatch):
    """The small model on the articles that it knows by heart."""
    from chitieu.cli import evaluate

    monkeypatch.setattr(evaluate, "default_sets", lambda root: [evaluate.GoldSet("test", (tiny_corpus,), False)])
    measured = gate.measure(trained.folder)
    assert set(measured["test"].scores) == set(measured["test"].margins) == set(NAMES)
    assert measured["test"].corpus["articles"] == 3
    assert measured["test"].scores[gate.FALSE] == 0.0
    assert gate.broken(first(measured), measured) == []
    assert gate.measure(trained.folder) == measured
