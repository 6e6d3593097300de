from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from chitieu.annotation.inline import parse_inline
from chitieu.cli.annotations import app
from chitieu.errors import AnnotationError
from chitieu.scoring.agreement import SYSTEM, agreement, describe

TEXT = (
    "id: xa-ben-do\n===\n[[O1|Xã Bến Đò]] năm [[Y1|2021]] [[A1|đã]] [[M1|trồng]] [[V1|52 ha rừng]], "
    "[[M2|dựng]] [[V2|6 nhà]];\n[[T1|phấn đấu]] [[M3|mở]] [[V3|4 lớp nghề]].\n===\n{}\n"
)
FACTS = ("V1: M1 O1 Y1 A1 2021 actual", "V2: M2 O1 Y1 A1 2021 actual", "V3: M3 O1 T1 2022 target")


def annotated(*facts):
    return parse_inline(TEXT.format("\n".join(facts)))


def counts(result, name):
    count = result.report.line("facts", name).scores[SYSTEM].count
    return count.correct, count.predicted, count.gold


def test_an_annotation_agrees_with_itself():
    result = agreement([annotated(*FACTS)], [annotated(*FACTS)])
    assert [counts(result, name) for name in ("value found", "core", "full")] == [(3, 3, 3)] * 3
    assert result.disagreements == ()


@pytest.mark.parametrize(
    ("other", "core", "full", "says"),
    [
        ((FACTS[0], FACTS[1]), (2, 3, 2), (2, 3, 2), "text line 2: '4 lớp nghề': a fact in A only"),
        ((*FACTS[:2], "V3: M3 O1 T1 2022 actual"), (2, 3, 3), (2, 3, 3), "status 'target' / 'actual'"),
        ((*FACTS[:2], "V3: M3 T1 2022 target"), (3, 3, 3), (2, 3, 3), "org 'Xã Bến Đò' / none"),
        ((*FACTS[:2], "V3: M3 O1 T1 2023 target"), (2, 3, 3), (2, 3, 3), "year 2022 / 2023"),
        ((*FACTS[:2], "V3: M3 O1 T1 years= target"), (2, 3, 3), (2, 3, 3), "year 2022 / none"),
        ((*FACTS[:2], "V3: M3 O1 T1 2022 target share max"), (3, 3, 3), (3, 3, 3), "kind 'level' / 'share'; bound"),
    ],
)
def test_what_differs_is_counted_and_listed(other, core, full, says):
    first, second = annotated(*FACTS), annotated(*other)
    result = agreement([first], [second])
    assert (counts(result, "core"), counts(result, "full")) == (core, full)
    assert [says in describe(item, first.article.text) for item in result.disagreements] == [True]
    turned = agreement([second], [first])
    assert counts(turned, "core") == (counts(result, "core")[0], *reversed(counts(result, "core")[1:]))


def test_years_agree_that_share_an_acceptable_one():
    a = annotated("V3: M3 O1 T1 2022 years=2022,2023 target")
    b = annotated("V3: M3 O1 T1 2022 years=2021,2023 target")
    assert counts(agreement([a], [b]), "core") == (1, 1, 1)


def test_facts_optional_on_either_side_are_left_out_on_both():
    a, b = annotated(*FACTS), annotated(*FACTS[:2], "V3: M3 O1 T1 2022 actual optional")
    for first, second in ((a, b), (b, a)):
        result = agreement([first], [second])
        assert counts(result, "value found") == (2, 2, 2)
        assert result.optional == (1, 1)
        assert result.disagreements == ()


ATTRIBUTES = st.sampled_from(["actual", "target", "target optional", "actual change up", "target min"])
ANNOTATIONS = st.lists(
    st.tuples(st.sampled_from(["V1", "V2", "V3"]), st.sampled_from(["M1", "M2", "M3", ""]), ATTRIBUTES),
    unique_by=lambda fact: fact[0],
).map(lambda facts: annotated(*(f"{value}: {metric} {given} 2021" for value, metric, given in facts)))


@given(a=ANNOTATIONS, b=ANNOTATIONS)
def test_f1_is_the_same_in_both_directions(a, b):
    there, back = (agreement(pair, other, draws=10).report for pair, other in (([a], [b]), ([b], [a])))
    for line in there.lines:
        one, two = line.scores[SYSTEM].count, back.line(line.section, line.name).scores[SYSTEM].count
        assert (one.correct, one.predicted, one.gold) == (two.correct, two.gold, two.predicted)
        assert one.f1 == two.f1


def test_articles_of_one_side_alone_are_named_and_not_counted():
    a, b = annotated(*FACTS), annotated(*FACTS)
    alone = parse_inline("id: le-loi\n===\nMở [[V1|3 chợ]]\n===\nV1: 2020 actual\n")
    result = agreement([a, alone], [b])
    assert (result.only_a, result.only_b) == (("le-loi",), ())
    assert counts(result, "value found") == (3, 3, 3)


def test_annotations_that_can_not_be_compared():
    a = annotated(*FACTS)
    other = parse_inline("id: xa-ben-do\n===\nLời khác\n===\n")
    for first, second, code in (([a], [], "C209"), ([a], [other], "C209"), ([a, a], [a], "C204")):
        with pytest.raises(AnnotationError, match=code):
            agreement(first, second)


def test_command(tmp_path):
    for folder, facts in (("a", FACTS), ("b", FACTS[:2])):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x.article.txt").write_text(TEXT.format("\n".join(facts)), encoding="utf-8")
    output = tmp_path / "agreement.json"
    done = CliRunner().invoke(app, ["agreement", str(tmp_path / "a"), str(tmp_path / "b"), "--output", str(output)])
    assert done.exit_code == 0, done.output
    assert "1 articles in both: 1 disagreements on facts" in done.output
    assert "'4 lớp nghề': a fact in A only" in done.output
    written = json.loads(output.read_text(encoding="utf-8"))
    assert written["sections"]["facts"]["core"][SYSTEM]["f1"] == 0.8
    assert written["disagreements"][0]["B"] is None
    assert written["sections"]["spans, exact"]["VALUE"][SYSTEM]["f1"] == 1.0
