"""Training from files to a model folder."""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path

import numpy as np
import pytest
import srsly

import chitieu
from chitieu.annotation.gold import write_annotated
from chitieu.annotation.inline import parse_inline
from chitieu.article import Article
from chitieu.errors import AnnotationError, ModelError, OutputError
from chitieu.pipeline import COMPONENTS, MODEL_FORMAT, tag
from chitieu.training.corpora import Corpora, default_corpora
from chitieu.training.train import train

CONFIG = Path(__file__).resolve().parents[2] / "configs" / "cpu.cfg"


def test_a_model_learns_its_articles(trained):
    for score in ("core_f", "full_f", "value_f", "ents_f", "status_acc"):
        assert trained.scores[score] == 1.0


def test_the_folder_says_what_it_is(trained, tiny_corpus):
    meta = json.loads((trained.folder / "meta.json").read_text(encoding="utf-8"))
    assert meta["chitieu"]["format"] == MODEL_FORMAT
    assert meta["chitieu"]["corpora"] == ["tiny.jsonl"]
    assert meta["chitieu"]["corpus_sha256"] == hashlib.sha256(tiny_corpus.read_bytes()).hexdigest()
    assert meta["license"] == "MIT"
    assert tuple(meta["pipeline"]) == COMPONENTS


def test_the_folder_names_no_path_of_the_machine(trained, tiny_corpus):
    for name in ("meta.json", "config.cfg"):
        text = (trained.folder / name).read_text(encoding="utf-8")
        assert str(tiny_corpus.parent) not in text
        assert str(trained.folder.parent) not in text


def test_other_paths_are_shortened_too(tmp_path, train_tiny, tiny_corpus):
    few = {"training.max_steps": 2, "training.eval_frequency": 2}
    logger = {"@loggers": "spacy.ConsoleLogger.v3", "output_file": str(tmp_path / "secret" / "log.jsonl")}
    folder = train_tiny(tmp_path / "model", **few, **{"training.logger": logger}).folder
    text = (folder / "config.cfg").read_text(encoding="utf-8")
    assert "secret" not in text
    assert 'output_file = "log.jsonl"' in text


def test_nothing_to_learn_from(tmp_path):
    (tmp_path / "none.jsonl").touch()
    with pytest.raises(ModelError) as caught:
        train(CONFIG, tmp_path / "m", Corpora((tmp_path / "none.jsonl",), ()), vectors=tmp_path)
    assert caught.value.code == "C306"


def test_pretrained_vectors_that_are_missing(train_tiny, tmp_path):
    with pytest.raises(ModelError) as caught:
        train_tiny(tmp_path / "model", **{"paths.init_tok2vec": str(tmp_path / "none.bin")})
    assert caught.value.code == "C313"
    assert list(tmp_path.iterdir()) == []


def test_a_model_to_start_from_that_is_missing(train_tiny, tmp_path):
    with pytest.raises(ModelError) as caught:
        train_tiny(tmp_path / "model", **{"paths.start_from": str(tmp_path / "none")})
    assert caught.value.code == "C302"
    assert list(tmp_path.iterdir()) == []


def holds_no_pickle(path: Path) -> str:
    """What a file of a model folder is, by its content; raises where it is nothing that is safe to read."""
    data = path.read_bytes()
    if data.startswith(b"\x93NUMPY"):
        np.load(path, allow_pickle=False)
        return "numpy"
    try:
        text = data.decode("utf-8")
        if path.suffix == ".svg" and text.startswith("<?xml"):
            return "picture"
        if path.suffix == ".jsonl":
            for line in text.splitlines():
                json.loads(line)
            return "json lines"
        if path.suffix == ".cfg" and text.lstrip().startswith("["):
            return "config"
        json.loads(text)
    except ValueError:
        pass
    else:
        return "json"
    srsly.msgpack_loads(data)
    return "msgpack"


def test_a_model_folder_holds_no_pickle(trained):
    kinds = {
        path.relative_to(trained.folder).as_posix(): holds_no_pickle(path)
        for path in trained.folder.rglob("*")
        if path.is_file()
    }
    assert kinds["meta.json"] == "json"
    assert kinds["config.cfg"] == "config"
    assert kinds["chitieu_relation/model"] == kinds["ner/model"] == kinds["tok2vec/model"] == "msgpack"
    assert not {Path(name).suffix for name in kinds} & {".pkl", ".pickle", ".joblib", ".pt", ".pth"}


def test_what_is_a_pickle_is_seen(tmp_path):
    import pickle

    for protocol in range(6):
        path = tmp_path / f"file{protocol}"
        path.write_bytes(pickle.dumps({"a": [1, object]}, protocol=protocol))
        with pytest.raises((AssertionError, ValueError)):
            holds_no_pickle(path)


def test_training_twice_gives_one_model(train_tiny, tiny_articles):
    def facts() -> list:
        nlp = chitieu.load(train_tiny(**{"training.max_steps": 30, "training.eval_frequency": 30}).folder)
        return [tagged.facts for tagged in tag(nlp, [item.article for item in tiny_articles])]

    assert facts() == facts()


def test_a_new_model_takes_the_place_of_the_old_and_keeps_its_card(train_tiny, tmp_path):
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "meta.json").touch()
    (folder / "README.md").write_text("card", encoding="utf-8")
    (folder / "stale").touch()
    few = {"training.max_steps": 2, "training.eval_frequency": 2}
    assert train_tiny(folder, **few).folder == folder
    assert chitieu.load(folder).pipe_names == list(COMPONENTS)
    assert (folder / "README.md").read_text(encoding="utf-8") == "card"
    assert not (folder / "stale").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_training_that_fails_leaves_the_old_model(train_tiny, tmp_path):
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "meta.json").touch()
    with pytest.raises(AnnotationError):
        train_tiny(folder, **{"paths.train": [str(tmp_path / "none.jsonl")]})
    assert [path.name for path in tmp_path.rglob("*")] == ["model", "meta.json"]


@pytest.mark.parametrize("config", ["", "not a config", "[nlp]\nlang = ", "[nlp]\nlang = vi\npipeline = [\n"], ids=repr)
def test_a_config_that_is_none(tmp_path, tiny_corpus, config):
    (tmp_path / "bad.cfg").write_text(config, encoding="utf-8")
    with pytest.raises(ModelError) as caught:
        train(
            tmp_path / "bad.cfg",
            tmp_path / "model",
            Corpora((tiny_corpus,), (tiny_corpus,)),
            vectors=tmp_path,
            log=io.StringIO(),
        )
    assert caught.value.code == "C305"
    assert [path.name for path in tmp_path.iterdir()] == ["bad.cfg"]


def test_a_config_that_is_missing(tmp_path, tiny_corpus):
    with pytest.raises(ModelError) as caught:
        train(tmp_path / "no.cfg", tmp_path / "m", Corpora((tiny_corpus,), (tiny_corpus,)), vectors=tmp_path)
    assert caught.value.code == "C305"
    assert "no.cfg" in str(caught.value)


def test_a_folder_that_cannot_be_written(train_tiny, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OutputError) as caught:
        train_tiny(tmp_path / "file" / "model")
    assert caught.value.code == "C405"


def test_default_corpora(tmp_path):
    root = tmp_path / "checkout"
    with pytest.raises(ModelError) as caught:
        default_corpora(root)
    assert caught.value.code == "C306"
    (root / "annotations").mkdir(parents=True)
    (root / "annotations" / "train.jsonl").touch()
    assert default_corpora(root).partial_train == ()
    real = tmp_path / "shared" / "data" / "real-train.jsonl"
    real.parent.mkdir(parents=True)
    real.touch()
    assert default_corpora(root).partial_train == (real,)


# -- model folders that can't be loaded ------------------------------------------------------------------------------


def test_a_missing_folder(tmp_path):
    with pytest.raises(ModelError) as caught:
        chitieu.load(tmp_path / "none")
    assert caught.value.code == "C302"
    assert "none" in str(caught.value)
    assert caught.value.remedy


def test_an_empty_folder(tmp_path):
    with pytest.raises(ModelError) as caught:
        chitieu.load(tmp_path)
    assert caught.value.code == "C303"


@pytest.fixture
def copy(trained, tmp_path) -> Path:
    """A copy of the small model, to be spoilt."""
    import shutil

    return Path(shutil.copytree(trained.folder, tmp_path / "copy"))


@pytest.mark.parametrize("made_for", [MODEL_FORMAT + 1, 0, None, "1"])
def test_a_model_of_another_format(copy, made_for):
    meta = json.loads((copy / "meta.json").read_text(encoding="utf-8"))
    meta["chitieu"]["format"] = made_for
    (copy / "meta.json").write_text(json.dumps(meta), encoding="utf-8")
    with pytest.raises(ModelError) as caught:
        chitieu.load(copy)
    assert caught.value.code == "C304"


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '"a"', '{"chitieu": 5}', '{"chitieu": null}', "\x00\xff"])
def test_a_meta_file_that_is_none(copy, content):
    (copy / "meta.json").write_text(content, encoding="latin-1")
    with pytest.raises(ModelError) as caught:
        chitieu.load(copy)
    assert caught.value.code in {"C303", "C304"}
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "name", ["config.cfg", "chitieu_relation/model", "ner/model", "tok2vec/model", "vocab/strings.json"]
)
@pytest.mark.parametrize("content", [None, b"", b"junk\x00\xff"])
def test_a_folder_with_a_spoilt_file(copy, name, content):
    if content is None:
        (copy / name).unlink()
    else:
        (copy / name).write_bytes(content)
    with pytest.raises(ModelError) as caught:
        chitieu.load(copy)
    assert caught.value.code == "C303"
    assert "\n" not in str(caught.value)
    assert caught.value.place == str(copy)


def test_a_model_of_another_make(tmp_path):
    """A pipeline that was never trained here says so, and does not fail later."""
    import spacy

    spacy.blank("xx").to_disk(tmp_path / "other")
    with pytest.raises(ModelError) as caught:
        chitieu.load(tmp_path / "other")
    assert caught.value.code in {"C303", "C304"}


def test_the_folder_is_named_in_the_environment(trained, monkeypatch):
    monkeypatch.setenv("CHITIEU_MODEL", str(trained.folder))
    assert chitieu.load().meta["chitieu"]["format"] == MODEL_FORMAT


def test_an_article_that_was_not_seen(nlp):
    """The small model carries over what it learned, so it is a model and no list."""
    text = "Năm 2020, Liên minh HTX tỉnh Đèo Gió đã thành lập mới 48 HTX, đạt 120% kế hoạch.\n"
    tagged = next(tag(nlp, [Article("mới", text)]))
    assert 48 in [fact.value for fact in tagged.facts]


def test_a_corpus_of_articles_without_facts_trains(train_tiny, tmp_path):
    plain = [parse_inline(f"id: a{number}\n===\nTrời nắng đẹp, bà con ra đồng.\n===\n") for number in range(2)]
    article = parse_inline("id: b\n===\nXã [[A1|có]] [[V1|5 HTX]].\n===\nV1: A1 actual\n")
    write_annotated(tmp_path / "a.jsonl", [*plain, article])
    few = {"training.max_steps": 2, "training.eval_frequency": 1}
    trained = train_tiny(tmp_path / "model", **few, **{"paths.train": [str(tmp_path / "a.jsonl")]})
    assert chitieu.load(trained.folder).pipe_names == list(COMPONENTS)
