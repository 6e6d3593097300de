"""docs/tutorial.md: its commands run as they stand there, one after the other, and come to what it says."""

from __future__ import annotations

import csv
import importlib.util
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing, suppress

import pytest

LIMIT = 150_000  # bytes of a picture
COMMANDS = ("python", "mkdir", "timeout", "chitieu", "curl", "for", "kill")


@pytest.fixture
def document(root):
    return (root / "docs" / "tutorial.md").read_text(encoding="utf-8")


@pytest.fixture
def blocks(document):
    """What a reader is told to type, block by block."""
    return re.findall(r"^```bash\n(.*?)^```$", document, re.DOTALL | re.MULTILINE)


@pytest.fixture
def newsroom(root):
    spec = importlib.util.spec_from_file_location("newsroom", root / "evaluate" / "newsroom.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["newsroom"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["newsroom"]


def test_pictures_are_there_and_small(document, root):
    pictures = re.findall(r"!\[[^\]]+\]\((images/[\w.-]+\.png)\)", document)
    assert len(pictures) >= 2
    for picture in pictures:
        data = (root / "docs" / picture).read_bytes()
        assert data.startswith(b"\x89PNG")
        assert len(data) <= LIMIT
    assert {path.name for path in (root / "docs" / "images").iterdir()} == {name[7:] for name in pictures}


def test_every_block_is_one_that_is_run(document, blocks):
    """Blocks in other languages show outputs, and how to install."""
    assert set(re.findall(r"^```(\w+)$", document, re.MULTILINE)) == {"bash", "console", "text"}
    assert {block.split()[0] for block in blocks} <= set(COMMANDS)


def test_the_papers_are_what_the_tutorial_says(newsroom, tmp_path):
    from chitieu.feed.sitemap import read_sitemap
    from chitieu.feed.syndication import read_feed

    papers = newsroom.make_papers(newsroom.read_corpus())
    pages = newsroom.make_pages(papers, "http://127.0.0.1:1")
    listed = {}
    for paper in papers:
        data = pages[paper.list_path][0]
        read = read_sitemap if paper.list_path.endswith("sitemap.xml") else read_feed
        listed[paper.name] = [entry.link.removeprefix("http://127.0.0.1:1") for entry in read(data, "list")]
    every = [link for links in listed.values() for link in links]
    assert len(every) == len(set(every)) == 503
    assert [link for link in every if link not in pages] == [newsroom.GONE]
    assert sum(len(listed[name]) for name in ("chung-tay", "ben-cang", "la-tre")) == 206 + 3
    assert (len(listed["gom-tin"]), len(listed["ban-in"])) == (206, 88)


def free_port() -> str:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


@pytest.fixture
def place(tmp_path, root):
    """A folder that looks like the clone, with the tutorial's two programs on the path."""
    for name in ("evaluate", "annotations"):
        (tmp_path / name).symlink_to(root / name, target_is_directory=True)
    programs = {"python": f'exec {sys.executable} "$@"', "chitieu": f'exec {sys.executable} {tmp_path}/main.py "$@"'}
    # A file, not -c: worker processes import the main module again.
    (tmp_path / "main.py").write_text(
        "from chitieu.cli import main\nif __name__ == '__main__':\n    main()\n", encoding="utf-8"
    )
    (tmp_path / "bin").mkdir()
    for name, line in programs.items():
        program = tmp_path / "bin" / name
        program.write_text(f"#!/bin/sh\n{line}\n", encoding="utf-8")
        program.chmod(0o755)
    return tmp_path


def run_all(blocks: list[str], place) -> str:
    """What the commands print. The last one ends what was started in the background; whatever is left is ended here."""
    script = "set -euo pipefail\n" + "\n".join(blocks) + "\nwait\n"
    for port in ("8765", "8001"):
        assert port in script
        script = script.replace(port, free_port())
    environment = {**os.environ, "PATH": f"{place / 'bin'}{os.pathsep}{os.environ['PATH']}", "LC_ALL": "C.UTF-8"}
    with (place / "printed").open("wb") as printed:
        process = subprocess.Popen(
            ["bash", "-c", script],
            cwd=place,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=printed,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            process.wait(timeout=600)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    text = (place / "printed").read_text(encoding="utf-8")
    # 143: `wait` says that a server was ended by the tutorial's last command.
    assert process.returncode in (0, 143), text
    return text


@pytest.mark.slow
@pytest.mark.skipif(not all(map(shutil.which, ("bash", "curl", "timeout"))), reason="what the tutorial asks for")
def test_the_tutorial(blocks, place):
    pytest.importorskip("datasette")
    pytest.importorskip("feedparser")
    from chitieu.feed.rows import unmarked

    printed = run_all(blocks, place)
    folder = place / "newsroom"

    assert "the same, byte for byte" in printed
    with closing(sqlite3.connect(folder / "facts.db")) as facts:
        runs = facts.execute("select state, articles, facts, copies, errors from runs order by started").fetchall()
        assert [run[0] for run in runs] == ["interrupted", "finished", "finished"]
        assert runs[2][1:] == (0, 0, 0, 0), "the next night brings nothing"
        assert "nothing new" in printed
        states = dict(facts.execute("select state, count(*) from articles group by state").fetchall())
        assert states == {"tagged": 206, "copy": 294}
        assert runs[0][1] + runs[1][1] == 206
        assert facts.execute("select count(*) from facts").fetchone()[0] == runs[0][2] + runs[1][2]
        codes = [row[0] for row in facts.execute("select distinct code from errors order by code")]
        assert codes == ["C115", "C121", "C134"]
        labels = facts.execute("select count(distinct feed), count(distinct section) from articles").fetchone()
        assert labels == (5, 3)
    asked = [json.loads(line) for line in printed.splitlines() if line.startswith('{"')]
    assert asked[-1] == {"feeds 304": 5, "robots.txt 200": 1}

    with (folder / "cooperatives-2022.csv").open(encoding="utf-8", newline="") as file:
        answer = list(csv.DictReader(file))
    assert answer
    assert all({"org", "metric", "value", "unit", "sentence", "title", "url"} <= row.keys() for row in answer)
    assert all(row["url"].startswith("http://127.0.0.1:") for row in answer)
    with (folder / "targets-2022.csv").open(encoding="utf-8-sig", newline="") as file:
        targets = list(csv.DictReader(file))
    assert {(row["status"], row["year"]) for row in targets} == {("target", "2022")}
    assert len(targets) >= len(answer)
    found = [json.loads(line) for line in (folder / "search.jsonl").read_text(encoding="utf-8").splitlines()]
    assert found
    words = (f"{row['org']} {row['metric']} {row['sentence']}" for row in found)
    assert all("phan dau" in unmarked(text) for text in words)
    assert (folder / "sure.parquet").stat().st_size > 1_000
    assert "bai-da-go.html" in printed.split("What failed")[-1]
