"""The heading or lead that rules a place, and the season of a report."""

from __future__ import annotations

import pytest

from chitieu.period.folding import fold
from chitieu.period.heading import is_plan, ruling_line
from chitieu.period.present import Present
from chitieu.period.season import past_year, whole_year


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("Nhiệm vụ năm 2024\n\nTrong năm, lập 9 HTX @.", "nhiệm vụ năm 2024"),
        ("Gồm có:\n- lập 9 HTX;\n- mở @ lớp.", "gồm có:"),
        ("Huyện giao ba việc sau.\n1. Lập 9 HTX.\n2. Mở @ lớp.", "huyện giao ba việc sau."),
        ("Nhiệm vụ\nGồm có:\n- lập 9 HTX.\nHọp xong, @ người ở lại.", "nhiệm vụ"),
        ("Họp xong.\nMọi người ở lại @.", None),
        ("Mọi người ở lại @.", None),
        ("Kế hoạch năm\n" + "chữ " * 600 + ".\nMọi người ở lại @.", None),
        ("", None),
    ],
)
def test_the_line_that_rules_a_place(text: str, line: str | None) -> None:
    folded = fold(text).text
    place = ruling_line(folded, max(folded.find("@"), 0))
    assert (folded[slice(*place)] if place else None) == line


@pytest.mark.parametrize(
    ("line", "plan"),
    [
        ("Chỉ tiêu năm 2024", True),
        ("Theo chương trình công tác đã ký ban hành:", True),
        ("Kết quả thực hiện các chỉ tiêu", False),
        ("Đã đạt kế hoạch", False),
        ("Chuyện ở bản", False),
    ],
)
def test_a_plan_is_told_from_its_results(line: str, plan: bool) -> None:
    assert is_plan(fold(line).text) == plan


@pytest.mark.parametrize(
    ("month", "focus", "near", "year"),
    [
        (1, None, False, 2023),
        (1, 2024, True, 2023),
        (1, 2021, True, 2021),
        (1, 2021, False, 2023),
        (4, 2023, False, 2023),
        (9, 2023, False, 2024),
        (9, 2021, False, 2024),
        (9, None, False, 2024),
    ],
)
def test_the_year_that_is_reported(month: int, focus: int | None, near: bool, year: int) -> None:
    assert whole_year(Present(2024, month, 5, certain=True), focus, near) == year


@pytest.mark.parametrize(
    ("month", "focus", "year"), [(1, 2024, 2023), (1, 2019, 2023), (5, None, 2023), (9, 2023, 2023), (9, None, 2024)]
)
def test_the_year_just_past(month: int, focus: int | None, year: int) -> None:
    assert past_year(Present(2024, month, 5, certain=True), focus) == year


def test_without_a_date_the_report_decides() -> None:
    assert whole_year(Present(2024, 1), 2021, False) == 2021
    assert past_year(Present(2024, 1), None) == 2024
    assert whole_year(Present(None), None, False) is None
