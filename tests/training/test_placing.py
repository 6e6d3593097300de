"""A new model takes the old one's place when it is no worse on articles that neither learned from."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

import chitieu
from chitieu.errors import AnnotationError, OutputError
from chitieu.scoring.compare import compare_facts, predict_facts
from chitieu.training.corpora import Corpora
from chitieu.training.placing import got_worse, place, put_aside, recover, refused_folder, require_replaceable
from chitieu.training.train import train
from chitieu.training.work import working_folder

CONFIG = Path(__file__).resolve().parents[2] / "configs" / "cpu.cfg"
TINY = Path(__file__).with_name("tiny.jsonl")


@pytest.fixture
def held_out(tmp_path, tiny_articles) -> Path:
    """The tiny articles under other ids, with a line before them: a small model that learned them scores on these."""
    text = "Bản tin số 7.\n"
    moved = []
    for article in tiny_articles:
        data = article.to_dict()
        data["id"] = f"held-{data['id']}"
        data["text"] = text + data["text"]
        for span in data["spans"]:
            span["start"] += len(text)
            span["end"] += len(text)
        moved.append(json.dumps(data, ensure_ascii=False) + "\n")
    path = tmp_path / "held-out.jsonl"
    path.write_text("".join(moved), encoding="utf-8")
    return path


@pytest.fixture
def run(small_overrides, tmp_path, held_out):
    """Train for a few steps: 60 learn the tiny corpus, 2 nothing."""

    def run_training(steps: int, **options):
        log = io.StringIO()
        trained = train(
            CONFIG,
            tmp_path / "model",
            Corpora((TINY,), (TINY,)),
            vectors=Path("no vectors"),
            overrides={
                **small_overrides,
                "training.max_epochs": 0,
                "training.max_steps": steps,
                "training.eval_frequency": steps,
                "training.dropout": 0.0,
                "training.optimizer.learn_rate": 0.01,
                "components.chitieu_relation.model.dropout": 0.0,
            },
            held_out=[held_out],
            log=log,
            **options,
        )
        return trained, log.getvalue()

    return run_training


@pytest.mark.slow
def test_a_worse_model_is_refused_until_told_otherwise(run, tmp_path):
    first, log = run(60)
    assert not first.comparisons
    assert "held-out.jsonl" not in log
    old = (first.folder / "meta.json").read_bytes()

    worse, log = run(2)
    assert worse.refused
    assert worse.folder == refused_folder(first.folder) == tmp_path / "model-refused"
    assert (first.folder / "meta.json").read_bytes() == old
    assert "held-out.jsonl (3 articles): core F1" in log
    assert chitieu.load(worse.folder).pipe_names == chitieu.load(first.folder).pipe_names
    assert (worse.folder / "training.jsonl").is_file()

    forced, log = run(2, replace_worse=True)
    assert "Goes on" in log  # what was trained is not trained again
    assert "LOSS" not in log
    assert not forced.refused
    assert forced.comparisons[0].line("core").difference.value < 0
    assert (first.folder / "meta.json").read_bytes() != old
    assert not refused_folder(first.folder).exists()
    assert not working_folder(first.folder).exists()

    better, log = run(60)
    assert not better.refused
    assert better.comparisons[0].line("core").difference.value > 0
    assert (first.folder / "meta.json").read_bytes() == old

    same, log = run(60)
    assert not same.refused
    assert "the same in every article" in log
    assert sorted(path.name for path in tmp_path.iterdir()) == ["held-out.jsonl", "model"]


@pytest.mark.slow
def test_a_model_that_cannot_be_used_is_replaced(run, tmp_path):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "meta.json").write_text('{"chitieu": {"format": 0}}', encoding="utf-8")
    trained, log = run(2)
    assert "which can't be used: " in log
    assert not trained.refused
    assert chitieu.load(trained.folder).meta["chitieu"]["format"] > 0


@pytest.mark.slow
def test_what_models_are_judged_by_is_not_learned(run, held_out, tmp_path):
    for leak in (TINY.read_text(encoding="utf-8").replace('"tiny-1"', '"other"'), TINY.read_text(encoding="utf-8")):
        held_out.write_text(leak, encoding="utf-8")
        with pytest.raises(AnnotationError) as caught:
            run(2)
        assert caught.value.code == "C240"
        assert [path.name for path in tmp_path.iterdir()] == ["held-out.jsonl"]


def test_lower_is_worse_by_however_little(nlp, tiny_articles):
    facts = predict_facts(nlp, tiny_articles)
    fewer = {**facts, tiny_articles[0].id: facts[tiny_articles[0].id][1:]}
    assert got_worse(compare_facts(tiny_articles, facts, fewer))
    assert not got_worse(compare_facts(tiny_articles, fewer, facts))
    assert not got_worse(compare_facts(tiny_articles, facts, facts))


# -- folders ---------------------------------------------------------------------------------------------------------


def model(folder: Path, content: str) -> Path:
    folder.mkdir()
    (folder / "meta.json").write_text(content, encoding="utf-8")
    return folder


@pytest.mark.parametrize("make", ["file", "photos"])
def test_what_is_no_model_is_not_replaced(tmp_path, make):
    path = tmp_path / "thing"
    if make == "file":
        path.touch()
    else:
        path.mkdir()
        (path / "a.jpg").touch()
    with pytest.raises(OutputError) as caught:
        require_replaceable(path)
    assert caught.value.code == "C312"


def test_what_may_be_replaced(tmp_path):
    (tmp_path / "empty").mkdir()
    model(tmp_path / "model", "{}")
    for name in ("none", "empty", "model"):
        require_replaceable(tmp_path / name)


def test_the_old_model_comes_back_after_an_interruption(tmp_path):
    output = tmp_path / "model"
    model(tmp_path / ".model-old", "old")
    recover(output)
    assert (output / "meta.json").read_text(encoding="utf-8") == "old"
    model(tmp_path / ".model-old", "older")
    recover(output)
    assert (output / "meta.json").read_text(encoding="utf-8") == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_placing_keeps_the_card(tmp_path):
    output = model(tmp_path / "model", "old")
    (output / "README.md").write_text("card", encoding="utf-8")
    (output / "stale").touch()
    place(model(tmp_path / "new", "new"), output)
    assert {path.name: path.read_text(encoding="utf-8") for path in output.iterdir()} == {
        "meta.json": "new",
        "README.md": "card",
    }
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_the_last_refused_model_is_kept(tmp_path):
    output = model(tmp_path / "model", "old")
    for content in ("first", "second"):
        folder = put_aside(model(tmp_path / "new", content), output)
        assert folder == tmp_path / "model-refused"
        assert (folder / "meta.json").read_text(encoding="utf-8") == content
