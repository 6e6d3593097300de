"""What a model marks becomes an annotation that holds together, whatever the model says."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from chitieu.annotation.check import Severity, check_article
from chitieu.annotation.gold import AnnotatedArticle, integrity_problems, read_annotated
from chitieu.annotation.proposal import corpus_id, propose
from chitieu.article import Article, Span
from chitieu.facts.fact import Derivation, Evidence, Fact
from chitieu.facts.tagged import Tagged
from chitieu.labels import Bound, Direction, Kind, Label, Status
from chitieu.pipeline import load, tag

TEXT = "Năm 2021, xã Hạ trồng mới 45 ha dừa, phấn đấu năm 2022 thêm 10 ha."


def at(words):
    start = TEXT.index(words)
    return (start, start + len(words))


def fact(value, **given_):
    evidence = Evidence(at(value), **{role: given_.pop(role) for role in list(given_) if role in Evidence.__slots__})
    rest = {"status": Status.ACTUAL, "kind": Kind.LEVEL, **given_}
    return Fact("a", "m", Decimal(1), evidence=evidence, sentence="s", **rest)


def tagged(*facts, spans=(), article_id="a"):
    return Tagged(Article(article_id, TEXT), tuple(Span(*at(words), label) for words, label in spans), facts)


def told(article):
    """Labels with their words, and each fact's links as words."""
    spans = article.spans_by_id()
    marks = [(span.label.value, article.surface(span)) for span in article.spans]
    facts = [
        [(role, article.surface(spans[span_id])) for role, span_id, _ in fact.references()] for fact in article.facts
    ]
    return marks, facts


def test_facts_become_links_between_marks():
    metric = (at("trồng mới"), at("dừa"))
    found = fact("45 ha", metric=metric, org=at("xã Hạ"), year=at("Năm 2021"), bound=Bound.MIN)
    unused = [("45 ha", Label.VALUE), ("thêm", Label.METRIC), ("phấn đấu", Label.TARGET), ("năm 2022", Label.YEAR)]
    article = propose(tagged(replace(found, year=2021, period="2021"), spans=unused))
    marks, facts = told(article)
    assert marks == [
        ("YEAR", "Năm 2021"),
        ("ORG", "xã Hạ"),
        ("METRIC", "trồng mới"),
        ("VALUE", "45 ha"),
        ("METRIC", "dừa"),
        ("YEAR", "năm 2022"),
    ]
    links = [("metric", "trồng mới"), ("metric", "dừa"), ("org", "xã Hạ"), ("year", "Năm 2021")]
    assert facts == [[("value", "45 ha"), *links]]
    (gold,) = article.facts
    assert (gold.years, gold.period, gold.bound, gold.optional) == ((2021,), "2021", Bound.MIN, False)
    assert [problem for problem in check_article(article) if problem.severity is Severity.ERROR] == []


def test_a_cue_is_marked_by_the_status_of_its_fact():
    for status, label in ((Status.TARGET, "TARGET"), (Status.ACTUAL, "ACTUAL")):
        marks, facts = told(propose(tagged(fact("10 ha", cue=at("phấn đấu"), status=status))))
        assert marks == [(label, "phấn đấu"), ("VALUE", "10 ha")]
        assert facts == [[("value", "10 ha"), ("cue", "phấn đấu")]]


def test_marks_that_overlap_give_way_to_the_surer():
    metric = (at("mới 45"), at("dừa, phấn đấu"))
    marks, facts = told(propose(tagged(fact("45 ha", metric=metric), fact("10 ha", metric=(at("dừa"),)))))
    assert marks == [("VALUE", "45 ha"), ("METRIC", "dừa, phấn đấu"), ("VALUE", "10 ha")]
    assert facts == [[("value", value), ("metric", "dừa, phấn đấu")] for value in ("45 ha", "10 ha")]


def test_one_fact_a_value_and_none_that_was_computed():
    computed = fact("10 ha", derived=Derivation("plan", ("a:0-1",)))
    article = propose(tagged(fact("45 ha"), fact("ha"), computed))
    assert told(article)[1] == [[("value", "45 ha")]]


def test_doubtful_facts_are_left_unmarked():
    sure, doubtful, unknown = fact("45 ha", confidence=0.8), fact("10 ha", confidence=0.79), fact("2021")
    for least, values in ((0.8, ["45 ha"]), (0.0, ["2021", "45 ha", "10 ha"])):
        marks, facts = told(propose(tagged(sure, doubtful, unknown), least))
        assert marks == [("VALUE", value) for value in values]
        assert facts == [[("value", value)] for value in values]


def test_what_names_itself_is_left_out():
    found = fact("45 ha", of=at("45 ha"), year=at("Năm 2021"), base=at("2021"), kind=Kind.CHANGE, dir=Direction.UP)
    (gold,) = propose(tagged(replace(found, base_year=2020))).facts
    assert (gold.of, gold.base, gold.base_years) == (None, None, None)


places = st.tuples(st.integers(0, len(TEXT) - 1), st.integers(1, 12)).map(lambda p: (p[0], min(len(TEXT), p[0] + p[1])))
maybe = st.none() | places
evidences = st.builds(Evidence, places, st.lists(places, max_size=5).map(tuple), maybe, maybe, maybe, maybe, maybe)
facts_ = st.builds(
    Fact,
    article_id=st.just("a"),
    metric=st.none(),
    value=st.just(Decimal(1)),
    status=st.sampled_from(Status),
    kind=st.sampled_from(Kind),
    evidence=evidences,
    sentence=st.just("s"),
    year=st.none() | st.integers(2000, 2030),
    dir=st.none() | st.sampled_from(Direction),
)
spans_ = st.builds(lambda place, label: Span(*place, label), places, st.sampled_from(Label))


@given(st.lists(facts_, max_size=6), st.lists(spans_, max_size=6))
def test_whatever_the_model_says_the_annotation_holds_together(facts, spans):
    article = propose(Tagged(Article("a", TEXT), tuple(spans), tuple(facts)))
    assert list(integrity_problems(article)) == []
    wrong = {problem.message for problem in check_article(article) if problem.code in ("C221", "C222")}
    assert not [message for message in wrong if "overlap" in message or "no fact uses" in message or "`of`" in message]
    assert bool(article.facts) == bool(facts)
    assert AnnotatedArticle.from_dict(article.to_dict()) == article


def test_what_the_shipped_model_marks_is_an_annotation(root):
    gold = list(read_annotated(root / "annotations" / "dev.jsonl"))[:3]
    for article, tagged_ in zip(gold, tag(load(), [article.article for article in gold]), strict=True):
        proposed = propose(tagged_)
        assert list(integrity_problems(proposed)) == []
        assert {proposed.surface(span) for span in proposed.spans if span.label is Label.VALUE} & {
            article.surface(span) for span in article.spans if span.label is Label.VALUE
        }
        assert len(proposed.facts) == sum(fact.derived is None for fact in tagged_.facts)


@given(st.text(max_size=120))
def test_ids_are_fit_for_a_corpus_and_stay_apart(article_id):
    fit = corpus_id(article_id)
    assert re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", fit)
    assert corpus_id(fit) == fit
    assert (fit == article_id) == bool(re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", article_id) and len(article_id) <= 80)


def test_ids_that_fold_to_one_are_told_apart():
    assert len({corpus_id(name) for name in ("Tin 1", "tin-1", "tin/1", "TIN 1", "tìn 1")}) == 5
