"""Every gold span begins and ends where a token does."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from chitieu.annotation.gold import read_annotated, write_annotated
from chitieu.annotation.inline import parse_inline

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "evaluate" / "alignment.py"
FILES = sorted((ROOT / "annotations").glob("*.jsonl"))


@pytest.mark.skipif(not FILES, reason="annotations/ holds no corpus yet")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_gold_spans_align(path, alignment):
    spans, misaligned = alignment(path)
    assert spans > 0
    assert misaligned == []


@pytest.fixture(scope="module")
def alignment():
    from spacy import blank
    from spacy.language import Language

    nlp: Language = blank("vi", config={"nlp": {"tokenizer": {"@tokenizers": "chitieu.tokenizer.v1"}}})

    def measure(path: Path) -> tuple[int, list[tuple[str, int, int]]]:
        spans, misaligned = 0, []
        for article in read_annotated(path):
            doc = nlp.make_doc(article.article.text)
            spans += len(article.spans)
            misaligned += [
                (article.id, span.start, span.end)
                for span in article.spans
                if doc.char_span(span.start, span.end) is None
            ]
        return spans, misaligned

    return measure


def run(*paths: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, SCRIPT, *paths], capture_output=True, text=True, timeout=120)


def test_the_script_counts(tiny_corpus, tiny_articles):
    done = run(tiny_corpus)
    assert done.returncode == 0, done.stderr
    count = sum(len(article.spans) for article in tiny_articles)
    assert f"{count} of {count}" in done.stdout
    assert "tiny.jsonl" in done.stdout


def test_the_script_lists_what_is_misaligned(tmp_path):
    article = parse_inline("id: half-a-word\n===\nHợp [[O1|tác xã]] có [[V1|12 THT]].\n===\nV1: O1 actual\n")
    write_annotated(tmp_path / "a.jsonl", [article])
    done = run(tmp_path / "a.jsonl")
    assert done.returncode == 1
    assert "half-a-word" in done.stdout
    assert "4-10" in done.stdout
    assert "1 of 2" in done.stdout


def test_the_script_wants_files_that_exist(tmp_path):
    done = run(tmp_path / "none.jsonl")
    assert done.returncode == 2
    assert "none.jsonl" in done.stderr
    assert "Traceback" not in done.stderr
