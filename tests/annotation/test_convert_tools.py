"""What annotators and tools get wrong is listed; what the real tools export comes in; the command line."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from typer.testing import CliRunner

from chitieu.annotation.brat import annotation_conf, format_brat, parse_brat
from chitieu.annotation.doccano import doccano_line, from_doccano
from chitieu.annotation.exchange import CHOICES, ROLE_LABELS
from chitieu.annotation.forms import Form
from chitieu.annotation.gold import read_annotated
from chitieu.annotation.inline import parse_inline
from chitieu.annotation.label_studio import from_task, labelling_config, to_task
from chitieu.annotation.prodigy import from_prodigy, prodigy_line, tokens_of
from chitieu.cli.annotations import app
from chitieu.labels import Label

HERE = Path(__file__).parent
TOOLS = HERE / "tools"
WRITTEN = TOOLS / "htx-song-lam-2023.article.txt"
CASES = json.loads((HERE / "cases_tool_findings.json").read_text(encoding="utf-8"))


@pytest.fixture
def small():
    """`Xã dựng 52 HTX mới`: ORG [0, 2), METRIC [3, 7), VALUE [8, 14)."""
    return parse_inline("id: a\n===\n[[O1|Xã]] [[M1|dựng]] [[V1|52 HTX]] mới\n===\nV1: M1 O1 2021-H1 actual\n")


@pytest.fixture
def written_article():
    return parse_inline(WRITTEN.read_text(encoding="utf-8"))


def exported(form, article):
    """The text that a form consists of, and what reads it."""
    if form == "brat":
        files = format_brat(article)
        return files[".ann"], lambda text, found: parse_brat(text, {"id": "a", "text": files[".txt"]}, "a.ann", found)
    if form == "label-studio":
        return json.dumps(to_task(article), ensure_ascii=False), lambda text, found: from_task(
            json.loads(text), "tasks.json", found
        )
    line, read = {"doccano": (doccano_line, from_doccano), "prodigy": (prodigy_line, from_prodigy)}[form]
    return line(article), lambda text, found: read(json.loads(text), "a.jsonl:1", found)


@pytest.mark.parametrize("case", CASES, ids=[f"{case['form']}: {case['name']}" for case in CASES])
def test_what_does_not_fit_is_listed_with_its_place(case, small):
    text, read = exported(case["form"], small)
    before, after = case["change"]
    assert before in text
    findings = []
    read(text.replace(before, after, 1), findings)
    told = findings[:1] if case.get("first_only") else findings
    assert len(told) == len(case["says"])
    for finding, says in zip(told, case["says"], strict=True):
        assert says in finding.message
        assert finding.article_id == "a"
    assert not told or told[0].position == case["position"]


@pytest.mark.parametrize("form", ["brat", "label-studio", "doccano", "prodigy"])
def test_the_written_article_comes_back(form, written_article):
    text, read = exported(form, written_article)
    findings = []
    article = read(text, findings)
    assert findings == []
    assert (article.spans, article.facts) == (written_article.spans, written_article.facts)


def test_links_run_from_the_value(written_article):
    result = to_task(written_article)["annotations"][0]["result"]
    relations = [(r["from_id"], r["labels"], r["to_id"], r["direction"]) for r in result if r["type"] == "relation"]
    assert ("V2", ["of"], "V1", "right") in relations
    assert ("V2", ["base"], "Y2", "right") in relations
    assert {start[0] for start, *_ in relations} == {"V"}
    assert "R7\tof Arg1:T7 Arg2:T5\n" in format_brat(written_article)[".ann"]


def test_marks_over_line_breaks_are_fragments_in_brat(written_article):
    assert "T4\tMETRIC 81 95;96 99\tvận động thành lập\n" in format_brat(written_article)[".ann"]


def test_doccano_counts_utf16_units_and_label_studio_code_points(written_article):
    text = written_article.article.text
    (entity,) = (e for e in json.loads(doccano_line(written_article))["entities"] if e["label"] == "TARGET")
    regions = [r for r in to_task(written_article)["annotations"][0]["result"] if r["type"] == "labels"]
    (region,) = (r for r in regions if r["value"]["labels"] == ["TARGET"])
    start = region["value"]["start"]
    assert text[start:].startswith("Phấn đấu")
    assert entity["start_offset"] == start + 2
    assert text.encode("utf-16-le")[2 * entity["start_offset"] :].decode("utf-16-le").startswith("Phấn đấu")


def test_prodigy_tokens_keep_text_and_borders():
    text = "Có 87HTX (mới)  \ntại Bến Đò\u0300"
    tokens = tokens_of(text, {3, 5}, {5, 8})
    assert [token["text"] for token in tokens][:4] == ["Có", "87", "HTX", "("]
    assert "".join(token["text"] + " " * token["ws"] for token in tokens) == text
    assert [token["id"] for token in tokens] == list(range(len(tokens)))
    assert all(text[token["start"] : token["end"]] == token["text"] for token in tokens)


def test_configs_name_every_label_role_and_choice():
    view = ET.fromstring(labelling_config())
    assert [label.get("value") for label in view.iter("Label")] == list(Label)
    assert [relation.get("value") for relation in view.iter("Relation")] == list(ROLE_LABELS)
    found = {choices.get("name"): tuple(c.get("value") for c in choices) for choices in view.iter("Choices")}
    assert found == CHOICES
    conf = annotation_conf()
    assert "cue\tArg1:VALUE, Arg2:TARGET|ACTUAL\n" in conf
    assert "status\tArg:VALUE, Value:target|actual\n" in conf


def test_export_of_the_real_label_studio(written_article):
    """Made with Label Studio 1.23.2: our config and tasks in, one task annotated through its API, JSON out.

    Task 1 has our prediction alone, which the export lists by its number; task 2 our annotation; task 3 an annotation
    with region ids of the editor's kind.
    """
    tasks = json.loads((TOOLS / "label-studio-1.23-export.json").read_text(encoding="utf-8"))
    findings = []
    predicted, kept, drawn = (from_task(task, "export.json", findings) for task in tasks)
    assert predicted is None
    assert [finding.message for finding in findings] == ["nobody has annotated it: the article is left out"]
    assert kept == written_article
    assert drawn.id == "htx-song-lam-2023-bare"
    assert (drawn.spans, drawn.facts) == (written_article.spans, written_article.facts)


def test_export_of_what_was_drawn_in_the_editor_of_label_studio(written_article):
    """Our prediction opened in the editor of Label Studio 1.23.2, an ORG drawn behind two emoji, submitted."""
    (task,) = json.loads((TOOLS / "label-studio-1.23-editor-export.json").read_text(encoding="utf-8"))
    findings = []
    article = from_task(task, "export.json", findings)
    assert findings == []
    assert article.facts == written_article.facts
    (drawn,) = set(article.spans) - set(written_article.spans)
    assert (drawn.id, article.surface(drawn)) == ("O3", "vốn quỹ")


def test_export_of_the_real_doccano(written_article):
    """Made with doccano 1.8.4: our line in, an ORG drawn behind two emoji in its editor, JSONL out."""
    line = json.loads((TOOLS / "doccano-1.8-export.jsonl").read_text(encoding="utf-8"))
    assert set(line) >= {"id", "article_id", "entities", "relations", "Comments"}
    findings = []
    article = from_doccano(line, "all.jsonl:1", findings)
    assert findings == []
    assert article.facts == written_article.facts
    (drawn,) = set(article.spans) - set(written_article.spans)
    assert (drawn.id, article.surface(drawn)) == ("O3", "vốn quỹ")


def test_of_several_annotations_the_latest_is_taken(small):
    task = to_task(small)
    (done,) = task["annotations"]
    task["annotations"] = [
        done | {"updated_at": "2026-02-01T00:00:00Z"},
        {"result": [], "updated_at": "2026-01-01T00:00:00Z"},
    ]
    findings = []
    assert from_task(task, "t", findings) == small
    assert ["2 annotations" in finding.message for finding in findings] == [True]


def test_a_relation_that_points_left_runs_the_other_way(small):
    task = to_task(small)
    for item in task["annotations"][0]["result"]:
        if item["type"] == "relation":
            item["from_id"], item["to_id"], item["direction"] = item["to_id"], item["from_id"], "left"
    findings = []
    assert from_task(task, "t", findings) == small
    assert findings == []


def test_prodigy_relations_by_token_alone(small):
    task = json.loads(prodigy_line(small))
    for relation in task["relations"]:
        del relation["head_span"], relation["child_span"]
    for span in task["spans"]:
        del span["id"]
    findings = []
    assert from_prodigy(task, "p", findings) == small
    assert findings == []


# -- command line ------------------------------------------------------------------------------------------------------


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.mark.parametrize("form", [form for form in Form if form is not Form.JSONL])
def test_convert_there_and_back(form, tmp_path, written_article):
    names = {Form.INLINE: "out", Form.BRAT: "out", Form.LABEL_STUDIO: "out.json"}
    there = tmp_path / names.get(form, "out.jsonl")
    back = tmp_path / "back.jsonl"
    done = run("convert", WRITTEN, "--from", "inline", "--to", form.value, "-o", there)
    assert done.exit_code == 0, done.output
    done = run("convert", there, "--from", form.value, "--to", "jsonl", "-o", back)
    assert done.exit_code == 0, done.output
    assert list(read_annotated(back)) == [written_article]


def test_convert_writes_the_configs(tmp_path):
    assert run("convert", WRITTEN, "--to", "label-studio", "-o", tmp_path / "t.json", "--predictions").exit_code == 0
    assert (tmp_path / "t.config.xml").read_text(encoding="utf-8") == labelling_config()
    assert "predictions" in json.loads((tmp_path / "t.json").read_text(encoding="utf-8"))[0]
    assert run("convert", WRITTEN, "--to", "brat", "-o", tmp_path / "b").exit_code == 0
    assert {path.name for path in (tmp_path / "b").glob("*.conf")} == {"annotation.conf", "visual.conf"}


def test_convert_lists_findings_writes_the_rest_and_exits_with_1(tmp_path):
    export = TOOLS / "label-studio-1.23-export.json"
    output = tmp_path / "x.jsonl"
    done = run("convert", export, "--from", "label-studio", "--to", "jsonl", "-o", output)
    assert done.exit_code == 1
    assert "htx-song-lam-2023: nobody has annotated it" in done.output
    assert "1 marks, links or attributes" in done.output
    assert len(list(read_annotated(output))) == 2


@pytest.mark.parametrize(
    ("name", "content", "form", "says"),
    [
        ("x.json", b"{", "label-studio", "C201"),
        ("x.json", b"[" * 100_000, "label-studio", "C201"),
        ("x.json", b"[1]", "label-studio", "C202"),
        ("x.json", b'[{"data": {"id": "a"}}]', "label-studio", "C202"),
        ("x.json", b'[{"data": {"id": "a", "text": "x"}, "annotations": 3}]', "label-studio", "C202"),
        ("x.jsonl", b'{"text": "x", "entities": {}}', "doccano", "C202"),
        ("x.jsonl", b"\xff", "doccano", "C201"),
        ("x.jsonl", b'{"text": null}', "prodigy", "C202"),
        ("x.jsonl", b'{"text": NaN}', "prodigy", "C201"),
        ("x.ann", b"", "brat", "C201"),
    ],
)
def test_input_that_is_no_export_gives_one_line(tmp_path, name, content, form, says):
    (tmp_path / name).write_bytes(content)
    done = run("convert", tmp_path / name, "--from", form, "--to", "jsonl", "-o", tmp_path / "out.jsonl")
    assert done.exit_code == 1
    assert says in done.output
    assert not (tmp_path / "out.jsonl").exists()


def test_a_brat_folder_with_a_text_alone_is_refused(tmp_path):
    (tmp_path / "a.txt").write_text("52 HTX", encoding="utf-8")
    done = run("convert", tmp_path, "--from", "brat", "--to", "jsonl", "-o", tmp_path / "out.jsonl")
    assert done.exit_code == 2
    assert "no .ann beside it" in done.output


@pytest.mark.parametrize("form", ["jsonl", "doccano", "inline"])
def test_two_articles_of_one_id_are_refused(tmp_path, form):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x.article.txt").write_text("id: x\n===\nMở lớp\n===\n", encoding="utf-8")
    done = run("convert", tmp_path / "a", tmp_path / "b", "--to", form, "-o", tmp_path / "out")
    assert done.exit_code == 1
    assert "C204" in done.output
    assert not (tmp_path / "out").exists()


def test_brat_files_lead_nowhere_else(tmp_path):
    (tmp_path / "x.jsonl").write_text(json.dumps({"id": "../evil", "text": "x"}) + "\n", encoding="utf-8")
    done = run("convert", tmp_path / "x.jsonl", "--to", "brat", "-o", tmp_path / "inner" / "out")
    assert done.exit_code != 0
    assert not list(tmp_path.rglob("evil*"))
