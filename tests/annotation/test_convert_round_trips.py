"""What a tool is given comes back as it was: import(export(x)) == x.canonical(), for every form."""

from __future__ import annotations

import json
import string
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chitieu.annotation.brat import format_brat, parse_brat
from chitieu.annotation.doccano import Utf16, doccano_line, from_doccano
from chitieu.annotation.forms import Form
from chitieu.annotation.gold import AnnotatedArticle, AnnotatedSpan, GoldFact
from chitieu.annotation.inline import LETTERS
from chitieu.annotation.label_studio import from_task, to_task
from chitieu.annotation.prodigy import from_prodigy, prodigy_line
from chitieu.article import Article
from chitieu.errors import AnnotationError
from chitieu.labels import Bound, Direction, Kind, Label, Status


def through_brat(article, findings):
    files = format_brat(article)
    return parse_brat(files[".ann"], {**json.loads(files[".json"]), "text": files[".txt"]}, "a.ann", findings)


def through_label_studio(article, findings):
    return from_task(json.loads(json.dumps(to_task(article))), "tasks.json", findings)


def through_doccano(article, findings):
    return from_doccano(json.loads(doccano_line(article)), "a.jsonl:1", findings)


def through_prodigy(article, findings):
    return from_prodigy(json.loads(prodigy_line(article)), "a.jsonl:1", findings)


THROUGH = {
    Form.BRAT: through_brat,
    Form.LABEL_STUDIO: through_label_studio,
    Form.DOCCANO: through_doccano,
    Form.PRODIGY: through_prodigy,
}

# letters apart from their marks, an emoji of two UTF-16 units, a pair of them, line breaks of every kind
CHARACTERS = "aăổo\u0309 Đ0123456789.,%-/=;[]|\n\r\t:\"'\\<&😀𝟙\u200b\u2028\u00a0"
WORDS = st.text(st.sampled_from(CHARACTERS), max_size=12)
SURFACE = st.text(st.sampled_from(CHARACTERS), min_size=1, max_size=8).filter(lambda s: s[0] != "\n" != s[-1])
HEADER = st.none() | st.text(string.ascii_letters + ' :=ăổ"\\\n😀', max_size=10)


@st.composite
def articles(draw: st.DrawFn) -> AnnotatedArticle:
    """Articles with marks beside, over and inside one another, under ids of any kind."""
    letters = draw(st.lists(st.sampled_from("VVVMOYTA"), max_size=9))
    numbered = draw(st.booleans())
    text, spans = draw(WORDS), []
    for number, letter in enumerate(letters, 1):
        surface = draw(SURFACE)
        span_id = f"{letter}{number}" if numbered else draw(st.sampled_from(["T1", "x-", "Ớ:", "#"])) + str(number)
        spans.append(AnnotatedSpan(span_id, LETTERS[letter], len(text), len(text) + len(surface)))
        if letter == "V" or draw(st.booleans()):
            text += surface + draw(WORDS)
    text += "." * max([span.end for span in spans] + [0])
    spans = [
        span
        for span in {(span.label, span.start, span.end): span for span in spans}.values()
        if "\n" not in (text[span.start], text[span.end - 1])
    ]
    by_label = {label: [span.id for span in spans if span.label is label] for label in Label}

    def one(*labels: Label) -> str | None:
        return draw(st.sampled_from([None, *(i for label in labels for i in by_label[label])]))

    years = st.lists(st.integers(1990, 2030), max_size=3).map(tuple)
    facts = [
        GoldFact(
            value=value,
            metric=tuple(draw(st.lists(st.sampled_from(by_label[Label.METRIC] or [""]), unique=True, max_size=3)))
            if by_label[Label.METRIC]
            else (),
            of=one(Label.VALUE),
            org=one(Label.ORG),
            year=one(Label.YEAR),
            base=one(Label.YEAR),
            cue=one(Label.TARGET, Label.ACTUAL),
            status=draw(st.sampled_from(Status)),
            kind=draw(st.sampled_from(Kind)),
            dir=draw(st.none() | st.sampled_from(Direction)),
            bound=draw(st.sampled_from(Bound)),
            years=draw(years),
            period=draw(st.none() | st.sampled_from(["2021", "2021-H1", "2021-9M", "2021/2025", "2020-07"])),
            base_years=draw(st.none() | years),
            optional=draw(st.booleans()),
        )
        for value in by_label[Label.VALUE]
        if draw(st.booleans())
    ]
    article = Article(
        "a-1", text, draw(HEADER), draw(st.none() | st.dates(date(1990, 1, 1))), draw(HEADER), draw(HEADER)
    )
    return AnnotatedArticle(article, tuple(spans), tuple(facts), draw(st.none() | st.just("train")), draw(HEADER))


@pytest.mark.parametrize("form", THROUGH)
@given(article=articles())
def test_round_trip(form, article):
    findings = []
    assert THROUGH[form](article, findings) == article.canonical()
    assert findings == []


@given(article=articles())
def test_predictions_come_back_with_a_doubt(article):
    findings = []
    task = to_task(article, predicted=True)
    assert "annotations" not in task
    assert from_task(task, "tasks.json", findings) == article.canonical()
    assert ["nobody has confirmed" in finding.message for finding in findings] == [True]


@given(text=st.text(st.sampled_from("aổ😀𝟙\n"), max_size=20))
def test_utf16_units_are_those_of_the_encoding(text):
    units = Utf16(text)
    for offset in range(len(text) + 1):
        wanted = len(text[:offset].encode("utf-16-le")) // 2
        assert units.from_code_points(offset) == wanted
        assert units.to_code_points(wanted) == offset


def test_an_offset_inside_a_surrogate_pair_is_none():
    assert Utf16("a😀b").to_code_points(2) is None


def span_article(text, *spans):
    return AnnotatedArticle(
        Article("a", text), tuple(AnnotatedSpan(f"V{n}", Label.VALUE, *span) for n, span in enumerate(spans, 1))
    )


@pytest.mark.parametrize("span", [(2, 5), (3, 6)])
def test_brat_refuses_marks_that_its_lines_can_not_hold(span):
    with pytest.raises(AnnotationError, match="C231"):
        format_brat(span_article("ab\n52\n HTX", span))


def test_doccano_refuses_attributes_that_could_not_be_told_apart():
    with pytest.raises(AnnotationError, match="C231"):
        doccano_line(span_article("52 HTX", (0, 2), (0, 2)))
