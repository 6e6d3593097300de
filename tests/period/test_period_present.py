"""When an article speaks, and learning to tell it."""

from __future__ import annotations

import json
from datetime import date
from importlib import resources

import pytest

from chitieu.period import article_present
from chitieu.period.folding import fold
from chitieu.period.timeline import Tense, dated_years


def test_the_publication_date_is_the_present() -> None:
    present = article_present("Năm 2019 thu 4 tỷ đồng.", None, date(2020, 3, 2))
    assert (present.year, present.month, present.day, present.certain) == (2020, 3, 2, True)


@pytest.mark.parametrize(
    ("text", "title", "year"),
    [
        ("Chiều 24/01/2022, Liên minh HTX tỉnh họp bàn việc mới.", None, 2022),
        ("Toàn huyện có 40 HTX, tăng 3 HTX so với cùng kỳ năm 2020.", None, 2021),
        ("9 tháng năm 2023, huyện thu 80 tỷ đồng. Mục tiêu đến năm 2030 là 400 tỷ đồng.", None, 2023),
        (
            "Quý III/2021 hãng lãi 5 tỷ đồng, quý III/2020 lãi 4 tỷ đồng; giai đoạn 2021 - 2025 đầu tư 90 tỷ đồng.",
            None,
            2021,
        ),
        ("Toàn xã có 30 tổ hợp tác.", "Kết quả 6 tháng đầu năm 2022", 2022),
        ("Toàn xã có 30 tổ hợp tác.", None, None),
        ("", None, None),
    ],
)
def test_the_present_is_inferred_from_explicit_dates(text: str, title: str | None, year: int | None) -> None:
    present = article_present(text, title, None)
    assert present.year == year
    assert not present.certain


def test_what_is_compared_lies_behind_the_present() -> None:
    text = "Tháng 11 thu 9 tỷ đồng, giảm 2% so với cùng kỳ năm 2019. Lũy kế tăng 4% so với cùng kỳ năm 2019."
    assert article_present(text, None, None).year == 2020


@pytest.mark.parametrize(
    ("text", "tense", "month"),
    [
        ("Năm 2021 thu 5 tỷ đồng", Tense.PAST, 0),
        ("ngày 20/9/2021 có 5 tổ", Tense.PAST, 9),
        ("quý III/2021 có 5 tổ", Tense.PAST, 9),
        ("9 tháng năm 2021 có 5 tổ", Tense.PAST, 9),
        ("tăng 4% so với cùng kỳ năm 2021", Tense.SAME, 0),
        ("tăng 4% so với năm 2021", Tense.BASE, 0),
        ("từ năm 2021 có 5 tổ", Tense.SINCE, 0),
        ("kế hoạch năm 2021 là 5 tổ", Tense.PLAN, 0),
        ("phấn đấu đến năm 2030 có 5 tổ", Tense.FUTURE, 0),
        ("Năm 2022, xã sẽ lập 5 tổ", Tense.FUTURE, 0),
        ("Nghị quyết 12/2021/NĐ-CP nêu rõ", Tense.SPAN, 0),
    ],
)
def test_how_a_year_stands_in_its_sentence(text: str, tense: Tense, month: int) -> None:
    (found,) = dated_years(fold(text).text)
    assert (found.tense, found.month) == (tense, month)


def test_counts_and_decimals_are_no_years() -> None:
    assert dated_years(fold("có 2021 hộ, 2.019 người, 2020,5 ha, 12021 cây").text) == []


def test_the_weights_name_no_year() -> None:
    table = json.loads(resources.files("chitieu.period").joinpath("present.json").read_text(encoding="utf-8"))
    assert len(table["weights"]) > 50
    assert not any("20" in name for name in table["weights"])


def test_learning_prefers_what_the_examples_vote_for() -> None:
    learning = pytest.importorskip("chitieu.period.learning")
    articles = [
        {
            "text": f"9 tháng năm {year} thu 5 tỷ đồng, tăng so với năm {year - 1}.",
            "title": None,
            "published": f"{year}-10-02",
            "spans": [],
            "facts": [],
        }
        for year in range(2011, 2021)
    ]
    weights = learning.learn_present([learning.example(article) for article in articles])
    assert weights["any:month+0"] > 0 > weights["any:month+1"]
    assert learning.example({**articles[0], "text": "Không có năm nào."}) is None


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("Thứ Hai, 08/01/2024 | 09:15\nTrong năm, huyện có 20 HTX mới.", date(2024, 1, 8)),
        ("Tin huyện\nThứ Ba, 19/12/2023, 07:30 (GMT+7)\n\nNăm 2024 sẽ có 12 HTX.", date(2023, 12, 19)),
        ("Tin huyện\n12-02-2021\nNăm 2019 huyện có 9 HTX.", date(2021, 2, 12)),
        ("Tin huyện\n31/02/2021\nNăm 2019 huyện có 9 HTX.", None),
        ("Sáng thứ Hai, ngày 08/01/2024, lúc 9:15, huyện họp " + "bàn việc lập HTX mới " * 4, None),
        ("Ngày 08/01/2024, huyện họp.", None),
    ],
)
def test_a_dateline_is_the_publication_date(text: str, day: date | None) -> None:
    present = article_present(text)
    assert present.certain == (day is not None)
    if day is not None:
        assert (present.year, present.month, present.day) == (day.year, day.month, day.day)
