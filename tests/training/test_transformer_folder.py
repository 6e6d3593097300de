"""What `chitieu train` says of a transformer that is not there; needs no extra."""

from __future__ import annotations

from pathlib import Path

import pytest

from chitieu.cli.group import app
from chitieu.training import requirements

CONFIG = Path(__file__).resolve().parents[2] / "configs" / "transformer.cfg"
TINY = Path(__file__).with_name("tiny.jsonl")


def fail(capsys, tmp_path, *arguments):
    """The one line that a failing `chitieu train` prints."""
    output = tmp_path / "models" / "new"
    files = ["--config", CONFIG, "--train", TINY, "--dev", TINY, "--output", output]
    with pytest.raises(SystemExit) as exit_:
        app(["train", *map(str, files), *map(str, arguments)])
    assert exit_.value.code not in {0, None}
    captured = capsys.readouterr()
    assert captured.out == ""
    assert len(captured.err.splitlines()) == 1
    assert not output.exists()
    return captured.err


def test_missing_folder(capsys, tmp_path):
    line = fail(capsys, tmp_path, "--transformer", tmp_path / "nowhere")
    assert "[C307] no such transformer folder" in line
    assert str(tmp_path / "nowhere") in line
    assert "--transformer" in line


def test_folder_of_something_else(capsys, tmp_path):
    (tmp_path / "photos").mkdir()
    assert "[C307] the folder holds no config.json" in fail(capsys, tmp_path, "--transformer", tmp_path / "photos")


def test_no_folder_named(capsys, tmp_path):
    line = fail(capsys, tmp_path)
    assert "[C307] the config needs a transformer" in line
    assert "transformer.cfg" in line


def test_config_without_a_place_for_one(capsys, tmp_path):
    """Else a forgotten --config would train the CPU model, for an hour, without a word."""
    cpu = CONFIG.with_name("cpu.cfg")
    line = fail(capsys, tmp_path, "--config", cpu, "--transformer", tmp_path)
    assert "[C305] a transformer is named, and the config trains without one" in line
    assert "configs/transformer.cfg" in line


def test_extra_not_installed(capsys, tmp_path, monkeypatch):
    (tmp_path / "bert").mkdir()
    (tmp_path / "bert" / "config.json").write_text("{}", encoding="utf-8")
    monkeypatch.setattr(requirements, "find_spec", lambda _: None)
    assert "pip install 'chitieu[transformer]'" in fail(capsys, tmp_path, "--transformer", tmp_path / "bert")
