"""The page of articles and facts: what it shows, and that nothing in an article can run or reach out."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from chitieu.article import Article, Span
from chitieu.facts.tagged import Tagged
from chitieu.labels import Label
from chitieu.writing.page import render_page, segments


class Outline(HTMLParser):
    """Tags with their attributes, and the text inside the article's side."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.script = ""
        self._open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.tags.append((tag, attributes))
        if tag in ("div", "script", "span"):
            self._open.append(str(attributes.get("class")) if tag != "script" else "script")

    def handle_endtag(self, tag):
        if tag in ("div", "script", "span"):
            self._open.pop()

    def handle_data(self, data):
        if "text" in self._open:
            self.text += data
        if self._open[-1:] == ["script"]:
            self.script += data


def page_of(*articles: Tagged) -> str:
    return "".join(render_page(articles))


def test_text_and_facts_refer_to_each_other(tagged):
    outline = Outline(page_of(tagged))
    assert outline.text == tagged.article.text
    rows = [attributes for tag, attributes in outline.tags if tag == "tr" and "data-fact" in attributes]
    marks = [attributes for tag, attributes in outline.tags if "data-f" in attributes]
    assert [row["data-fact"] for row in rows] == ["0-0", "0-1"]
    assert [(mark["class"], mark["data-f"]) for mark in marks] == [
        ("s year", "0-0 0-1"),
        ("s org", "0-0 0-1"),
        ("s target", "0-0 0-1"),
        ("s metric", "0-0 0-1"),
        ("s value", "0-0"),
        ("s value", "0-1"),
        ("s year", "0-1"),
    ]
    # Links, so that both directions work by keyboard, and without the script.
    links = [(attributes["href"], attributes.get("id")) for tag, attributes in outline.tags if tag == "a"]
    assert links == [("#f0-0", "v0-0"), ("#f0-1", "v0-1"), ("#v0-0", None), ("#v0-1", None)]
    assert [row["id"] for row in rows] == ["f0-0", "f0-1"]


def test_nothing_in_an_article_can_run(tagged):
    attack = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)> {{ 7*7 }} {% raw %}"
    article = Article(attack, attack + " 1 xe", title=attack, source=attack, url="javascript:alert(3)")
    fact = replace(tagged.facts[0], article_id=attack, org=attack, metric=attack, unit=attack, period=attack)
    page = page_of(Tagged(article, (Span(0, 9, Label.ORG),), (fact,)))
    outline = Outline(page)
    assert outline.text == attack + " 1 xe"
    assert [tag for tag, _ in outline.tags].count("script") == 1
    assert "alert" not in outline.script
    assert not any(
        tag == "img" or any(name.startswith("on") for name in attributes) for tag, attributes in outline.tags
    )
    assert "javascript:" not in page
    assert "49" not in page


def test_the_policy_allows_the_pages_own_script_and_nothing_from_outside(tagged):
    page = page_of(tagged)
    outline = Outline(page)
    policy = next(
        a["content"] for tag, a in outline.tags if tag == "meta" and a.get("http-equiv") == "Content-Security-Policy"
    )
    digest = base64.b64encode(hashlib.sha256(outline.script.encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"
    assert not any("src" in attributes for _, attributes in outline.tags)
    assert all(attributes.get("href", "#").startswith("#") for _, attributes in outline.tags)
    assert not re.search(r"https?://|@import|url\(", page)


def test_several_articles_have_a_list(tagged):
    empty = Tagged(Article("b", "không có số", title="Tin trống"), (), ())
    outline = Outline(page_of(tagged, empty))
    links = [attributes["href"] for tag, attributes in outline.tags if tag == "a"]
    ids = [attributes["id"] for _, attributes in outline.tags if "id" in attributes]
    assert links[:2] == ["#a0", "#a1"]
    assert {"a0", "a1"} <= set(ids)
    assert len(ids) == len(set(ids))


@given(data=st.data(), text=st.text(max_size=30))
def test_segments_join_to_the_text(data, text):
    edges = st.integers(0, len(text) + 2)
    pairs = data.draw(st.lists(st.tuples(edges, edges), max_size=8))
    labels = data.draw(st.lists(st.sampled_from(Label), min_size=len(pairs), max_size=len(pairs)))
    spans = tuple(Span(start, end, label) for (start, end), label in zip(pairs, labels, strict=True))
    pieces = segments(Tagged(Article("a", text), spans, ()))
    joined = "".join(piece.text for piece in pieces)
    assert len(joined) == len(text)
    assert joined == "".join(
        c if (ord(c) >= 32 and c != "\x7f") or c in "\t\n\r" else joined[i] for i, c in enumerate(text)
    )


def test_control_characters_are_shown(tagged):
    pieces = segments(Tagged(Article("a", "x\x00\x1b\x7f\n"), (), ()))
    assert [piece.text for piece in pieces] == ["x␀␛␡\n"]


def test_decomposed_letters_stay_decomposed(tagged):
    text = "Đã trồng 5 cây"
    outline = Outline(page_of(Tagged(Article("a", text), (Span(text.index("5"), len(text), Label.VALUE),), ())))
    assert outline.text == text
