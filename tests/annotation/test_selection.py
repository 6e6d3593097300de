"""Which articles of a pile are worth annotating: doubtful, unlike each other, and none that is known already."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chitieu.annotation.gold import AnnotatedArticle
from chitieu.annotation.selection import Candidate, Pool, Reason, Sieve, select, uncertainty
from chitieu.article import Article
from chitieu.facts.fact import Derivation, Evidence, Fact
from chitieu.facts.tagged import Tagged
from chitieu.labels import Kind, Status

HARBOUR = "Bến cá sáng nay tấp nập ghe thuyền chở mực khô về chợ đầu mối với giá cao"
SCHOOL = "Nhà trường khai giảng năm học mới, thầy cô cùng phụ huynh quét dọn sân lớp"
FOREST = "Kiểm lâm băng rừng tuần tra, dựng thêm chốt canh lửa bên suối cạn mùa khô"


def fact(confidence, derived=None):
    evidence = Evidence(value=(0, 1))
    return Fact("a", "m", Decimal(1), Status.ACTUAL, Kind.LEVEL, evidence, "s", confidence=confidence, derived=derived)


def tagged(article_id, text, *confidences):
    return Tagged(Article(article_id, text), (), tuple(fact(confidence) for confidence in confidences))


def candidate(article_id, text, doubt):
    return Candidate(tagged(article_id, text), doubt, 1)


def ids(selected):
    return [item.candidate.tagged.article.id for item in selected]


# -- doubt ------------------------------------------------------------------------------------------------------------


def test_doubt_is_the_share_of_facts_expected_wrong():
    assert uncertainty([fact(0.9)] * 100) == pytest.approx((10 + 0.9) / 103)
    assert uncertainty([]) == pytest.approx(0.3)
    assert uncertainty([fact(None)] * 1_000) == pytest.approx(0.5, abs=0.001)


def test_one_doubtful_fact_weighs_less_than_thirty():
    assert uncertainty([fact(0.1)]) < uncertainty([fact(0.1)] * 30)


def test_derived_facts_are_not_asked():
    computed = fact(0.0, Derivation("plan", ("a:0-1",)))
    assert uncertainty([fact(0.9), computed]) == uncertainty([fact(0.9)])


@given(st.lists(st.floats(0, 1), max_size=20), st.floats(0, 1), st.floats(0, 1))
def test_doubt_rises_as_confidence_falls(others, one, other):
    low, high = sorted((one, other))
    facts = [fact(confidence) for confidence in others]
    assert 0 <= uncertainty([*facts, fact(high)]) <= uncertainty([*facts, fact(low)]) <= 1


# -- what can be annotated --------------------------------------------------------------------------------------------


def sieve_of(*texts):
    return Sieve(AnnotatedArticle(Article(f"cu-{i}", text)) for i, text in enumerate(texts))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (f"{HARBOUR}, 12 tấn.", None),
        (f"{HARBOUR}.", Reason.FIGURES),
        ("12 34 56", Reason.LANGUAGE),
        (
            "The cooperative sold 12 tonnes of dried squid at the market this morning, its chairman said.",
            Reason.LANGUAGE,
        ),
        (f"{HARBOUR}, 12 tấn. " * 200, Reason.LENGTH),
        (f"{HARBOUR}: " + "12 tấn, " * 201, Reason.LENGTH),
        (f"{SCHOOL} ngày 5 tháng 9 với 30 lớp.", Reason.KNOWN),
        (f"{SCHOOL}  NGÀY 6 tháng 9 với 31 lớp. Tin và ảnh: Người Quê.", Reason.KNOWN),
    ],
)
def test_each_reason_to_leave_an_article_out(text, reason):
    sieve = sieve_of(f"{SCHOOL} ngày 5 tháng 9 với 30 lớp.")
    passed = list(sieve([Article("moi", text)]))
    assert [article.id for article in passed] == ([] if reason else ["moi"])
    assert sieve.left_out == ({reason: 1} if reason else {})
    assert sieve.passed == len(passed)


def test_copies_in_the_pile_are_read_once():
    sieve = sieve_of()
    pile = [Article(name, f"{FOREST} 3 chốt.") for name in "abc"]
    assert [article.id for article in sieve(pile)] == ["a"]
    assert sieve.left_out == {Reason.COPY: 2}


def test_articles_are_asked_for_one_at_a_time():
    asked = []

    def pile():
        for number in range(5):
            asked.append(number)
            yield Article(f"a-{number}", f"{FOREST} {'và nữa ' * number} {number} chốt.")

    stream = sieve_of()(pile())
    assert next(stream).id == "a-0"
    assert asked == [0]


# -- the pool ---------------------------------------------------------------------------------------------------------


def words(seed, n=40):
    letters = random.Random(seed)
    return " ".join("".join(letters.choices("abcdefgh", k=4)) for _ in range(n))


@given(st.lists(st.integers(0, 100), min_size=1, max_size=150, unique=True), st.randoms(use_true_random=False))
def test_the_pool_holds_the_most_doubtful_whatever_the_order(percents, shuffle):
    pile = [tagged(f"a-{percent}", words(percent), percent / 100) for percent in percents]
    shuffle.shuffle(pile)
    pool = Pool(5)
    for item in pile:
        pool.offer(item)
    held = [int(item.tagged.article.id.split("-")[1]) for item in pool.candidates()]
    assert held == sorted(percents)[:100]


def test_of_near_duplicates_the_pool_holds_the_most_doubtful():
    for order in ((0, 1, 2), (2, 1, 0), (1, 2, 0), (1, 0, 2)):
        pile = [
            tagged(f"a-{i}", f"{words(1)} {words(i + 2, 5)}", confidence)
            for i, confidence in enumerate((0.5, 0.2, 0.8))
        ]
        pool = Pool(3)
        for index in order:
            pool.offer(pile[index])
        assert [item.tagged.article.id for item in pool.candidates()] == ["a-1"]


# -- the choice -------------------------------------------------------------------------------------------------------


def test_no_two_of_a_kind_while_there_are_others():
    pile = [candidate(f"ca-{i}", f"{HARBOUR} {words(i, 6)}", 0.6 - i / 100) for i in range(5)]
    pile += [candidate("truong", SCHOOL, 0.4), candidate("rung", FOREST, 0.35)]
    chosen = select(pile, 3)
    assert ids(chosen) == ["ca-0", "truong", "rung"]
    assert [item.like for item in chosen] == [5, 1, 1]
    assert any("cá" in term or "ghe" in term or "mực" in term for term in chosen[0].terms), chosen[0].terms


def test_doubt_decides_between_unlike_articles():
    pile = [candidate("a", HARBOUR, 0.5), candidate("b", SCHOOL, 0.3), candidate("c", FOREST, 0.2)]
    assert ids(select(pile, 2)) == ["a", "b"]
    assert ids(select(pile, 9)) == ["a", "b", "c"]


@pytest.mark.parametrize("count", [0, 3])
def test_nothing_comes_of_nothing(count):
    assert select([], count) == []
    assert select([candidate("a", "1 2 3", 0.5)], 0) == []


@given(st.lists(st.integers(0, 8), min_size=1, max_size=25), st.integers(1, 30))
def test_each_article_is_taken_once_and_all_are_stood_for(seeds, count):
    pile = [candidate(f"a-{i}", words(seed, 12), 0.9 - i / 100) for i, seed in enumerate(seeds)]
    chosen = select(pile, count)
    assert len(set(ids(chosen))) == len(chosen) == min(count, len(pile))
    assert sum(item.like for item in chosen) == len(pile)
    assert ids(select(pile, count)) == ids(chosen)
