"""Long articles are read in parts that make the article again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chitieu import pipeline
from chitieu.article import Article
from chitieu.facts.fact import Evidence, Fact
from chitieu.labels import Kind, Status
from chitieu.pipeline import shift, split_article


@contextmanager
def limits(characters: int, numerals: int) -> Iterator[None]:
    """Parts small enough for short texts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipeline, "_LONGEST_PART", characters)
        patch.setattr(pipeline, "_MOST_NUMERALS", numerals)
        yield


pages = st.lists(
    st.sampled_from(["Xã có 5 HTX. ", "\n", "1.234,5", " ", "12", "a" * 30, "\r\n", ". ", "1 2 3 4 5 6 "]), max_size=60
).map("".join)


@given(st.one_of(pages, st.text(max_size=200)), st.integers(1, 80), st.integers(1, 12))
def test_parts_make_the_text_again(text, characters, numerals):
    with limits(characters, numerals):
        article = Article("a", text)
        parts = split_article(article)
        assert "".join(text[part.start : part.end] for part in parts) == text
        assert [part.start for part in parts] == [0, *(part.end for part in parts[:-1])]
        assert all(part.article is article for part in parts)
        assert all(part.end > part.start for part in parts) or text == ""
        assert max(part.end - part.start for part in parts) <= characters
        assert max(pipeline._numerals(text, part.start, part.end) for part in parts) <= numerals
        # only the last part ends where the text does: by that, tagging knows that an article is done
        assert [part.end == len(text) for part in parts] == [False] * (len(parts) - 1) + [True]


def test_an_ordinary_article_is_one_part():
    text = "Năm 2021, xã có 35 HTX.\n" * 100
    assert [(part.start, part.end) for part in split_article(Article("a", text))] == [(0, len(text))]


def test_parts_end_at_line_breaks_then_sentences_then_spaces():
    with limits(20, 100):
        for text, first in (
            ("dòng một\ndòng hai dài hơn một chút", "dòng một\n"),
            ("câu một. câu hai dài hơn một chút", "câu một."),
            ("không có dấu chấm nào ở đây", "không có dấu chấm "),
            ("khôngcódấuchấmnàoởđâycả", "khôngcódấuchấmnàoởđâ"),
        ):
            part = split_article(Article("a", text))[0]
            assert text[part.start : part.end] == first


def test_a_page_of_digits_is_cut_by_its_numerals():
    text = "7 " * 10_000
    parts = split_article(Article("a", text))
    assert len(parts) >= 8
    assert "".join(text[part.start : part.end] for part in parts) == text


@given(pages, st.integers(20, 60), st.integers(3, 12), st.integers(1, 4))
def test_batches_hold_no_more_than_a_part_may(text, characters, numerals, copies):
    with limits(characters, numerals):
        parts = [part for number in range(copies) for part in split_article(Article(str(number), text))]
        batches = list(pipeline._batches(parts))
        assert [part for batch in batches for part in batch] == parts
        for batch in batches:
            assert batch
            assert sum(part.end - part.start for part in batch) <= characters
            assert sum(pipeline._numerals(text, part.start, part.end) for part in batch) <= numerals


def test_shifted_facts_keep_everything_but_their_places():
    fact = Fact(
        article_id="a",
        metric="m",
        value=1,
        status=Status.ACTUAL,
        kind=Kind.LEVEL,
        sentence="s",
        evidence=Evidence((5, 6), ((1, 2), (3, 4)), (0, 1), (7, 8), (9, 10), (11, 12), (13, 14)),
    )
    moved = shift(fact, 100)
    assert moved.evidence == Evidence(
        (105, 106), ((101, 102), (103, 104)), (100, 101), (107, 108), (109, 110), (111, 112), (113, 114)
    )
    assert moved.fact_id == "a:105-106"
    assert shift(moved, -100) == fact
    assert shift(fact, 0) is fact
