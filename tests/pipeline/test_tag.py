"""Articles in, facts out, with a small model that the suite trains."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest
import spacy

import chitieu
from chitieu import pipeline
from chitieu.article import Article, Span
from chitieu.facts.validation import validate_fact
from chitieu.labels import Label, Status
from chitieu.pipeline import COMPONENTS, tag


@pytest.fixture(scope="module")
def articles(tiny_articles) -> list[Article]:
    return [item.article for item in tiny_articles]


def facts_of(nlp, articles) -> list[list[dict]]:
    """Facts of each article, without their confidence, whose last digit may differ between batches."""
    return [[{**fact.to_dict(), "confidence": None} for fact in tagged.facts] for tagged in tag(nlp, articles)]


def test_the_small_model_knows_its_articles(nlp, articles):
    """Else the tests below would say nothing."""
    first, second, third = facts_of(nlp, articles)
    assert [(fact["value"], fact["unit"]) for fact in first] == [
        (35, "HTX"),
        (140, "%"),
        (204, "HTX"),
        (9400, "thành viên"),
        (20, "HTX"),
        (5, "%"),
    ]
    assert len(second) == 5
    assert third == []
    target = first[4]
    assert target["metric"] == "thành lập mới HTX"
    assert (target["org"], target["year"], target["status"]) == ("Liên minh HTX tỉnh", 2022, "target")
    assert target["bound"] == "min"


def test_facts_keep_the_public_format(nlp, articles):
    for tagged in tag(nlp, articles):
        for fact in tagged.facts:
            written = json.loads(json.dumps(fact.to_dict()))
            validate_fact(written, tagged.article.text)
            assert fact.article_id == tagged.article.id


def test_spans_cover_what_they_say(nlp, articles):
    tagged = next(tag(nlp, articles))
    words = {(span.label, tagged.article.text[span.start : span.end]) for span in tagged.spans}
    assert {(Label.VALUE, "35 HTX"), (Label.ORG, "Toàn tỉnh"), (Label.TARGET, "phấn đấu")} <= words
    assert list(tagged.spans) == sorted(tagged.spans)


def test_results_come_in_order_and_one_an_article(nlp, articles):
    stream = [replace(articles[number % 3], id=f"bài {number}") for number in range(40)]
    results = list(tag(nlp, stream))
    assert [tagged.article for tagged in results] == stream
    assert [len(tagged.facts) for tagged in results] == [(6, 5, 0)[number % 3] for number in range(40)]


def test_the_same_article_twice(nlp, articles):
    once, again = tag(nlp, [articles[0], articles[0]])
    assert once == again
    assert len(once.facts) == 6


def test_no_articles(nlp):
    assert list(tag(nlp, [])) == []


def test_a_stream_is_read_no_further_than_a_batch(nlp, articles):
    taken = 0

    def endless() -> Iterator[Article]:
        nonlocal taken
        while True:
            taken += 1
            yield replace(articles[0], id=str(taken))

    results = tag(nlp, endless())
    for _ in range(3):
        next(results)
    assert taken <= 2 * pipeline._BATCH


def test_what_is_tagged_together_does_not_matter(nlp, articles):
    others = [
        Article("rỗng", ""),
        Article("khác", "Xã có 7 HTX, huyện phấn đấu 9 HTX năm 2022."),
        articles[2],
        Article("số", "1 2 3 4 5 " * 50),
    ]
    stream = [articles[1], others[0], articles[0], *others[1:], articles[0]]
    together = facts_of(nlp, stream)
    alone = [facts_of(nlp, [article])[0] for article in stream]
    assert together == alone
    assert facts_of(nlp, stream[::-1]) == together[::-1]
    confidences = [[fact.confidence for fact in tagged.facts] for tagged in tag(nlp, stream)]
    for found, article in zip(confidences, stream, strict=True):
        assert found == pytest.approx([fact.confidence for fact in next(tag(nlp, [article])).facts], abs=2e-3)


@pytest.mark.parametrize("form", ["NFD", "NFC"])
def test_the_form_of_the_letters_does_not_matter(nlp, articles, form):
    stored = unicodedata.normalize(form, articles[0].text)
    (found,), (expected,) = facts_of(nlp, [replace(articles[0], text=stored)]), facts_of(nlp, [articles[0]])
    fields = ("value", "unit", "metric", "org", "year", "status", "kind", "bound")
    assert [[fact[name] for name in fields] for fact in found] == [[fact[name] for name in fields] for fact in expected]
    for fact in found:
        start, end = fact["evidence"]["value"]
        assert unicodedata.normalize("NFC", stored[start:end])[0].isdigit()


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\n\r\n",
        "\u200b",
        "😀 👩‍👧",
        "\x00\x07\x1b",
        "12.345",
        "7" * 5_000,
        "a" * 5_000,
        "hello world",
        "…",
        "\u0301",
    ],
)
def test_odd_texts_are_tagged(nlp, text):
    (tagged,) = tag(nlp, [Article("lạ", text)])
    for fact in tagged.facts:
        validate_fact(fact.to_dict(), text)
    for span in tagged.spans:
        assert isinstance(span, Span)
        assert 0 <= span.start < span.end <= len(text)


def test_long_articles_are_read_in_parts_with_offsets_of_the_whole(nlp, articles, monkeypatch):
    text = "\n\n".join([articles[0].text] * 6)
    monkeypatch.setattr(pipeline, "_LONGEST_PART", len(articles[0].text) + 10)
    long = replace(articles[0], text=text)
    before, tagged, after = tag(nlp, [articles[1], long, articles[0]])
    assert len(tagged.facts) == 36
    assert (len(before.facts), len(after.facts)) == (5, 6)
    assert len({fact.fact_id for fact in tagged.facts}) == 36
    for number, fact in enumerate(tagged.facts):
        validate_fact(fact.to_dict(), text)
        start, end = fact.evidence.value
        expected = after.facts[number % 6]
        assert text[start:end] == articles[0].text[slice(*expected.evidence.value)]
        assert fact.metric == expected.metric
    assert list(tagged.spans) == sorted(tagged.spans)


def test_the_publication_date_dates_what_the_text_does_not(nlp):
    article = Article("a", "Toàn tỉnh hiện có 204 HTX với 9,4 nghìn thành viên.\n", published=date(2018, 5, 1))
    years = {fact.year for fact in next(tag(nlp, [article])).facts}
    assert years == {2018}


def test_docs_of_the_pipeline_carry_facts(nlp, articles):
    doc = nlp(articles[0].text)
    assert [fact.value for fact in doc._.facts] == [35, 140, 204, 9400, 20, 5]
    assert doc._.facts[4].status is Status.TARGET
    assert len(doc._.links) == 6


def test_extract_is_one_call(nlp, articles, monkeypatch):
    monkeypatch.setattr(pipeline, "_shipped", lambda: nlp)
    facts = chitieu.extract(articles[0].text, published=articles[0].published, id="x")
    assert [fact.value for fact in facts] == [35, 140, 204, 9400, 20, 5]
    assert facts[0].fact_id.startswith("x:")


def test_stored_as_bytes_and_read_again(nlp, articles):
    again = type(nlp).from_config(nlp.config).from_bytes(nlp.to_bytes())
    assert tuple(again.pipe_names) == COMPONENTS
    assert facts_of(again, articles) == facts_of(nlp, articles)


def test_stored_on_disk_and_read_without_chitieu_being_named(nlp, articles, tmp_path):
    nlp.to_disk(tmp_path / "model")
    assert facts_of(spacy.load(tmp_path / "model"), articles) == facts_of(nlp, articles)


def test_the_untrained_pipeline_runs(untrained, articles):
    for tagged in tag(untrained, articles):
        for fact in tagged.facts:
            validate_fact(fact.to_dict(), tagged.article.text)


def test_components_say_what_they_need_and_set(untrained):
    analysis = untrained.analyze_pipes()
    assert analysis["summary"]["chitieu_relation"] == {
        "assigns": ["doc._.links", "doc.ents"],
        "requires": ["doc.ents"],
        "scores": [],
        "retokenizes": False,
    }
    assert analysis["summary"]["chitieu_facts"]["requires"] == ["doc.ents", "doc._.links"]
    assert analysis["summary"]["chitieu_facts"]["assigns"] == ["doc._.facts"]
    assert not any(analysis["problems"].values())
