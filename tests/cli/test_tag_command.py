"""`chitieu tag` and `chitieu runs`: exit codes, summaries, what is said where."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from chitieu.cli import tag as command

STUB = Path(__file__).parents[1] / "feed" / "store" / "stub"


@pytest.fixture
def tag(run, tmp_path_factory, monkeypatch, describe_model):
    """Run `chitieu tag` with a stand-in for the model."""
    monkeypatch.syspath_prepend(str(STUB))
    monkeypatch.setattr(command, "LOADER", "stub_tagger:load")
    model = tmp_path_factory.mktemp("model")
    describe_model(model)
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
        (("--address", "auto"), "C450"),
        (("--engine", "spark"), "--engine"),
        (("--engine", "ray", "--address", "ray://head:10001"), "C450"),
        (("--engine", "ray", "--again"), "C450"),
        (("--engine", "ray", "--limit", "3"), "C450"),
        (("--engine", "ray", "--to", "postgresql://u:geheim@h/d"), "C450"),
        (("--engine", "ray", "https://example.org/rss"), "C450"),
        (("--engine", "ray", "-"), "C450"),
        (("--engine", "ray", ".", "--to", "facts"), "C404"),
        (("--engine", "ray", ".", "--to", "facts.db"), "C404"),
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
    assert result.code == 75
    said = json.loads(result.out)
    assert (said["run"], said["state"]) == (None, "stopped")
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


def test_a_second_time_there_is_nothing_new(tag, run, tmp_path):
    write(tmp_path / "a.jsonl", "Có 3 xã")
    (tmp_path / "empty.jsonl").write_text("", encoding="utf-8")
    assert "1 article tagged" in tag("a.jsonl").err
    assert "nothing new" in tag("empty.jsonl").err
    assert "1 unchanged" in tag("a.jsonl").err


def test_interval_and_limit_reach_the_sources(tag, tmp_path, monkeypatch):
    from chitieu.feed import read

    seen = []
    whole = read.read_sources
    monkeypatch.setattr(
        read, "read_sources", lambda *given, **named: seen.append(named["settings"]) or whole(*given, **named)
    )
    name = write(tmp_path / "a.jsonl", "Có 3 xã", "Có 4 xã", "Có 5 xã")
    result = tag(name, "--interval", "0.25", "--limit", "2", "--json")
    assert json.loads(result.out)["articles"] == 2
    assert seen[0].interval == 0.25
    tag(name)
    assert seen[1].interval == 1.0, "a second, for those who say nothing"


@pytest.fixture
def facts(tag, tmp_path):
    """A database of three facts, two of them targets of 2023."""
    lines = (
        {"id": "a", "text": "phấn đấu 3 xã, 4 thôn", "published": "2023-01-10"},
        {"id": "b", "text": "Có 2 chợ", "published": "2022-01-10"},
    )
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    assert tag("a.jsonl", "--to", "facts.jsonl").code == 0
    return tmp_path / "facts.jsonl"


@pytest.mark.parametrize("ending", ["jsonl", "csv", "parquet"])
def test_export_writes_what_a_run_to_a_file_writes(facts, tag, run, tmp_path, ending):
    assert tag("a.jsonl", "--to", f"tagged.{ending}").code == 0
    result = run("export", "facts.jsonl.db", "--output", f"exported.{ending}")
    assert (result.code, result.out) == (0, "")
    assert "3 facts" in result.err
    assert (tmp_path / f"exported.{ending}").read_bytes() == (tmp_path / f"tagged.{ending}").read_bytes()


@pytest.mark.parametrize(
    ("options", "number"),
    [
        ((), 3),
        (("--status", "target"), 2),
        (("--status", "actual", "--year", "2022"), 1),
        (("--year", "1999"), 0),
        (("--min-confidence", "1"), 0),
    ],
)
def test_export_of_some(facts, run, options, number):
    result = run("export", "facts.jsonl", *options)
    assert result.code == 0
    assert len(result.out.splitlines()) == number


def test_export_of_nothing_and_to_nowhere(facts, run, tmp_path):
    for arguments, says in (
        (("none.db",), "C434"),
        (("facts.jsonl.db", "--output", "facts.txt"), "C403"),
        (("facts.jsonl.db", "--output", "none/facts.csv"), "C401"),
        (("facts.txt",), "C403"),
    ):
        result = run("export", *arguments)
        assert result.code == 2
        assert says in result.err
    (tmp_path / "text.db").write_text("không phải " * 500, encoding="utf-8")
    assert "C431" in run("export", "text.db").err
    assert "C431" in run("export", "text.db", "--output", "facts.csv").err
    assert not (tmp_path / "facts.csv").exists()


def test_export_while_a_run_holds_the_database(facts, run):
    from chitieu.feed.store import Store

    with Store(f"{facts}.db"):
        assert len(run("export", "facts.jsonl").out.splitlines()) == 3
