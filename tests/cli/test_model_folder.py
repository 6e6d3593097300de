"""A model folder that is missing, empty or of another version: one line, exit 2, nothing left behind."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from chitieu import pipeline
from chitieu.cli.group import app


def make_missing(folder: Path) -> None:
    assert not folder.exists()


def make_empty(folder: Path) -> None:
    folder.mkdir()


def make_other_version(folder: Path) -> None:
    folder.mkdir()
    (folder / "config.cfg").touch()
    (folder / "meta.json").write_text(json.dumps({"chitieu": {"format": 999}}), encoding="utf-8")


@pytest.mark.parametrize("make", [make_missing, make_empty, make_other_version])
@pytest.mark.parametrize("command", ["extract", "show"])
def test_model_folder(tmp_path, monkeypatch, capsys, command, make):
    monkeypatch.chdir(tmp_path)
    Path("a.txt").write_text("Xã có 3 tổ hợp tác.", encoding="utf-8")
    make(Path("model"))
    with pytest.raises(SystemExit) as exit_:
        app([command, "a.txt", "--model", "model", "--output", "out.html" if command == "show" else "out.jsonl"])
    captured = capsys.readouterr()
    assert exit_.value.code == 2
    assert captured.out == ""
    assert captured.err.startswith("model: [C30")
    assert captured.err.count("\n") == 1
    assert {path.name for path in tmp_path.iterdir()} <= {"a.txt", "model"}


def test_model_that_reads_with_a_transformer(tmp_path, monkeypatch, capsys):
    """Without the extra the model is sound, and training it anew, as a broken one asks for, would not help."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(pipeline, "find_spec", lambda _: None)
    Path("a.txt").write_text("Xã có 3 tổ hợp tác.", encoding="utf-8")
    make_other_version(Path("model"))
    meta = {"chitieu": {"format": pipeline.MODEL_FORMAT}, "components": ["transformer", "ner"]}
    Path("model/meta.json").write_text(json.dumps(meta), encoding="utf-8")
    with pytest.raises(SystemExit) as exit_:
        app(["extract", "a.txt", "--model", "model"])
    captured = capsys.readouterr()
    assert exit_.value.code == 2
    assert captured.err.startswith("model: [C309] the model reads with a transformer")
    assert captured.err.endswith("(pip install 'chitieu[transformer]')\n")
