"""What is weighed for each value."""

from __future__ import annotations

import numpy as np
import spacy
from hypothesis import given
from hypothesis import strategies as st

from chitieu.article import Span
from chitieu.labels import Label, Role
from chitieu.relation.candidates import POOLS, WORDS, Reach, pairs, word_pairs
from chitieu.relation.layout import read_layout
from chitieu.relation.mentions import Mention


def mentions(*places: tuple[int, int]) -> tuple[Mention, ...]:
    return tuple(Mention(Span(first, last, Label.VALUE), first, last, "x") for first, last in places)


def singles(*firsts: int) -> tuple[Mention, ...]:
    return mentions(*((first, first + 1) for first in firsts))


def as_pairs(found) -> list[tuple[int, int]]:
    left, right = found
    return list(zip(left.tolist(), right.tolist(), strict=True))


def test_every_role_has_one_pool():
    assert sorted(role for pool in POOLS for role in pool.roles) == sorted(Role)


def test_pairs_reach_before_and_behind():
    values, candidates = singles(50), singles(10, 20, 30, 40, 60, 70, 80)
    assert as_pairs(pairs(values, candidates, Reach(2, 0, 0))) == [(0, 2), (0, 3), (0, 4)]
    assert as_pairs(pairs(values, candidates, Reach(1, 1, 0))) == [(0, 3), (0, 4), (0, 5)]


def test_pairs_include_the_head_of_the_article_once():
    values, candidates = singles(50), singles(10, 20, 30, 40, 60)
    assert as_pairs(pairs(values, candidates, Reach(1, 0, 2))) == [(0, 0), (0, 1), (0, 3), (0, 4)]
    assert as_pairs(pairs(values, candidates, Reach(9, 9, 9))) == [(0, index) for index in range(5)]


def test_a_value_is_no_candidate_of_itself():
    values = singles(5, 15, 25)
    assert as_pairs(pairs(values, values, Reach(5, 5, 0))) == [(0, 1), (0, 2), (1, 0), (1, 2), (2, 0), (2, 1)]


def test_no_values_or_no_candidates_no_pairs():
    for values, candidates in (((), singles(1)), (singles(1), ()), ((), ())):
        left, right = pairs(values, candidates, Reach(3, 3, 3))
        assert left.shape == right.shape == (0,)
        assert left.dtype == right.dtype == np.int64


places = st.lists(st.integers(0, 60), unique=True, max_size=12).map(sorted)
reaches = st.builds(Reach, st.integers(0, 6), st.integers(0, 6), st.integers(0, 4))


@given(places, places, reaches)
def test_pairs_are_ordered_and_once_each(values, candidates, reach):
    found = as_pairs(pairs(singles(*values), singles(*candidates), reach))
    assert found == sorted(set(found))
    assert all(values[left] != candidates[right] for left, right in found)
    for value in range(len(values)):
        weighed = {right for left, right in found if left == value}
        assert len(weighed) <= reach.before + reach.behind + reach.head + 1
        nearest = (
            [index for index, place in enumerate(candidates) if place < values[value]][-1:] if reach.before else []
        )
        assert set(nearest) <= weighed


TEXT = """Mục tiêu năm 2022:
- Thành lập mới 20 HTX, 35 THT;
- Mở 5 lớp.
Kết quả đạt được của phong trào trong một năm nhiều khó khăn, thử thách, mưa lũ và dịch bệnh: 7 HTX."""


DOC = spacy.blank("vi", config={"nlp": {"tokenizer": {"@tokenizers": "chitieu.tokenizer.v1"}}})(TEXT)


@given(st.integers(0, 8), st.integers(0, 8), st.sets(st.integers(0, 60)))
def test_word_pairs_are_the_words_within_reach_and_those_of_headings_and_openings(before, behind, silent):
    doc = DOC
    takes = np.array([token.i not in silent and not token.is_space for token in doc])
    values = singles(*(token.i for token in doc if token.text.isdigit() and len(token) < 4))
    layout = read_layout(doc)
    found = as_pairs(word_pairs(values, takes, layout, Reach(before, behind, 0)))
    assert found == sorted(set(found))
    assert all(takes[word] for _, word in found)
    assert not any(values[left].first <= word < values[left].last for left, word in found)
    for index, value in enumerate(values):
        weighed = {word for left, word in found if left == index}
        reached = set(range(value.first - before, value.last + behind)) - set(range(value.first, value.last))
        near = {word for word in reached if 0 <= word < len(doc) and takes[word]}
        assert near <= weighed
        line = layout.line[value.first]
        opening = set(range(layout.line_start[line], min(layout.line_start[line] + 16, value.first)))
        headings = {layout.heading[line], layout.heading[layout.heading[line]]} - {line}
        assert {word for word in opening if takes[word]} <= weighed
        assert {layout.line[word] for word in weighed - near - opening} <= headings


def test_words_of_a_heading_are_weighed_however_far():
    layout = read_layout(DOC)
    (value,) = (token.i for token in DOC if token.text == "5")
    takes = np.array([not token.is_space for token in DOC])
    _, right = word_pairs(singles(value), takes, layout, Reach(1, 0, 0))
    assert {"Mục tiêu", "năm"} <= {DOC[int(word)].text for word in right}


def test_word_pairs_without_values():
    left, right = word_pairs((), np.ones(len(DOC), dtype=bool), read_layout(DOC), Reach(3, 3, 0))
    assert (left.shape, right.shape) == ((0,), (0,))


def test_words_come_first():
    """Losses and decoding tell METRIC from the roles whose candidates compete by the pool's name."""
    assert [pool.name for pool in POOLS].count(WORDS) == 1
    assert POOLS[0].name == WORDS
    assert Role.METRIC in POOLS[0].roles


def test_leading_dots_end_no_sentence():
    nlp = spacy.blank("vi", config={"nlp": {"tokenizer": {"@tokenizers": "chitieu.tokenizer.v1"}}})
    cases = {
        "Tổng nguồn vốn ....... 2.318,4 / 2.450": 1,
        "Dư nợ ……… 12 tỷ đồng": 1,
        "Lạ thật... Có 3 tỷ đồng": 4,
        "A. B": 2,
    }
    for text, sentences in cases.items():
        layout = read_layout(nlp.make_doc(text))
        assert layout.sentence[-1] + 1 == sentences, text
        assert layout.clause[-1] + 1 >= sentences
