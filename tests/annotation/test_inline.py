from __future__ import annotations

import json
import string
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chitieu.annotation.gold import AnnotatedArticle, AnnotatedSpan, GoldFact
from chitieu.annotation.inline import LETTERS, format_inline, parse_inline
from chitieu.article import Article
from chitieu.errors import AnnotationError
from chitieu.labels import Bound, Direction, Kind, Label, Status

ERRORS = json.loads(Path(__file__).with_name("cases_inline_errors.json").read_text(encoding="utf-8"))

SAMPLE = """id: xa-phu-lam-2021
title: Xã Phú Lâm sơ kết
published: 2021-07-05
genre: cooperative
===
[[O1|Xã Phú Lâm]] sơ kết

===
[Ảnh] [[Y1|6 tháng đầu năm]], xã [[A1|đã]] [[M1|hỗ trợ]] [[V1|25 hộ]] [[M2|trồng nấm]],
tăng [[V2|5 hộ]] so với [[Y2|cùng kỳ]];
[[T1|phấn đấu]] từ [[V3|6 - 8%]].
===
V2: M1 M2 of=V1 O1 Y1 A1 base=Y2@2020 2021-H1 actual change up
V1: M1 M2 O1 Y1 A1 2021-H1 actual
V3: T1 years=2021,2022 2021 target share range optional
"""


def test_sample_compiles_to_offsets():
    article = parse_inline(SAMPLE)
    surfaces = {span.id: article.surface(span) for span in article.spans}
    assert surfaces == {
        "O1": "Xã Phú Lâm", "Y1": "6 tháng đầu năm", "A1": "đã", "M1": "hỗ trợ", "V1": "25 hộ", "M2": "trồng nấm",
        "V2": "5 hộ", "Y2": "cùng kỳ", "T1": "phấn đấu", "V3": "6 - 8%",
    }  # fmt: skip
    assert article.article.text.startswith("Xã Phú Lâm sơ kết\n\n===\n[Ảnh] 6 tháng")
    assert article.article.text.endswith("từ 6 - 8%.")
    assert article.article.published == date(2021, 7, 5)
    assert article.genre == "cooperative"


def test_sample_facts_stand_in_text_order_with_their_attributes():
    first, second, third = parse_inline(SAMPLE).facts
    assert (first.value, second.value, third.value) == ("V1", "V2", "V3")
    assert first.metric == ("M1", "M2")
    assert (first.kind, first.bound, first.years, first.period) == (Kind.LEVEL, Bound.EXACT, (2021,), "2021-H1")
    assert (second.of, second.base, second.base_years, second.dir) == ("V1", "Y2", (2020,), Direction.UP)
    assert (third.years, third.bound, third.status, third.optional) == ((2021, 2022), Bound.RANGE, Status.TARGET, True)


@pytest.mark.parametrize("case", ERRORS, ids=[case["name"] for case in ERRORS])
def test_errors_name_the_line_and_what_is_wrong(case):
    with pytest.raises(AnnotationError) as caught:
        parse_inline(case["text"], "x.article.txt")
    assert caught.value.code == case["code"]
    assert case["says"] in caught.value.message
    assert (caught.value.place or "").startswith("x.article.txt")
    if "line" in case:
        assert caught.value.place == f"x.article.txt:{case['line']}"


def test_brackets_around_marks_belong_to_the_text():
    article = parse_inline("id: a\n===\nCó [[[V1|5 HTX]]] mới\n===\nV1: 2020 actual\n")
    assert article.article.text == "Có [5 HTX] mới"
    assert article.surface(article.spans[0]) == "5 HTX"


def test_base_without_span_and_without_year():
    text = "id: a\n===\nTăng [[V1|5%]], giảm [[V2|6%]] so với [[Y1|trước]]\n===\n{}\n"
    first, second = parse_inline(
        text.format("V1: 2020 actual change up base=@2019\nV2: 2020 actual change down base=Y1")
    ).facts
    assert (first.base, first.base_years) == (None, (2019,))
    assert (second.base, second.base_years) == ("Y1", ())


def test_spans_with_other_ids_are_numbered_anew():
    span = AnnotatedSpan("value-a", Label.VALUE, 3, 8)
    fact = GoldFact(
        "value-a", (), None, None, None, None, None, Status.ACTUAL, Kind.LEVEL, None, Bound.EXACT, (2020,), "2020",
        None, False,
    )  # fmt: skip
    article = AnnotatedArticle(Article("a", "Có 5 HTX"), (span,), (fact,))
    assert "[[V1|5 HTX]]" in format_inline(article)
    assert "V1: 2020 actual" in format_inline(article)


@pytest.mark.parametrize("text", ["Xem [[1]] ở dưới", "mảng a[[0]]"])
def test_text_that_looks_like_marks_is_refused_by_the_formatter(text):
    with pytest.raises(AnnotationError, match="C214"):
        format_inline(AnnotatedArticle(Article("a", text)))


def test_overlapping_spans_are_refused_by_the_formatter():
    spans = (AnnotatedSpan("V1", Label.VALUE, 0, 5), AnnotatedSpan("O1", Label.ORG, 2, 7))
    with pytest.raises(AnnotationError, match="C214"):
        format_inline(AnnotatedArticle(Article("a", "5 HTX nữa"), spans))


WORDS = st.text(st.sampled_from("aăâbđêơ ̣ổ0123456789.,%-/=[]|\n\r\t: 😀\u200b"), max_size=12)
SURFACE = st.text(st.sampled_from("aăổ0123456789.,% \n-/|"), min_size=1, max_size=8).filter(
    lambda s: bool(s) and s == s.strip()
)
HEADER = st.none() | st.text(string.ascii_letters + " :=ăổ", min_size=1, max_size=10).map(str.strip).filter(bool)


@st.composite
def articles(draw: st.DrawFn) -> AnnotatedArticle:
    """Articles whose text holds no doubled brackets, which the inline form can't carry."""
    letters = draw(st.lists(st.sampled_from("VVVMOYTA"), max_size=10))
    text, spans = "", []
    for number, letter in enumerate(letters, 1):
        text += draw(WORDS)
        surface = draw(SURFACE)
        spans.append(AnnotatedSpan(f"{letter}{number}", LETTERS[letter], len(text), len(text) + len(surface)))
        text += surface
    text += draw(WORDS)
    by_label = {label: [span.id for span in spans if span.label is label] for label in Label}

    def one(*labels: Label) -> str | None:
        return draw(st.sampled_from([None, *(i for label in labels for i in by_label[label])]))

    facts = []
    for value in by_label[Label.VALUE]:
        if not draw(st.booleans()):
            continue
        base, years = one(Label.YEAR), draw(st.lists(st.integers(1990, 2030), max_size=2, unique=True))
        base_years = tuple(sorted(years)) if base or years else None
        facts.append(
            GoldFact(
                value=value,
                metric=tuple(draw(st.lists(st.sampled_from(by_label[Label.METRIC]), unique=True, max_size=3)))
                if by_label[Label.METRIC]
                else (),
                of=one(Label.VALUE),
                org=one(Label.ORG),
                year=one(Label.YEAR),
                base=base,
                cue=one(Label.TARGET, Label.ACTUAL),
                status=draw(st.sampled_from(Status)),
                kind=draw(st.sampled_from(Kind)),
                dir=draw(st.none() | st.sampled_from(Direction)),
                bound=draw(st.sampled_from(Bound)),
                years=tuple(draw(st.lists(st.integers(1990, 2030), max_size=3))),
                period=draw(st.none() | st.sampled_from(["2021", "2021-H1", "2021-9M", "2021/2025", "2020-07"])),
                base_years=base_years,
                optional=draw(st.booleans()),
            )
        )
    article = Article("a-1", text, draw(HEADER), draw(st.none() | st.dates(date(1990, 1, 1))), draw(HEADER))
    return AnnotatedArticle(article, tuple(spans), tuple(facts), draw(st.none() | st.just("train")), draw(HEADER))


@given(articles())
def test_round_trip(article):
    try:
        written = format_inline(article)
    except AnnotationError:
        text = article.article.text
        marked = "".join(text[s.start - 1 : s.start] + text[s.end - 1 : s.end + 1] for s in article.spans)
        assert "[[" in text or "]]" in text or "[" in marked or "]" in marked
        return
    assert parse_inline(written) == article.canonical()
    assert AnnotatedArticle.from_dict(json.loads(json.dumps(article.to_dict()))) == article
