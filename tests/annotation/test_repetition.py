"""Wordings that stand in too many articles are found under other names and figures, and stock phrases are none."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chitieu.annotation.check import Severity, check
from chitieu.annotation.gold import AnnotatedArticle
from chitieu.annotation.inline import parse_inline
from chitieu.annotation.repetition import MOST_ARTICLES, RUN_WORDS, repetitions, stock_phrases
from chitieu.annotation.splits import read_corpus
from chitieu.article import Article

CORPUS = Path(__file__).resolve().parents[2] / "annotations"
PLACES = ("huyện Đông", "xã Tây Hồ", "toàn tỉnh", "quận Nam", "phường Bắc")
OPENINGS = ("Sáng qua,", "Bà con kể:", "Họp xong", "Theo sổ sách", "Chiều muộn")


def bare(*texts):
    return [AnnotatedArticle(Article(f"bai-{i}", text)) for i, text in enumerate(texts)]


def filled(number):
    """The same sentence with other names and figures in its slots: five words, an ORG, a YEAR, a figure, four words."""
    body = (
        f"{OPENINGS[number]} bà con đã cùng nhau [[O1|{PLACES[number]}]] [[Y1|năm {2015 + number}]] trồng "
        f"[[V1|{number + 3}.{number}00 gốc]] dừa ven con lạch"
    )
    facts = f"V1: O1 Y1 {2015 + number} actual"
    return parse_inline(f"id: bai-{number}\ngenre: agriculture\npublished: 2022-01-02\n===\n{body}\n===\n{facts}\n")


def test_a_template_shows_under_other_names_and_figures():
    articles = [filled(number) for number in range(4)]
    (found,) = repetitions(articles)
    assert found.words == "bà con đã cùng nhau trồng gốc dừa ven con lạch"
    assert [index for index, _ in found.holders] == [0, 1, 2, 3]
    assert all(articles[i].article.text[at:].startswith("bà con đã") for i, at in found.holders if i != 1)
    assert repetitions(articles[:MOST_ARTICLES]) == []


def test_check_tells_it_once_of_the_last_article_with_all_others():
    problems = [problem for problem in check([filled(number) for number in range(5)]) if problem.code == "C229"]
    (problem,) = problems
    assert (problem.severity, problem.article_id) == (Severity.ERROR, "bai-4")
    assert "in 5 articles, also in bai-0, bai-1, bai-2, bai-3" in problem.message


def test_figures_break_no_run_and_letters_fold():
    said = "Chợ phiên mở từ lúc gà gáy canh ba"
    articles = bare(
        said,
        said.upper(),
        unicodedata.normalize("NFD", said),
        said.replace("từ", "7 từ").replace(" lúc", "\n12,5 - lúc"),
    )
    assert [len(found.holders) for found in repetitions(articles, stock=())] == [4]


def test_words_of_stock_phrases_do_not_count():
    articles = bare(*("Tăng bốn lần so với cùng kỳ mùa nước nổi",) * 4)
    assert [found.words for found in repetitions(articles, stock=())] == ["tăng bốn lần so với cùng kỳ mùa nước nổi"]
    assert repetitions(articles, stock=("so với cùng kỳ",)) == []
    assert repetitions(articles, stock=("với cùng kỳ năm",)) != []


def test_wordings_of_other_holders_are_told_apart():
    long, more = "một hai ba bốn năm sáu bảy tám chín", "mười trăm nghìn"
    articles = bare(*(f"{long} {more}",) * 4, long)
    assert [(found.words, len(found.holders)) for found in repetitions(articles, stock=())] == [
        (long, 5),
        ("ba bốn năm sáu bảy tám chín mười trăm nghìn", 4),
    ]


words = st.text("abcd", min_size=1, max_size=2)


@given(st.lists(st.lists(words, max_size=25).map(" ".join), max_size=6), st.integers(1, 3))
def test_every_run_in_too_many_articles_is_told_and_no_other(texts, most):
    told = repetitions(bare(*texts), most=most, stock=())
    holders: dict[str, set[int]] = {}
    for index, text in enumerate(texts):
        each = text.split()
        for at in range(len(each) - RUN_WORDS + 1):
            holders.setdefault(" ".join(each[at : at + RUN_WORDS]), set()).add(index)
    wanted = {run for run, held in holders.items() if len(held) > most}
    found: set[str] = set()
    for repetition in told:
        each = repetition.words.split()
        runs = {" ".join(each[at : at + RUN_WORDS]) for at in range(len(each) - RUN_WORDS + 1)}
        assert all(holders[run] == {index for index, _ in repetition.holders} for run in runs)
        assert all(texts[index][at:].startswith(each[0]) for index, at in repetition.holders)
        found |= runs
    assert found == wanted


@pytest.mark.parametrize("phrase", stock_phrases())
def test_stock_phrases_are_short_plain_and_in_use(phrase):
    words = phrase.split()
    assert 3 <= len(words) <= RUN_WORDS
    assert phrase == unicodedata.normalize("NFC", phrase).lower()
    texts = (unicodedata.normalize("NFC", article.article.text).lower() for article in read_corpus(CORPUS))
    folded = (" ".join(re.findall(r"[^\W\d_]+", text)) for text in texts)
    assert sum(f" {phrase} " in f" {text} " for text in folded) >= 2


def test_the_list_of_stock_phrases_stays_short():
    assert 1 <= len(stock_phrases()) <= 40
    assert len(set(stock_phrases())) == len(stock_phrases())
