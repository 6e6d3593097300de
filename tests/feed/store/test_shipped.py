"""The shipped model in worker processes says what it says in this one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from itertools import islice
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
COMMAND = "from chitieu.cli import main; main()"


@pytest.fixture
def news(tmp_path, root):
    """A dozen articles of the corpus."""
    path = tmp_path / "news.jsonl"
    with (root / "annotations" / "test.jsonl").open(encoding="utf-8") as corpus:
        bare = [
            {key: json.loads(line)[key] for key in ("id", "text", "title", "published")} for line in islice(corpus, 12)
        ]
    path.write_text("".join(json.dumps(article, ensure_ascii=False) + "\n" for article in bare), encoding="utf-8")
    return path


def test_same_facts_one_by_one_and_in_workers_that_are_killed(tmp_path, news):
    from chitieu.pipeline import load, tag
    from chitieu.reading import read_articles

    nlp = load()
    articles = list(read_articles([news], on_error=pytest.fail))
    expected = [fact.to_dict() for article in articles for fact in next(tag(nlp, [article])).facts]
    arguments = ["tag", str(news), "--to", "facts.jsonl", "--workers", "2", "--json"]
    process = subprocess.Popen(
        [sys.executable, "-c", COMMAND, *arguments], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    killed = 0
    deadline = time.monotonic() + 30
    while not killed and children.exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.3)
        with suppress(OSError):
            for child in children.read_text().split():
                if not killed and b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes():
                    os.kill(int(child), signal.SIGKILL)
                    killed += 1
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err.decode()
    summary = json.loads(out)
    assert (summary["articles"], summary["facts"]) == (12, len(expected))
    facts = [json.loads(line) for line in (tmp_path / "facts.jsonl").read_text(encoding="utf-8").splitlines()]
    position = {article.id: number for number, article in enumerate(articles)}
    assert sorted(facts, key=lambda fact: position[fact["article_id"]]) == expected


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals of POSIX")
def test_a_person_sees_a_bar(tmp_path, news):
    import pty

    terminal, side = pty.openpty()
    (tmp_path / "broken.jsonl").write_text('{"id": \n', encoding="utf-8")
    arguments = ["tag", str(news), "broken.jsonl", "--to", "facts.db"]
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "120"}
    with subprocess.Popen(
        [sys.executable, "-c", COMMAND, *arguments], cwd=tmp_path, stderr=side, env=environment
    ) as process:
        os.close(side)
        shown = b""
        with suppress(OSError):  # Linux ends a terminal whose other side is closed with an error
            while data := os.read(terminal, 65_536):
                shown += data
        assert process.wait(timeout=60) == 1
    os.close(terminal)
    text = shown.decode("utf-8", errors="replace")
    assert "13/13" in text
    assert "articles/s" in text
    assert "facts, 1 errors" in text
    assert "[C108]" in text
    assert "finished after" in text
