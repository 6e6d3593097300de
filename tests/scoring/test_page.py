from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from html.parser import HTMLParser

import pytest

from chitieu.annotation.links import gold_links
from chitieu.article import Span
from chitieu.facts.fact import Evidence, Fact
from chitieu.labels import Kind, Label, Status
from chitieu.scoring import plots
from chitieu.scoring.breakdown import attribute_measures, genre_measures
from chitieu.scoring.confusion import (
    NO_FACT,
    NONE,
    OTHER,
    RIGHT,
    attribute_confusions,
    label_confusion,
    role_confusion,
)  # fmt: skip
from chitieu.scoring.counts import Count
from chitieu.scoring.evaluate import Prediction, Run, score_run
from chitieu.scoring.examples import wrong_facts
from chitieu.scoring.page import Evaluated, render_report
from chitieu.scoring.spans import MARKED_WHERE_LINKED

HOSTILE = (
    '</article><script>alert("x")</script><img src=//evil.example/x onerror=alert(1)> {{ 7*7 }} &amp; \u202egnp\u0007'
)
BODY = (
    f"[[O1|Liên minh HTX tỉnh]] {HOSTILE} có văn bản. [[Y1|Năm 2021]] [[A1|đã]] [[M1|thành lập mới]] [[V1|35 HTX]]"
    f" {HOSTILE}, đạt [[V2|140%]] kế hoạch.\nLượt xem: 1.274. [[Y2|Năm 2022]] [[T1|phấn đấu]] [[M2|kết nạp]]"
    " [[V3|20 thành viên]]."
)
FACTS = "V1: M1 O1 Y1 2021 A1 actual\nV2: M1 of=V1 O1 Y1 2021 actual completion\nV3: M2 O1 Y2 2022 T1 target"


@pytest.fixture(scope="module")
def article(compiled):
    found = compiled(BODY, FACTS)
    bad_id = '"><script>alert(2)</script>\n\x1b[31m'
    return replace(found, article=replace(found.article, id=bad_id), genre="'><b>genre")


def fact(article, **changes):
    fields = {
        "article_id": article.id, "metric": "thành lập mới HTX", "value": Decimal(35), "unit": "HTX", "year": 2021,
        "org": "Liên minh HTX tỉnh", "status": Status.ACTUAL, "kind": Kind.LEVEL, "sentence": "", "confidence": 0.8,
    }  # fmt: skip
    return Fact(**{**fields, **changes})


@pytest.fixture(scope="module")
def run(article):
    """35 HTX with another year, 140% rightly found but as a level, the views as a fact, the target missed."""
    at = {span.id: (span.start, span.end) for span in article.spans}
    text = article.article.text
    views = (text.index("1.274"), text.index("1.274") + 5)
    facts = (
        fact(article, evidence=Evidence(at["V1"], (at["M1"],), org=at["O1"], year=at["Y2"]), year=2022),
        fact(article, evidence=Evidence(at["V2"], (at["M1"],), of=at["V1"], org=at["O1"], year=at["Y1"]),
             value=Decimal(140), unit="%", confidence=0.9),
        fact(article, evidence=Evidence(views), metric=HOSTILE, org=HOSTILE, unit=None, value=Decimal(1274)),
    )  # fmt: skip
    first, second, _ = gold_links(article)
    links = {first.value: replace(first, year=at["Y2"]), second.value: second}
    labelled = (("V1", Label.VALUE), ("V2", Label.VALUE), ("M1", Label.ORG), ("Y1", Label.YEAR))
    extra = (Span(*views, Label.VALUE), Span(0, 1, Label.ORG), Span(views[0] - 4, views[0] - 2, Label.YEAR))
    spans = (*(Span(*at[name], label) for name, label in labelled), *extra)
    prediction = Prediction(spans, links, facts)
    empty = Prediction((), {}, ())
    return Run((article,), {article.id: prediction}, {article.id: empty}, {article.id: links}, {article.id: {}})


def evaluated(run, **changes):
    return Evaluated(run, score_run(run, "own <b>words</b>", draws=20), **changes)


class Reader(HTMLParser):
    """What a browser would see: tags with their attributes, and the text outside scripts and styles."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.hidden = False

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.hidden = tag in {"script", "style"}

    def handle_endtag(self, tag):
        self.hidden = False

    def handle_data(self, data):
        self.text += "" if self.hidden else data


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    return reader


@pytest.fixture(scope="module")
def page(run):
    return "".join(render_report([evaluated(run)], 'models/<script>"', 0.25))


def test_hostile_articles_are_text(page):
    reader = read(page)
    names = [name for name, _ in reader.tags]
    assert names.count("script") == 1
    assert "img" not in names
    assert "b" in names  # our own, for scores
    assert not [attribute for _, found in reader.tags for attribute in found if attribute.startswith("on")]
    assert "alert(1)" in reader.text
    assert "{{ 7*7 }}" in reader.text
    assert "&amp;" in reader.text
    ids = {found.get("data-article") for name, found in reader.tags if name == "article"}
    assert len(ids) == 1
    assert ids.pop().startswith('"><script>alert(2)</script>')
    assert {found.get("data-genre") for name, found in reader.tags if name == "article"} == {"'><b>genre"}
    assert not set(page) & set("\u202e\x07\x1b")


def test_nothing_is_asked_of_the_network(page):
    reader = read(page)
    for _, found in reader.tags:
        assert "src" not in found
        for name in ("href", "xlink:href"):
            assert (found.get(name) or "#").startswith("#")
    outside = set(re.findall(r"url\(([^)]*)\)", page))
    assert all(target.startswith("#") for target in outside)
    policy = next(found["content"] for name, found in reader.tags if found.get("http-equiv"))
    assert policy.startswith("default-src 'none'")
    assert re.search(r"script-src 'sha256-[\w+/]+=*'", policy)
    assert "@import" not in page


def test_inner_names_of_drawings_are_unique(run):
    page = "".join(render_report([evaluated(run), evaluated(run)], "m"))
    ids = [found["id"] for _, found in read(page).tags if "id" in found]
    assert len(ids) == len(set(ids))


def test_every_wrong_fact_stands_on_the_page(page):
    cards = [found for name, found in read(page).tags if name == "article"]
    assert [found["data-class"] for found in cards] == ["year", "kind", "spurious", "missed"]
    assert [found["data-kind"] for found in cards] == ["level", "completion", "level", "level"]
    assert "all 4" in page
    assert "4 of 4 shown" in page
    assert "facts of confidence 0.25 and above" in page


def test_articles_to_choose_by_are_counted_not_shown(run):
    page = "".join(render_report([evaluated(run, examples=False)], "m"))
    assert "<article" not in page
    assert "thành lập mới" not in page
    assert "year 1" in read(page).text


def test_a_perfect_run_has_no_wrong_facts(article):
    empty = replace(article, spans=(), facts=())
    nothing = Prediction((), {}, ())
    run = Run((empty,), {empty.id: nothing}, {empty.id: nothing}, {empty.id: {}}, {empty.id: {}})
    page = "".join(render_report([evaluated(run)], "m"))
    assert "<article" not in page
    assert "<svg" not in page  # no fact, no curve
    assert "None." in read(page).text


def test_the_two_readings_side_by_side(run, article):
    year, kind, spurious, missed = wrong_facts(run.gold, {id: found.facts for id, found in run.model.items()})
    assert [(piece.text, piece.label) for piece in year.gold.sentence if piece.label][:2] == [
        ("Năm 2021", "year"), ("đã", "actual"),
    ]  # fmt: skip
    assert ("Liên minh HTX tỉnh", "org") in [(piece.text, piece.label) for piece in year.gold.elsewhere]
    assert ("Năm 2022", "year") in [(piece.text, piece.label) for piece in year.predicted.elsewhere]
    assert [field.name for field in year.fields if field.right is False] == ["year"]
    assert ("35 HTX", "of") in [(piece.text, piece.label) for piece in kind.gold.sentence]
    assert (spurious.gold, missed.predicted) == (None, None)
    assert {field.right for field in (*spurious.fields, *missed.fields)} == {None}
    assert missed.confidence is None
    words = "".join(piece.text for piece in missed.gold.sentence)
    assert words in article.article.text


def test_a_long_sentence_is_cut_around_its_value(compiled):
    gold = compiled("a " * 400 + "[[M1|thu]] [[V1|35 HTX]]" + " b" * 400, "V1: M1 actual")
    (example,) = wrong_facts([gold], {})
    pieces = example.gold.sentence
    assert (pieces[0].text, pieces[-1].text) == ("…", "…")
    assert len("".join(piece.text for piece in pieces)) < 700


def test_label_confusion(run, article):
    spans = {article.id: run.model[article.id].spans}
    table = label_confusion(run.gold, spans)
    assert table.count("METRIC", "ORG") == 1
    assert table.count("VALUE", "VALUE") == 2
    assert table.count("VALUE", NONE) == 1
    assert table.count(NONE, "VALUE") == 1
    assert table.count("ORG", "ORG") == 1
    assert table.count(NONE, "YEAR") == 1
    assert sum(map(sum, table.counts)) == len(article.spans) + 2
    partial = label_confusion(run.gold, spans, MARKED_WHERE_LINKED)
    assert partial.count(NONE, "YEAR") == 0
    assert partial.count(NONE, "VALUE") == 1


def test_role_confusion(run, article):
    table = role_confusion(run.gold, {article.id: run.model[article.id].links})
    assert table.count("year", RIGHT) == 1
    assert table.count("year", OTHER) == 1
    assert table.count("year", NO_FACT) == 1
    assert table.count("metric", RIGHT) == 2
    assert all(sum(row) == 3 for row in table.counts)


def test_attribute_confusions(run, article):
    statuses, kinds = attribute_confusions(run.gold, {article.id: run.model[article.id].facts})
    assert (statuses.count("actual", "actual"), statuses.count("target", NONE)) == (2, 1)
    assert statuses.count(NONE, "actual") == 1
    assert (kinds.count("completion", "level"), kinds.count("level", NONE)) == (1, 1)
    with pytest.raises(ValueError, match="not in tuple"):
        statuses.count("plan", NONE)


def test_breakdown(run, article):
    facts = {article.id: run.model[article.id].facts}
    totals = {(m.section, m.name): m.total for m in attribute_measures(run.gold, facts)}
    assert totals["gold facts with the core right, by kind", "completion"] == Count(1, 1, 1)
    assert totals["gold facts with the core right, by kind", "level"] == Count(0, 2, 2)
    assert totals["gold facts with the core right, by status", "target"] == Count(0, 1, 1)
    bare = replace(article, article=replace(article.article, id="b"), genre=None)
    genres = dict(genre_measures([article, bare, replace(bare, article=replace(bare.article, id="c"))], facts))
    assert list(genres) == ["not given", "'><b>genre"]
    assert genres["'><b>genre"][0].counts == (Count(1, 3, 3),)
    assert list(genre_measures([bare], {})) == []


def test_drawings_as_files(run):
    scores = evaluated(run).report.confidence
    for draw in (plots.reliability_plot, plots.precision_recall_plot):
        assert draw(scores).startswith("<?xml")
        assert draw(scores) == draw(scores)
        assert "currentColor" in draw(scores, themed=True)
