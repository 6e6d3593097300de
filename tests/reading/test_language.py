"""Which articles are said not to be Vietnamese."""

from __future__ import annotations

import unicodedata

import pytest

from chitieu.article import Article
from chitieu.reading import language_notice

VIETNAMESE = "Năm 2023, toàn huyện trồng mới 120 ha rừng, đạt 104% kế hoạch; dự kiến năm 2024 trồng thêm 150 ha nữa."


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_vietnamese_is_not_noticed(form):
    assert language_notice(Article("a", unicodedata.normalize(form, VIETNAMESE))) is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("12 345 6.789, 10/2023 – 55%", "C120"),
        ("The cooperative opened 12 new shops in 2023 and plans to open 15 more by the end of next year.", "C121"),
        (
            "Le chiffre d'affaires a été de 12 millions d'euros en 2023, soit une hausse de 8 % par rapport à l'année.",
            "C121",
        ),
        (
            "Nam 2023, toan huyen trong moi 120 ha rung, dat 104% ke hoach; du kien nam 2024 trong them 150 ha nua.",
            "C121",
        ),
    ],
)
def test_others_are(text, code):
    notice = language_notice(Article("bài-1", text))
    assert notice is not None
    assert notice.code == code
    assert notice.place == "bài-1"
    assert notice.remedy


def test_a_few_words_are_too_few_to_tell():
    assert language_notice(Article("a", "HTX Tan Phat: 52 HTX")) is None
