from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from chitieu.annotation.gold import AnnotatedArticle, read_annotated, write_annotated
from chitieu.cli.annotations import app
from chitieu.errors import AnnotationError, OutputError


def record(**changes):
    fact = {
        "value": "V1", "metric": ["M1"], "of": None, "org": None, "year": None, "base": None, "cue": None,
        "status": "actual", "kind": "level", "dir": None, "bound": "exact",
        "years": [2020], "period": "2020", "base_years": None, "optional": False,
    }  # fmt: skip
    return {
        "id": "a", "title": None, "text": "Mở 5 lớp học", "published": "2021-01-02",
        "source": None, "url": None, "split": None,
        "spans": [
            {"id": "M1", "label": "METRIC", "start": 0, "end": 2}, {"id": "V1", "label": "VALUE", "start": 3, "end": 8},
        ],
        "facts": [fact],
    } | changes  # fmt: skip


def with_fact(**changes):
    return record(facts=[record()["facts"][0] | changes])


def with_span(**changes):
    return record(spans=[record()["spans"][0], record()["spans"][1] | changes])


def test_dict_round_trip_keeps_keys_and_their_order():
    data = record()
    assert json.dumps(AnnotatedArticle.from_dict(data).to_dict()) == json.dumps(data)
    assert list(AnnotatedArticle.from_dict(record(genre="trade")).to_dict())[7] == "genre"


def test_a_bare_article_is_valid():
    article = AnnotatedArticle.from_dict({"id": "a", "text": ""})
    assert (article.spans, article.facts) == ((), ())


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ([], "expected an object"),
        ({"text": "x"}, "'id' is missing"),
        ({"id": "a"}, "'text' is missing"),
        (record(id=7), "id must be a string"),
        (record(text="\ud800"), "surrogate"),
        (record(published="02/01/2021"), "no ISO date"),
        (record(published="20210102"), "no ISO date"),
        (record(spans={}), "spans must be a list"),
        (record(spans=[1]), "expected an object"),
        (with_span(label="PERSON"), "label is 'PERSON'"),
        (with_span(start="3"), "start must be a whole number"),
        (with_span(start=True), "start must be a whole number"),
        (with_span(start=3.0), "start must be a whole number"),
        (with_span(start=8), "empty or outside"),
        (with_span(end=99), "empty or outside"),
        (with_span(start=-1), "empty or outside"),
        (with_span(id="M1"), "two spans have the id"),
        (with_fact(status="maybe"), "status is 'maybe'"),
        (with_fact(kind=["level"]), "kind is ['level']"),
        (with_fact(metric="M1"), "metric must be a list"),
        (with_fact(metric=[1]), "metric must be a list of strings"),
        (with_fact(metric=["M9"]), "no span of the article"),
        (with_fact(org="M1"), "it must be a ORG"),
        (with_fact(years=["2020"]), "years must be a whole number"),
        (with_fact(optional="no"), "optional must be true or false"),
        (record(facts=record()["facts"] * 2), "at most one fact"),
    ],
)
def test_untrusted_input_gives_one_clear_error(data, says):
    with pytest.raises(AnnotationError) as caught:
        AnnotatedArticle.from_dict(data, "f.jsonl:3")
    assert says in caught.value.message
    assert (caught.value.place or "").startswith("f.jsonl:3")


@pytest.mark.parametrize(
    ("content", "code", "place"),
    [
        (b'{"id": "a", "text": ""}\n{oops\n', "C201", ":2"),
        (b'\n\n{"id": "a"}\n', "C202", ":3"),
        (b'{"id": "a", "text": ""}\n{"id": "a", "text": "x"}\n', "C204", ":2"),
        (b"\xff\xfe\x00", "C201", ".jsonl"),
        (b'{"id": "a", "text": "", "spans": NaN}\n', "C201", ":1"),
        (b"[" * 100_000 + b"\n", "C201", ":1"),
    ],
)
def test_files_that_are_no_annotated_articles(tmp_path, content, code, place):
    path = tmp_path / "x.jsonl"
    path.write_bytes(content)
    with pytest.raises(AnnotationError) as caught:
        list(read_annotated(path))
    assert caught.value.code == code
    assert (caught.value.place or "").split(": ")[0].endswith(place)


def test_missing_file(tmp_path):
    with pytest.raises(AnnotationError, match="C201"):
        list(read_annotated(tmp_path / "none.jsonl"))


def test_write_is_all_or_nothing(tmp_path):
    path = tmp_path / "out.jsonl"
    article = AnnotatedArticle.from_dict(record())
    assert write_annotated(path, [article]) == 1
    before = path.read_bytes()

    def half():
        yield article
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_annotated(path, half())
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
    assert list(read_annotated(path)) == [article]
    with pytest.raises(OutputError, match="C401"):
        write_annotated(tmp_path / "no" / "out.jsonl", [article])


INLINE = "id: {}\ngenre: labour\npublished: 2021-01-02\n===\n[[M1|Mở]] [[V1|5 lớp]]\n===\nV1: M1 2020 {}\n"


def test_check_command(tmp_path):
    (tmp_path / "a.article.txt").write_text(INLINE.format("a", "actual"), encoding="utf-8")
    result = CliRunner().invoke(app, ["check", str(tmp_path), "--stats"])
    assert result.exit_code == 0, result.output
    assert "1 articles, 1 facts, 1 METRIC wordings: 0 errors, 0 warnings" in result.output
    (tmp_path / "b.article.txt").write_text(INLINE.format("b", ""), encoding="utf-8")
    result = CliRunner().invoke(app, ["check", str(tmp_path)])
    assert result.exit_code == 1
    assert "b.article.txt:7: [C213]" in result.output
    assert CliRunner().invoke(app, ["check", str(tmp_path / "none")]).exit_code == 2


def test_convert_command_there_and_back(tmp_path):
    source = tmp_path / "a.article.txt"
    source.write_text(INLINE.format("a", "actual"), encoding="utf-8")
    lines, folder = tmp_path / "all.jsonl", tmp_path / "back"
    convert = ["convert", str(source), "--from", "inline", "--to", "jsonl", "--output", str(lines)]
    assert CliRunner().invoke(app, convert).exit_code == 0
    assert CliRunner().invoke(app, ["convert", str(lines), "--to", "inline", "-o", str(folder)]).exit_code == 0
    again = tmp_path / "again.jsonl"
    assert CliRunner().invoke(app, ["convert", str(folder), "--to", "jsonl", "-o", str(again)]).exit_code == 0
    assert again.read_bytes() == lines.read_bytes()


def test_convert_writes_nothing_when_an_input_is_broken(tmp_path):
    source = tmp_path / "a.article.txt"
    source.write_text("id: a", encoding="utf-8")
    output = tmp_path / "all.jsonl"
    assert CliRunner().invoke(app, ["convert", str(source), "--to", "jsonl", "-o", str(output)]).exit_code == 1
    assert not output.exists()


def test_an_id_can_not_lead_out_of_the_folder(tmp_path):
    lines = tmp_path / "x.jsonl"
    lines.write_text(json.dumps({"id": "../evil", "text": "x"}) + "\n", encoding="utf-8")
    folder = tmp_path / "inner" / "out"
    result = CliRunner().invoke(app, ["convert", str(lines), "--to", "inline", "-o", str(folder)])
    assert result.exit_code != 0
    assert isinstance(result.exception, OutputError)
    assert not list(tmp_path.rglob("evil*"))
