"""`chitieu extract` with a stand-in for the model: formats, exit codes, and what is left when something goes wrong."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from pyarrow import parquet

from chitieu.cli import tagging
from chitieu.errors import ModelError
from chitieu.facts.validation import validate_fact

TEXT = "Hợp tác xã đã kết nạp 31 người và xây 2 kho."


@pytest.fixture(autouse=True)
def article(tmp_path: Path) -> Path:
    path = tmp_path / "bài-1.txt"
    path.write_bytes(TEXT.encode())
    return path


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_jsonl_keeps_the_public_format(run, tmp_path):
    result = run("extract", "bài-1.txt", "--output", "f.jsonl", "--published", "2024-05-06")
    assert (result.code, result.out, result.err) == (0, "", "")
    facts = [json.loads(line) for line in (tmp_path / "f.jsonl").read_text(encoding="utf-8").splitlines()]
    for fact in facts:
        validate_fact(fact, TEXT)
    assert [(fact["article_id"], fact["value"], fact["unit"], fact["year"]) for fact in facts] == [
        ("bài-1", 31, "người", 2024),
        ("bài-1", 2, "kho", 2024),
    ]
    assert names(tmp_path) == ["bài-1.txt", "f.jsonl"]


def test_standard_output_holds_facts_only(run, tmp_path):
    (tmp_path / "broken.jsonl").write_text('{"id": "a", "text": "1 xe"}\n{\n', encoding="utf-8")
    result = run("extract", "broken.jsonl", "bài-1.txt", "--output", "-")
    assert result.code == 1
    assert [json.loads(line)["value"] for line in result.out.splitlines()] == [1, 31, 2]
    assert len(result.error_lines) == 1
    assert result.err.startswith("broken.jsonl:2: [C108]")


def test_table_without_output(run):
    result = run("extract", "bài-1.txt", "--published", "2024-05-06")
    assert result.code == 0
    assert "bài-1" not in result.out  # one article needs no heading
    row = next(line for line in result.out.splitlines() if "31" in line)
    assert row.split() == ["–", "người", "31", "người", "2024", "actual", "0.90"]


def test_table_heads_each_of_several(run, tmp_path):
    (tmp_path / "b.txt").write_text("không có gì ở đây", encoding="utf-8")
    result = run("extract", "bài-1.txt", "b.txt")
    lines = [line.strip() for line in result.out.splitlines()]
    assert lines.index("bài-1") < lines.index("b") < lines.index("no facts")


def test_table_holds_no_terminal_sequences_of_the_article(run, tmp_path):
    (tmp_path / "a.jsonl").write_text(json.dumps({"id": "x\u001b[31m", "text": "1 a"}) + "\n", encoding="utf-8")
    assert "\x1b" not in run("extract", "a.jsonl", "bài-1.txt").out


def test_csv(run, tmp_path):
    (tmp_path / "=1+1.txt").write_text("=cmd 7 người", encoding="utf-8")
    assert run("extract", ".", "--output", "f.csv").code == 0
    data = (tmp_path / "f.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(data.decode("utf-8-sig").splitlines()))
    assert [row["value"] for row in rows] == ["7", "31", "2"]
    assert rows[0]["article_id"] == "'=1+1"
    assert rows[0]["sentence"] == "'=cmd 7 người"
    assert TEXT[int(rows[1]["value_start"]) : int(rows[1]["value_end"])] == "31 người"


def test_parquet(run, tmp_path):
    assert run("extract", ".", "--output", "f.parquet").code == 0
    facts = parquet.read_table(tmp_path / "f.parquet").to_pylist()
    assert [fact["value"] for fact in facts] == [31.0, 2.0]
    for fact in facts:
        validate_fact(fact, TEXT)


def test_format_goes_before_the_name(run, tmp_path):
    assert run("extract", "bài-1.txt", "--format", "jsonl", "--output", "facts.out").code == 0
    assert len((tmp_path / "facts.out").read_text(encoding="utf-8").splitlines()) == 2
    assert run("extract", "bài-1.txt", "--format", "csv").out.splitlines()[1].startswith("bài-1,")


def test_saved_articles_are_what_offsets_count(run, tmp_path):
    body = "Trong năm, hợp tác xã &amp; tổ đã trồng 45 cây và mua 3 xe."
    page = f"<html><body><article><h1>Tin</h1><p>{body}</p></article></body></html>"
    (tmp_path / "p.html").write_text(page, encoding="utf-8")
    result = run("extract", "p.html", "--output", "f.jsonl", "--save-articles", "a.jsonl", "--published", "2024-01-02")
    assert (result.code, result.err) == (0, "")
    saved = json.loads((tmp_path / "a.jsonl").read_text(encoding="utf-8"))
    assert (saved["id"], saved["published"]) == ("p", "2024-01-02")
    for line in (tmp_path / "f.jsonl").read_text(encoding="utf-8").splitlines():
        fact = json.loads(line)
        start, end = fact["evidence"]["value"]
        assert saved["text"][start:end] == f"{fact['value']} {fact['unit']}"
    # What was saved reads back as it is.
    assert run("extract", "a.jsonl", "--output", "g.jsonl").code == 0
    assert (tmp_path / "g.jsonl").read_bytes() == (tmp_path / "f.jsonl").read_bytes()


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "parquet"])
def test_no_facts_still_write_a_file(run, tmp_path, suffix):
    (tmp_path / "a.txt").write_text("không có con số", encoding="utf-8")
    assert run("extract", "a.txt", "--output", f"f.{suffix}").code == 0
    assert (tmp_path / f"f.{suffix}").exists()


def test_minimum_confidence(run):
    result = run("extract", "bài-1.txt", "--output", "-", "--min-confidence", "0.85")
    assert [json.loads(line)["value"] for line in result.out.splitlines()] == [31]


def test_own_output_in_a_folder_is_not_read(run, tmp_path):
    for _ in range(2):
        result = run("extract", ".", "--output", "f.jsonl", "--save-articles", "articles.jsonl")
        assert (result.code, result.err) == (0, "")
    assert names(tmp_path) == ["articles.jsonl", "bài-1.txt", "f.jsonl"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["extract"], "Missing argument"),
        (["extract", "bài-1.txt", "--published", "hôm nay"], "hôm nay"),
        (["extract", "bài-1.txt", "--min-confidence", "2"], "--min-confidence"),
        (["extract", "bài-1.txt", "--output", "facts.xlsx"], "facts.xlsx: [C403]"),
        (["extract", "bài-1.txt", "--output", "bài-1.txt"], "[C40"),
        (["extract", "bài-1.txt", "--format", "parquet"], "--output FILE.parquet"),
        (["extract", "bài-1.txt", "--format", "table", "--output", "f.jsonl"], "drop --output"),
        (["extract", "bài-1.txt", "--output", "none/f.jsonl"], "none/f.jsonl: [C401]"),
        (["extract", "bài-1.txt", "--save-articles", "none/f.jsonl"], "none/f.jsonl: [C401]"),
        (["extract", "bài-1.txt", "--output", "f.jsonl", "--save-articles", "f.jsonl"], "f.jsonl: [C404]"),
    ],
)
def test_usage_errors_exit_2_before_any_work(run, model, tmp_path, arguments, said):
    result = run(*arguments)
    assert result.code == 2
    assert said in result.err
    assert "Traceback" not in result.err
    assert model == []  # told before the model is loaded
    assert names(tmp_path) == ["bài-1.txt"]
    assert (tmp_path / "bài-1.txt").read_bytes() == TEXT.encode()


def test_jsonl_input_is_not_overwritten(run, tmp_path):
    (tmp_path / "a.jsonl").write_text('{"id": "a", "text": "1 xe"}\n', encoding="utf-8")
    result = run("extract", "a.jsonl", "--output", "./a.jsonl")
    assert result.code == 2
    assert "[C404]" in result.err
    assert (tmp_path / "a.jsonl").read_text(encoding="utf-8") == '{"id": "a", "text": "1 xe"}\n'


def test_model_error_is_one_line_and_leaves_nothing(run, tmp_path, monkeypatch):
    def refuse(folder):
        raise ModelError("C301", "is empty", place=str(folder), remedy="run make train")

    monkeypatch.setattr(tagging, "load_tagger", refuse)
    result = run("extract", "bài-1.txt", "--model", "m", "--output", "f.jsonl")
    assert (result.code, result.err) == (2, "m: [C301] is empty (run make train)\n")
    assert names(tmp_path) == ["bài-1.txt"]


def test_an_earlier_output_survives_a_failure(run, tmp_path, monkeypatch):
    (tmp_path / "f.jsonl").write_text("earlier\n", encoding="utf-8")

    def fail(articles):
        yield from ()
        raise RuntimeError("in the middle\nof it")

    monkeypatch.setattr(tagging, "load_tagger", lambda folder: fail)
    result = run("extract", "bài-1.txt", "--output", "f.jsonl")
    assert result.code == 70
    assert len(result.error_lines) == 1
    assert "RuntimeError: in the middle" in result.err
    assert (tmp_path / "f.jsonl").read_text(encoding="utf-8") == "earlier\n"
    assert names(tmp_path) == ["bài-1.txt", "f.jsonl"]


def test_ctrl_c_is_quiet_and_leaves_nothing(run, tmp_path, monkeypatch):
    def interrupt(articles):
        yield from ()
        raise KeyboardInterrupt

    monkeypatch.setattr(tagging, "load_tagger", lambda folder: interrupt)
    result = run("extract", "bài-1.txt", "--output", "f.jsonl")
    assert (result.code, result.err) == (130, "")
    assert names(tmp_path) == ["bài-1.txt"]


def test_one_line_an_input_and_all_others_are_tagged(run, tmp_path):
    (tmp_path / "empty.txt").touch()
    (tmp_path / "white.txt").write_text(" \n\t", encoding="utf-8")
    (tmp_path / "binary.txt").write_bytes(bytes(range(256)) * 4)
    (tmp_path / "x\nname.txt").touch()
    (tmp_path / "many.jsonl").write_text(
        '{"id": "m1", "text": "1 xe"}\n{"id": "m2"}\nnot json\n{"id": "m1", "text": "2 xe"}\n'
        '{"id": "m5", "text": "5 xe"}\n',
        encoding="utf-8",
    )
    result = run("extract", tmp_path, "missing.txt", "--output", "f.jsonl")
    assert result.code == 1
    facts = [json.loads(line) for line in (tmp_path / "f.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [(fact["article_id"], fact["value"]) for fact in facts] == [
        ("bài-1", 31),
        ("bài-1", 2),
        ("m1", 1),
        ("m5", 5),
    ]
    told = {line.removeprefix(f"{tmp_path}/").split(":  ")[0].split("]")[0] for line in result.error_lines}
    assert told == {
        "binary.txt: [C105",
        "empty.txt: [C103",
        "many.jsonl:2: [C110",
        "many.jsonl:3: [C108",
        "many.jsonl:4: [C113",
        "missing.txt: [C101",
        "white.txt: [C104",
        "x\\nname.txt: [C103",
    }
    assert len(result.error_lines) == len(told)
