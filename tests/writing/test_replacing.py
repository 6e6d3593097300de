"""A destination is written whole, or is as it was."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import pytest

from chitieu.errors import OutputError
from chitieu.writing.replacing import replacing


def test_appears_at_the_end_only(tmp_path):
    path = tmp_path / "f"
    with replacing(path) as stream:
        stream.write(b"new")
        stream.flush()
        assert not path.exists()
    assert path.read_bytes() == b"new"
    assert len(list(tmp_path.iterdir())) == 1


def test_keeps_what_was_there_when_the_block_fails(tmp_path):
    path = tmp_path / "f"
    path.write_bytes(b"old")
    with suppress(KeyError), replacing(path) as stream:
        stream.write(b"new")
        raise KeyError
    assert path.read_bytes() == b"old"
    assert len(list(tmp_path.iterdir())) == 1


def test_follows_a_link(tmp_path):
    real, link = tmp_path / "real", tmp_path / "link"
    real.write_bytes(b"old")
    link.symlink_to(real)
    with replacing(link) as stream:
        stream.write(b"new")
    assert link.is_symlink()
    assert real.read_bytes() == b"new"


def test_gives_the_usual_permissions(tmp_path):
    (tmp_path / "usual").touch()
    with replacing(tmp_path / "f"):
        pass
    assert (tmp_path / "f").stat().st_mode == (tmp_path / "usual").stat().st_mode


@pytest.mark.parametrize(("name", "said"), [("missing/f", "no folder"), (".", "is a folder"), ("file/f", "no folder")])
def test_unwritable(tmp_path, name, said):
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=f"C401.*{said}"), replacing(tmp_path / name):
        pytest.fail("the block must not run")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_folder_that_may_not_be_written(tmp_path, monkeypatch):
    def refuse(*arguments):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    with (
        pytest.raises(OutputError, match=r"f: \[C401\] can't be written: Permission denied \(choose a folder"),
        replacing(tmp_path / "f"),
    ):
        pytest.fail("the block must not run")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's device that is always full")
def test_a_full_disk():
    with (
        pytest.raises(OutputError, match=r"/dev/full: \[C402\] .*No space left"),
        replacing(Path("/dev/full")) as stream,
    ):
        stream.write(b"x" * 100_000)
    assert Path("/dev/full").exists()


def test_devices_are_written_as_they_stand():
    with replacing(Path("/dev/null")) as stream:
        stream.write(b"x")
    assert not Path("/dev/null").is_file()
