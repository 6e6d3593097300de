"""The database opened with Datasette: its pages, its ready questions, untrusted text in them."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
import time
import urllib.request

import pytest

from chitieu.errors import OutputError
from chitieu.feed.browsing import datasette_command, metadata_path, write_metadata

HOSTILE = "<script>alert(1)</script> <b>phấn đấu</b> 7 HTX, 9 tổ"


@pytest.fixture
def facts(tmp_path, tag_into, article, write_jsonl):
    """A small database, as `chitieu tag` leaves it."""
    to = tmp_path / "tin tức.db"
    articles = [
        article("plan", "phấn đấu 1 xã, 40 HTX"),
        article("reached", "có 2 xã, 50 HTX"),
        article("hostile", HOSTILE, title="<img src=x onerror=alert(2)>", url="javascript:alert(3)"),
        article("bad", "Hỏng 3 lần"),
    ]
    tag_into(to, write_jsonl(tmp_path / "news.jsonl", articles))
    return to


@pytest.fixture
def get(facts):
    """Pages of the database."""
    app = pytest.importorskip("datasette.app")
    metadata = json.loads(metadata_path(facts).read_text(encoding="utf-8"))
    served = app.Datasette([str(facts)], metadata=metadata, settings={"sql_time_limit_ms": 5000})

    def ask(path, **values):
        response = asyncio.run(served.client.get(path, params=values))
        assert response.status_code == 200, (path, response.text[:500])
        return response.json() if path.endswith(".json") else response.text

    return ask


def rows(get, query, **values):
    return get(f"/{DATABASE}/{query}.json", **values, _shape="array")


DATABASE = "tin~20t~E1~BB~A9c"  # how Datasette writes `tin tức` in addresses


def test_which_cooperatives_targets_are_on_record(get):
    targets = rows(get, "cooperative_targets", year=2023)
    assert {(row["org"], row["metric"], row["value"]) for row in targets} == {
        ("HTX Đồng Tâm", "HTX", 40),
        (None, "HTX", 7),
        ("HTX Đồng Tâm", "tổ", 9),
    }
    assert rows(get, "cooperative_targets", year=2019) == []


def test_targets_against_actuals_of_one_org(get):
    (row,) = rows(get, "targets_against_actuals_of", org="Đồng Tâm")
    assert (row["target"], row["actual"], row["reached"]) == (40, 50, 1.25)


def test_what_a_run_said_and_what_failed(get):
    (run,) = rows(get, "runs")
    assert len(rows(get, "said_by_run", run=run["id"])) == run["facts"] == 6
    (failed,) = rows(get, "failed")
    assert failed["code"] == "C441"


def test_search(get):
    assert len(rows(get, "search", words="phấn đấu")) == len(rows(get, "search", words="phan dau")) == 4
    assert len(rows(get, "facts", _search="phan dau")) == 4
    assert rows(get, "search", words='"; drop table facts; --') == []


def test_every_page_opens_and_escapes(get):
    tables = ("facts", "articles", "runs", "errors", "spans", "past_facts", "duplicates", "fetches", "fact_list")
    for table in tables:
        page = get(f"/{DATABASE}/{table}")
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert 'href="javascript:' not in page
    assert "&lt;script&gt;alert" in get(f"/{DATABASE}/facts")
    assert "targets" in get("/")


def test_metadata_names_what_there_is(facts):
    """Tables, columns and the tables that questions ask are those of the schema."""
    from chitieu.feed.schema import TABLES, VIEWS

    (database,) = json.loads(metadata_path(facts).read_text(encoding="utf-8"))["databases"].values()
    columns = {table.name: set(table.columns.keys()) for table in TABLES}
    for name, described in database["tables"].items():
        assert name in columns or name == "facts_search"
        assert set(re.findall(r"<dt>(\w+)</dt>", described.get("description_html", ""))) <= columns.get(name, set())
        assert set(described.get("facets", ())) <= columns.get(name, set())
    for query in database["queries"].values():
        asked = set(re.findall(r"(?:from|join) (\w+)", query["sql"]))
        assert asked <= columns.keys() | VIEWS.keys() | {"facts_search"}
        assert set(re.findall(r":(\w+)", query["sql"])) == set(query.get("params", ()))


def test_edited_metadata_stays(facts):
    metadata_path(facts).write_text('{"title": "Của tôi"}', encoding="utf-8")
    write_metadata(facts)
    assert json.loads(metadata_path(facts).read_text(encoding="utf-8")) == {"title": "Của tôi"}


def test_without_datasette(facts, monkeypatch):
    monkeypatch.setattr("chitieu.feed.browsing.find_spec", lambda _: None)
    with pytest.raises(OutputError, match=r"C438.*chitieu\[browse\]"):
        datasette_command(facts)


def test_a_port_in_use_is_told_in_one_line(facts):
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        command = [sys.executable, "-c", "from chitieu.cli import main; main()", "browse", str(facts), "--port", port]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert "[C439]" in line
    assert "--port" in line


@pytest.mark.slow
def test_browse_serves_loopback_only(facts):
    pytest.importorskip("datasette")
    command = [sys.executable, "-m", "chitieu", "browse", str(facts), "--port", "0"]
    command[1:3] = ["-c", "from chitieu.cli import main; main()"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            address = None
            deadline = time.monotonic() + 30
            while address is None and time.monotonic() < deadline:
                address = re.search(r"http://\S+:\d+", process.stderr.readline())
            assert address is not None
            assert address.group().startswith("http://127.0.0.1:")
            with urllib.request.urlopen(f"{address.group()}/{DATABASE}/targets.json?_shape=array", timeout=10) as page:
                assert len(json.load(page)) == 4
        finally:
            import os
            import signal

            for child in children(process.pid):
                os.kill(child, signal.SIGTERM)
            process.wait(timeout=10)


def children(pid):
    from pathlib import Path

    listed = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in listed.read_text().split()] if listed.exists() else []
