"""`chitieu tag` and `chitieu runs`: exit codes, summaries, what is said where."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from chitieu.cli import tag as command

STUB = Path(__file__).parents[1] / "feed" / "store" / "stub"


@pytest.fixture
def tag(run, tmp_path_factory, monkeypatch):
    """Run `chitieu tag` with a stand-in for the model."""
    monkeypatch.syspath_prepend(str(STUB))
    monkeypatch.setattr(command, "LOADER", "stub_tagger:load")
    model = tmp_path_factory.mktemp("model")
    (model / "meta.json").write_text("{}", encoding="utf-8")
    return lambda *arguments: run("tag", "--model", model, *arguments)


def write(path: Path, *texts: str) -> str:
    lines = (json.dumps({"id": str(number), "text": text}) for number, text in enumerate(texts))
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    return path.name


def test_everything_tagged(tag, run, tmp_path):
    result = tag(write(tmp_path / "a.jsonl", "Có 3 xã, 4 thôn", "Có 2 chợ"), "--json")
    assert result.code == 0
    (line,) = result.out.splitlines()
    summary = json.loads(line)
    assert summary["run"]
    assert (summary["state"], summary["articles"], summary["facts"], summary["errors"]) == ("finished", 2, 3, 0)
    assert summary["to"] == "facts.db"
    assert summary["seconds"] > 0
    assert all(summary["run"] in line for line in result.error_lines)
    assert {path.name for path in tmp_path.iterdir()} == {
        *("a.jsonl", "facts.db", "facts.db-lock", "facts.metadata.yaml")
    }
    listed = run("runs")
    assert listed.code == 0
    assert listed.out.splitlines()[1].split()[:2] == [summary["run"], "finished"]
    (record,) = map(json.loads, run("runs", "facts.db", "--json").out.splitlines())
    assert record["run"] == summary["run"]
    assert record["sources"] == ["a.jsonl"]
    assert record["facts"] == 3


def test_some_failed(tag, run, tmp_path):
    result = tag(write(tmp_path / "a.jsonl", "Có 3 xã", "Hỏng 3 lần"), "missing.jsonl")
    assert result.code == 1
    assert result.out == ""
    assert sum("[C441]" in line for line in result.error_lines) == 1
    assert sum("missing.jsonl" in line for line in result.error_lines) == 1
    assert run("runs", "--last", "1").out.splitlines()[1].split()[-2] == "2"


def test_a_folder_that_holds_the_database_is_read_again_without_error(tag, tmp_path):
    write(tmp_path / "a.jsonl", "Có 3 xã")
    assert tag("a.jsonl").code == 0
    again = tag(".", "--json")
    assert again.code == 0, again.err
    assert json.loads(again.out)["unchanged"] == 1


def test_quiet(tag, tmp_path):
    result = tag(write(tmp_path / "a.jsonl", "Có 3 xã"), "--quiet")
    assert (result.code, result.out, result.err) == (0, "", "")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--to", "facts.txt"), "C403"),
        (("--to", "missing/facts.db"), "C434"),
        (("--to", "a.jsonl"), "C404"),
        ((".", "--to", "facts.jsonl"), "C404"),
        (("--to", "mysql://u:geheim@h/d"), "C430"),
        (("--workers", "0"), "--workers"),
        (("--min-confidence", "2"), "--min-confidence"),
        (("--model", "nowhere"), "C302"),
        (("warc:https://example.org/a",), "C143"),
    ],
)
def test_usage_errors(tag, tmp_path, arguments, says):
    name = write(tmp_path / "a.jsonl", "Có 3 xã")
    result = tag(name, *arguments)
    assert result.code == 2
    assert says in result.err
    assert "geheim" not in result.err
    assert not (tmp_path / "facts.db").exists()


def test_a_password_is_never_said(tag, tmp_path):
    pytest.importorskip("psycopg")
    name = write(tmp_path / "a.jsonl", "Có 3 xã")
    result = tag(name, "--to", f"postgresql://u:geheim@/d?host={tmp_path}", "--json")
    assert result.code == 2
    assert "C434" in result.err
    assert "geheim" not in result.err + result.out


def test_no_log_holds_a_password(tag, tmp_path, monkeypatch):
    """A run that begins and ends well, to a database that only seems to need one."""
    from chitieu.feed import destination
    from chitieu.feed.store import Store

    monkeypatch.setattr(destination, "Store", lambda _: Store(str(tmp_path / "f.db")))
    name = write(tmp_path / "a.jsonl", "Có 3 xã")
    result = tag(name, "--to", "postgresql://u:geheim@host/d", "--json")
    assert result.code == 0
    assert "postgresql" in result.err
    assert "geheim" not in result.err + result.out


def test_a_run_that_had_to_stop(tag, tmp_path, monkeypatch):
    from chitieu.errors import StoppedError
    from chitieu.feed.store import Store

    def full(*_):
        raise StoppedError("C435", "could not be written to: database or disk is full", place="facts.db")

    monkeypatch.setattr(Store, "write", full)
    result = tag(write(tmp_path / "a.jsonl", "Có 3 xã"), "--json")
    assert result.code == 75
    assert sum("[C435]" in line for line in result.error_lines) == 1
    summary = json.loads(result.out)
    assert summary["state"] == "stopped"
    assert "disk is full" in summary["message"]


def test_runs_of_what_is_no_database(run, tmp_path):
    assert run("runs", "nothing.db").code == 2
    (tmp_path / "text.db").write_text("không phải " * 500, encoding="utf-8")
    result = run("runs", "text.db")
    assert result.code == 2
    assert "C431" in result.err
    assert run("browse", "text.db").code == 2
    assert "C434" in run("browse", "nothing.db").err


def test_runs_of_a_file_of_facts(tag, run, tmp_path):
    assert tag(write(tmp_path / "a.jsonl", "Có 3 xã"), "--to", "facts.csv").code == 0
    assert " finished " in run("runs", "facts.csv").out


def test_the_help_tells_every_exit_code(run):
    words = run("tag", "--help").out
    for code in ("0", "1", "2", "75", "130", "143"):
        assert f" {code} " in words
