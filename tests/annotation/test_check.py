from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from chitieu.annotation.check import check, check_article
from chitieu.annotation.gold import AnnotatedArticle, AnnotatedSpan
from chitieu.annotation.inline import parse_inline
from chitieu.annotation.likeness import shared_shingles
from chitieu.annotation.statistics import statistics_by_genre
from chitieu.article import Article
from chitieu.labels import Label

CASES = json.loads(Path(__file__).with_name("cases_check.json").read_text(encoding="utf-8"))


def compile_case(body: str, facts: str, article_id: str = "mot-bai", genre: str = "cooperative") -> AnnotatedArticle:
    return parse_inline(f"id: {article_id}\npublished: 2021-01-10\ngenre: {genre}\n===\n{body}\n===\n{facts}\n")


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_each_rule_finds_its_problem_and_no_other(case):
    problems = check_article(compile_case(case["body"], case["facts"]))
    assert [f"{problem.severity.value} {problem.code}" for problem in problems] == case["found"], problems


def test_position_points_at_the_value():
    (problem,) = check_article(compile_case("Cả xã đạt [[V1|30%]].", "V1: 2020 actual"))
    assert problem.position == len("Cả xã đạt ")


def test_overlap_and_white_space():
    spans = (AnnotatedSpan("O1", Label.ORG, 0, 6), AnnotatedSpan("Y1", Label.YEAR, 3, 8))
    found = check_article(AnnotatedArticle(Article("a", "Toàn xã ta"), spans))
    assert [(problem.position, problem.message) for problem in found if problem.severity.value == "error"] == [
        (3, "Y1 'n xã ' starts or ends with white space"),
        (3, "O1 and Y1 overlap"),
    ]


def test_broken_references_are_the_only_thing_told():
    article = compile_case("có [[V1|3 tổ]].", "V1: 2020 actual")
    broken = replace(article, facts=(replace(article.facts[0], org="O9"),))
    assert [problem.code for problem in check_article(broken)] == ["C203"]


def test_genre_none_has_no_facts():
    found = check_article(compile_case("có [[V1|3 tổ]].", "V1: 2020 actual", genre="none"))
    assert [(problem.severity.value, problem.code) for problem in found] == [("error", "C226")]
    assert not check_article(compile_case("Trời nắng.", "", genre="none"))


@pytest.mark.parametrize("article_id", ["Bài-1", "a b", "a--b", "-a", "a/../b"])
def test_article_ids(article_id):
    found = check_article(AnnotatedArticle(Article(article_id, "x")))
    assert [problem.code for problem in found] == ["C226"]


def test_same_id_twice_is_an_error():
    article = compile_case("Trời nắng.", "", genre="none")
    assert [problem.code for problem in check([article, article])] == ["C226"]


def test_near_duplicates_are_told_once_for_the_later_article():
    body = "Sáng nay bà con xóm Đồi kéo nhau ra bến xem con thuyền mới của ông Bảy hạ thủy"
    articles = [
        AnnotatedArticle(Article("a", body)),
        AnnotatedArticle(Article("b", "Chuyện khác hẳn.")),
        AnnotatedArticle(Article("c", f"Tin thêm. {body}.")),
    ]
    (problem,) = check(articles)
    assert (problem.code, problem.article_id) == ("C228", "c")
    assert "a, e.g." in problem.message


def test_shingles_need_eight_words():
    assert not shared_shingles(["a b c d e f g", "a b c d e f g"])
    assert shared_shingles(["a b c d e f g h", "x A b, c d e f g h"]) == {(0, 1): ["a b c d e f g h"]}


def test_statistics_count_each_genre_and_all():
    one = compile_case("có [[V1|3 tổ]].", "V1: 2020 actual")
    two = compile_case("[[T1|phấn đấu]] [[M1|Giảm]] [[V1|3 hộ]].", "V1: M1 T1 2020 target optional", "hai", "labour")
    held = statistics_by_genre([one, two])
    assert list(held) == ["cooperative", "labour", "all"]
    assert (held["all"].articles, held["all"].facts, held["all"].optional, held["all"].metrics) == (2, 2, 1, 1)
    assert held["all"].statuses == {"actual": 1, "target": 1}
    assert held["labour"].unlinked == {"metric": 0, "org": 1, "year": 1, "cue": 0}


def test_near_duplicates_never_straddle_splits():
    body = " ".join(f"chuyện{i} làng{i} kể" for i in "abcdefghijklmn")
    articles = [
        AnnotatedArticle(Article("a", body), split="train"),
        AnnotatedArticle(Article("b", f"Tin thêm. {body}"), split="train"),
        AnnotatedArticle(Article("c", body.upper()), split="test"),
    ]
    found = [(problem.severity.value, problem.article_id) for problem in check(articles) if problem.code == "C230"]
    assert found == [("error", "c"), ("error", "c")]
    assert not [problem for problem in check(articles[:2]) if problem.code == "C230"]
