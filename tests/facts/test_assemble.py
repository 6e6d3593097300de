"""Facts out of links that were made by hand."""

from __future__ import annotations

import json
import unicodedata
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chitieu.annotation.inline import parse_inline
from chitieu.annotation.links import gold_links
from chitieu.facts.assemble import assemble_facts, read_times, sentence_around
from chitieu.facts.validation import validate_fact
from chitieu.labels import Label

HERE = Path(__file__).parent
CASES = json.loads((HERE / "cases_assemble.json").read_text(encoding="utf-8"))
SENTENCES = json.loads((HERE / "cases_sentences.json").read_text(encoding="utf-8"))


def assemble(case: dict, form: str | None = None) -> tuple[str, list]:
    """Text and facts of a case, in a normal form if one is asked for."""
    marked = unicodedata.normalize(form, case["text"]) if form else case["text"]
    article = parse_inline("\n".join(["id: bài", "===", marked, "===", *case["links"], ""]))
    text = article.article.text
    years = [(span.start, span.end) for span in article.spans if span.label is Label.YEAR]
    published = date.fromisoformat(case["published"]) if "published" in case else None
    times = read_times(text, years, published, case.get("title"))
    return text, assemble_facts("bài", text, gold_links(article), times)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_cases(case):
    text, facts = assemble(case)
    written = [fact.to_dict() for fact in facts]
    for fact in written:
        validate_fact(fact, text)
    assert len(written) == len(case["facts"])
    for fact, expected in zip(written, case["facts"], strict=True):
        evidence = expected.get("evidence", {})
        assert {key: fact[key] for key in expected if key != "evidence"} == {
            key: value for key, value in expected.items() if key != "evidence"
        }
        assert {role: fact["evidence"][role] for role in evidence} == evidence


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_decomposed_text_gives_the_same_facts(case):
    composed, decomposed = assemble(case), assemble(case, "NFD")
    assert len(composed[1]) == len(decomposed[1])
    for fact, other in zip(composed[1], decomposed[1], strict=True):
        first, second = fact.to_dict(), other.to_dict()
        for field in ("fact_id", "evidence", "sentence"):
            del first[field], second[field]
        assert second == first
        (start, end), (other_start, other_end) = fact.evidence.value, other.evidence.value
        stored = unicodedata.normalize("NFC", decomposed[0][other_start:other_end])
        assert stored == composed[0][start:end]


def test_evidence_points_at_the_words():
    case = {
        "text": "[[Y1|Năm 2021]] [[O1|xã]] [[T1|phấn đấu]] [[M1|mở]] [[V1|5 lớp]] [[M2|bồi dưỡng]], "
        "tăng [[V2|2 lớp]] so với [[Y2|năm 2020]]",
        "links": ["V1: M1 M2 O1 Y1 T1 target", "V2: M1 M2 of=V1 O1 Y1 T1 target change up base=Y2"],
    }
    text, (first, second) = assemble(case)

    def words(offsets):
        return None if offsets is None else text[offsets[0] : offsets[1]]

    assert words(first.evidence.value) == "5 lớp"
    assert [words(piece) for piece in first.evidence.metric] == ["mở", "bồi dưỡng"]
    assert (words(first.evidence.org), words(first.evidence.year), words(first.evidence.cue)) == (
        "xã",
        "Năm 2021",
        "phấn đấu",
    )
    assert (first.evidence.of, first.evidence.base) == (None, None)
    assert (words(second.evidence.of), words(second.evidence.base)) == ("5 lớp", "năm 2020")
    assert first.fact_id == f"bài:{text.index('5 lớp')}-{text.index('5 lớp') + 5}"


def test_no_links_no_facts():
    for text in ("Xã có 5 HTX.", ""):
        assert assemble_facts("a", text, [], read_times(text, [])) == []


@pytest.mark.parametrize("case", SENTENCES, ids=lambda case: case["text"][:30])
def test_sentences(case):
    start = case["text"].index("[")
    text = case["text"].replace("[", "", 1).replace("]", "", 1)
    end = case["text"].index("]") - 1
    left, right = sentence_around(text, start, end)
    assert text[left:right] == case["sentence"]


@given(st.text(st.sampled_from("ab5 .!?\n\r”TPĐ…"), max_size=60), st.data())
def test_a_sentence_holds_its_value(text, data):
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    left, right = sentence_around(text, start, end)
    assert 0 <= left <= start
    assert end <= right <= len(text)


def test_a_sentence_without_end_is_cut_off():
    text = "a " * 100_000
    left, right = sentence_around(text, 100_000, 100_001)
    assert right - left < 3_000
