"""Facts written in each format read back as they were."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from chitieu.errors import OutputError
from chitieu.facts.validation import validate_fact
from chitieu.writing import Format, format_of, json_line, open_sink
from chitieu.writing.rows import COLUMNS, flat_row
from chitieu.writing.sinks import ParquetSink


def written(facts, path):
    with open_sink(path, format_of(path)) as sink:
        sink.write(facts[:1])
        sink.write(facts[1:])
    return path


def test_jsonl_round_trip(tagged, tmp_path):
    path = written(tagged.facts, tmp_path / "f.jsonl")
    lines = path.read_bytes().decode("utf-8").split("\n")
    assert lines.pop() == ""
    assert [json.loads(line) for line in lines] == [fact.to_dict() for fact in tagged.facts]


def test_parquet_round_trip(tagged, tmp_path):
    path = written(tagged.facts, tmp_path / "f.parquet")
    rows = parquet.read_table(path).to_pylist()
    assert rows == [fact.to_dict() for fact in tagged.facts]
    for row in rows:
        validate_fact(row, tagged.article.text)


def test_parquet_writes_row_groups(tagged, tmp_path, monkeypatch):
    monkeypatch.setattr("chitieu.writing.sinks._ROW_GROUP", 3)
    path = tmp_path / "f.parquet"
    with path.open("wb") as stream:
        sink = ParquetSink(stream)
        for _ in range(4):
            sink.write(tagged.facts)
        sink.finish()
    file = parquet.ParquetFile(path)
    assert [file.metadata.row_group(group).num_rows for group in range(file.num_row_groups)] == [3, 3, 2]


def test_csv_round_trip(tagged, tmp_path):
    path = written(tagged.facts, tmp_path / "f.csv")
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert list(rows[0]) == list(COLUMNS)
    for row, fact in zip(rows, tagged.facts, strict=True):
        public = fact.to_dict()
        for key in ("article_id", "fact_id", "org", "metric", "unit", "bound", "period", "status", "kind", "sentence"):
            assert row[key] == public[key]
        assert Decimal(row["value"]) == fact.value
        assert row["value_high"] == ("" if fact.value_high is None else "4000000000")
        for role in ("value", "of", "org", "year", "base", "cue"):
            offsets = [row[f"{role}_start"], row[f"{role}_end"]]
            assert offsets == ["", ""] if public["evidence"][role] is None else list(map(str, public["evidence"][role]))
        pieces = [list(map(int, piece.split("-"))) for piece in row["metric_spans"].split()]
        assert pieces == public["evidence"]["metric"]
    assert rows[1]["derived_rule"] == "plan-of-completion"


@given(text=st.text(st.sampled_from("=+-@\t\r\n＝'\"a1, ;|"), max_size=6))
def test_no_cell_of_text_runs_in_a_spreadsheet(text):
    from chitieu.facts.fact import Evidence, Fact
    from chitieu.labels import Kind, Status

    fact = Fact(text or "x", text, Decimal(1), Status.ACTUAL, Kind.LEVEL, Evidence((0, 1)), text, unit=text, org=text)
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerow(flat_row(fact))
    cells = dict(zip(COLUMNS, next(csv.reader(io.StringIO(buffer.getvalue(), newline=""))), strict=True))
    for key in ("article_id", "fact_id", "org", "metric", "unit", "sentence"):
        assert not cells[key].startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝"))
    assert cells["org"].removeprefix("'") == text.removeprefix("'")


def test_a_json_line_is_one_line_to_every_reader():
    text = "a\u2028b\u2029c\x85d\ne\u0000"
    line = json_line({"text": text}).decode("utf-8")
    assert len(line.splitlines()) == 1
    assert json.loads(line)["text"] == text


def test_numbers_stay_exact(tagged):
    fact = replace(tagged.facts[0], value=Decimal("512600000000.125"), value_high=None)
    assert flat_row(fact)[COLUMNS.index("value")] == "512600000000.125"
    assert b'"value": 512600000000.125,' in json_line(fact.to_dict())


def test_format_by_name(tmp_path):
    assert format_of(tmp_path / "A.CSV") is Format.CSV
    with pytest.raises(OutputError, match="C403"):
        format_of(tmp_path / "facts")
