"""`chitieu` as a process of its own: pipes that close, signals, a new user in an empty folder."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

# The command with a tagger that finds one fact in each article, and sleeps over one whose id is "slow".
PROGRAM = """
import time
from decimal import Decimal
from chitieu.cli import main, tagging
from chitieu.facts.fact import Evidence, Fact
from chitieu.facts.tagged import Tagged
from chitieu.labels import Kind, Status

def tag(articles):
    for article in articles:
        fact = Fact(article.id, None, Decimal(1), Status.ACTUAL, Kind.LEVEL, Evidence((0, 1)), article.text)
        yield Tagged(article, (), (fact,))
        time.sleep(30 if article.id == "slow" else 0)

tagging.load_tagger = lambda folder: tag
main()
"""


def start(folder: Path, *arguments: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", PROGRAM, *arguments]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def write_articles(path: Path, ids: list[str]) -> None:
    path.write_text(
        "".join(json.dumps({"id": id_, "text": "1 xe " + "mới " * 500}) + "\n" for id_ in ids), encoding="utf-8"
    )


def test_a_reader_that_goes_away_is_no_error(tmp_path):
    write_articles(tmp_path / "a.jsonl", [str(number) for number in range(2_000)])
    with start(tmp_path, "extract", "a.jsonl", "--output", "-") as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["article_id"] == "0"
        process.stdout.close()
        assert process.wait(timeout=30) == 141
        assert process.stderr is not None
        assert process.stderr.read() == b""


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize(("stop", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_leaves_nothing_behind(tmp_path, stop, code):
    write_articles(tmp_path / "a.jsonl", ["slow"])
    with start(tmp_path, "extract", "a.jsonl", "--output", "f.jsonl") as process:
        deadline = time.monotonic() + 20
        while not any(path.suffix == ".tmp" for path in tmp_path.iterdir()) and time.monotonic() < deadline:
            time.sleep(0.02)
        time.sleep(0.1)
        process.send_signal(stop)
        assert process.wait(timeout=20) == code
        assert process.stderr is not None
        assert process.stderr.read() == b""
    assert [path.name for path in tmp_path.iterdir()] == ["a.jsonl"]


def test_facts_flow_while_reading(tmp_path):
    """Other programs see a fact as soon as it is found, not when a buffer is full."""
    write_articles(tmp_path / "a.jsonl", ["first", "slow"])
    with start(tmp_path, "extract", "a.jsonl", "--output", "-") as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["article_id"] == "first"
        process.kill()


def test_output_is_utf_8_whatever_the_locale(tmp_path):
    (tmp_path / "điện.txt").write_text("1 giờ", encoding="utf-8")
    command = [sys.executable, "-X", "utf8=0", "-c", PROGRAM, "extract", "điện.txt", "thiếu.txt", "--output", "-"]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        capture_output=True,
        env={**os.environ, "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0"},
        timeout=30,
        check=False,
    )
    assert done.returncode == 1
    assert json.loads(done.stdout.decode("utf-8"))["article_id"] == "điện"
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals of POSIX")
def test_a_person_sees_progress_and_a_pipe_does_not(tmp_path):
    import pty

    write_articles(tmp_path / "a.jsonl", [str(number) for number in range(300)])
    terminal, side = pty.openpty()
    command = [sys.executable, "-c", PROGRAM, "extract", "a.jsonl", "--output", "-"]
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100"}
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=side, env=environment) as process:
        os.close(side)
        watched = Drain(terminal)
        assert process.stdout is not None
        facts = process.stdout.read().splitlines()
        assert process.wait(timeout=20) == 0
    watched.join(timeout=10)
    assert [json.loads(line)["article_id"] for line in facts] == [str(number) for number in range(300)]
    assert "300/300" in watched.text
    assert "articles/s" in watched.text


class Drain(threading.Thread):
    """Reads a terminal to its end, so that the program before it never waits."""

    def __init__(self, descriptor: int) -> None:
        super().__init__(daemon=True)
        self.text = ""
        self._descriptor = descriptor
        self.start()

    def run(self) -> None:
        with suppress(OSError):  # Linux ends a terminal whose other side is closed with an error
            while data := os.read(self._descriptor, 65_536):
                self.text += data.decode("utf-8", errors="replace")
        os.close(self._descriptor)
