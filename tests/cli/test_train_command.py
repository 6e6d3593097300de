"""`chitieu train`: which articles it trains on, what it says on the way, and how it ends."""

from __future__ import annotations

import io
import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from chitieu.annotation.gold import AnnotatedArticle
from chitieu.article import Article
from chitieu.cli import train as command
from chitieu.scoring.compare import compare_facts
from chitieu.training import train as training
from chitieu.training.corpora import Corpora
from chitieu.training.loop import Step
from chitieu.training.train import Trained


@pytest.fixture
def corpus(tmp_path) -> Path:
    folder = tmp_path / "annotations"
    folder.mkdir()
    for split in ("train", "dev", "test"):
        (folder / f"{split}.jsonl").write_text(json.dumps({"id": split, "text": "Xã."}) + "\n", encoding="utf-8")
    return folder


@pytest.fixture
def calls(monkeypatch) -> list[SimpleNamespace]:
    """Replace training; lists what it was asked."""
    asked: list[SimpleNamespace] = []

    def train(config, output, corpora, **options) -> Trained:
        asked.append(SimpleNamespace(config=config, output=output, corpora=corpora, **options))
        return Trained(output, {"core_f": 0.5})

    monkeypatch.setattr(training, "train", train)
    return asked


TRAIN, DEV, TEST = (Path("annotations") / f"{split}.jsonl" for split in ("train", "dev", "test"))


def test_without_files_on_the_corpus(run, corpus, calls):
    result = run("train")
    assert result.code == 0
    assert result.out == "models/chitieu_vi: core F1 0.500 on the dev articles\n"
    (call,) = calls
    assert call.corpora == Corpora((TRAIN,), (DEV,))
    assert call.held_out == [TEST]
    assert (call.restart, call.replace_worse) == (False, False)
    assert call.overrides == {"system.seed": 0}


def test_files_join_the_corpus(run, corpus, calls):
    run("train", "--train", "a.jsonl", "--train", "b.jsonl", "--partial", "c.jsonl", "--dev", "d.jsonl")
    assert calls[0].corpora == Corpora(
        (TRAIN, Path("a.jsonl"), Path("b.jsonl")), (Path("d.jsonl"),), (Path("c.jsonl"),)
    )


def test_files_alone_only_when_told_so(run, corpus, calls):
    assert run("train", "--alone", "--train", "a.jsonl").code == 0
    assert calls[0].corpora == Corpora((Path("a.jsonl"),), (DEV,))
    result = run("train", "--alone")
    assert result.code == 2
    assert "[C306]" in result.err


def test_new_articles_without_a_corpus(run, calls):
    result = run("train", "--train", "a.jsonl")
    assert result.code == 2
    assert "[C306]" in result.err
    assert "--alone" in result.err
    assert not calls


def test_options_are_passed_on(run, corpus, calls):
    run(
        "train",
        "--restart",
        "--replace-worse",
        "--epochs",
        3,
        "--seed",
        7,
        "--transformer",
        "bert",
        "--pretrained",
        "t.bin",
        "-o",
        "out",
    )
    (call,) = calls
    assert (call.restart, call.replace_worse, call.output) == (True, True, Path("out"))
    paths = {"paths.transformer": "bert", "paths.init_tok2vec": "t.bin"}
    assert call.overrides == {"system.seed": 7, "training.max_epochs": 3, **paths}


def test_going_on_from_a_model(run, corpus, calls):
    run("train", "--from", "models/old")
    overrides = dict(calls[0].overrides)
    assert overrides.pop("paths.start_from") == "models/old"
    steps = {overrides.pop("training.max_steps"), overrides.pop("training.optimizer.learn_rate.total_steps")}
    assert len(steps) == 1  # the rate sinks to nothing by the last
    assert set(overrides) == {
        "system.seed",
        "training.eval_frequency",
        "training.optimizer.learn_rate.initial_rate",
    }


def test_real_articles_are_reported_where_they_are(tmp_path, monkeypatch):
    checkout = tmp_path / "checkout"
    (checkout / "annotations").mkdir(parents=True)
    monkeypatch.chdir(checkout)
    assert command.held_out_files(Path("annotations")) == []
    (checkout / TEST).touch()
    assert command.held_out_files(Path("annotations")) == [TEST]
    real = tmp_path / "shared" / "data" / "real-dev.jsonl"
    real.parent.mkdir(parents=True)
    real.touch()
    assert command.held_out_files(Path("annotations")) == [TEST, real]


def test_a_refused_model_is_one_line_and_a_code_of_its_own(run, corpus, monkeypatch):
    gold = [AnnotatedArticle(Article("a", "Xã."))]
    comparison = compare_facts(gold, {}, {}, "test.jsonl")
    refused = Trained(Path("models/chitieu_vi-refused"), {}, (comparison,), refused=True)
    monkeypatch.setattr(training, "train", lambda *_, **__: refused)
    result = run("train")
    assert result.code == command.EXIT_REFUSED == 3
    (line,) = result.error_lines
    for told in (
        "models/chitieu_vi: [C310]",
        "test.jsonl: core F1 0.000 → 0.000",
        "chitieu_vi-refused",
        "--replace-worse",
    ):
        assert told in line
    assert result.out == ""


# -- progress --------------------------------------------------------------------------------------------------------


def step(number: int, done: float | None) -> Step:
    return Step(number, 2, 16, done, {"tok2vec": 0.0, "ner": 33.14, "chitieu_relation": 2.0}, 8412.3)


def test_a_line_of_progress():
    told = "epoch 3/16, step 412, loss ner 33.1 chitieu_relation 2, 8,412 words/s"
    assert command.describe(step(412, 0.5)) == told
    endless = Step(0, 0, None, None, {}, 0.0)
    assert command.describe(endless) == "epoch 1, step 0, loss -, 0 words/s"


@pytest.mark.parametrize(("shares", "left"), [((0.1, 0.2, 0.5), ", 50%, about 6 min left"), ((None,) * 3, "")])
def test_lines_where_nobody_watches(monkeypatch, capsys, shares, left):
    times = iter([0.0, 0.0, 30.0, 300.0])
    monkeypatch.setattr(command, "monotonic", lambda: next(times))
    with command.progress_of_training() as on_step:
        for number, share in enumerate(shares):
            on_step(step(number, share))  # 40% of the whole in five minutes; half of it is left
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert lines[0].endswith("words/s" + left)


def test_a_bar_where_somebody_watches(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    stream = Terminal()
    monkeypatch.setattr("sys.stderr", stream)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "140")
    with command.progress_of_training() as on_step:
        on_step(step(412, 0.25))
        on_step(step(413, None))
    assert "epoch 3/16, step 413" in stream.getvalue()
