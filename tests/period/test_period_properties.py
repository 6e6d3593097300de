"""Properties of the period package on any input."""

from __future__ import annotations

import unicodedata
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chitieu.errors import ChitieuError
from chitieu.period import Period, PeriodError, article_present, find_periods, resolve_base, resolve_periods

months = st.tuples(st.integers(1000, 9999), st.integers(1, 12))
periods = st.tuples(months, months).map(lambda pair: Period(min(pair), max(pair)))
recent_months = st.tuples(st.integers(1950, 2100), st.integers(1, 12))
recent = st.tuples(recent_months, recent_months).map(lambda pair: Period(min(pair), max(pair)))
dates = st.none() | st.dates(date(1990, 1, 1), date(2040, 1, 1)) | st.dates()
# Words of time expressions in any order, so that the grammar is reached and not only random letters.
WORDS = [
    *["năm", "tháng", "quý", "kỳ", "cùng", "nay", "qua", "trước", "tới", "đến", "hết", "đầu", "cuối", "nửa", "giai"],
    *["đoạn", "nhiệm", "hiện", "trong", "từ", "ngày", "vụ", "một", "hai"],
    *[
        "2019",
        "2020",
        "2021",
        "31/12",
        "1/1",
        "III",
        "6",
        "9",
        "11",
        "-",
        "–",
        "/",
        ",",
        ".",
        "\n",
        "HTX",
        "đạt",
        "so với",
    ],
    *["Tết", "Canh", "Tý", "Q3/2021", "9T", "2016-2020", "13", "0", "35/13/2020"],
]
texts = st.text(max_size=80) | st.lists(st.sampled_from(WORDS), max_size=25).map(" ".join)


@given(periods)
def test_what_is_printed_is_read_back(period: Period) -> None:
    assert Period.parse(str(period)) == period


@given(periods, st.integers(-50, 50))
def test_shifting_there_and_back(period: Period, years: int) -> None:
    if period.start[0] + years >= 1000 and period.year + years <= 9999:
        moved = period.shift(years=years)
        assert moved.year == period.year + years
        assert moved.months == period.months
        assert moved.shift(years=-years) == period


@given(periods, periods)
def test_order_is_that_of_the_months(one: Period, other: Period) -> None:
    assert (one < other) == ((one.start, one.end) < (other.start, other.end))
    assert (one == other) == (str(one) == str(other))


def parsed(text: str) -> Period | PeriodError:
    try:
        return Period.parse(text)
    except PeriodError as error:
        return error


@given(st.text(max_size=20) | st.from_regex(r"\d{4}(-[HQM]?\d{1,2}M?)?(/\d{4})?", fullmatch=True))
def test_any_other_string_is_an_error_with_a_code(text: str) -> None:
    found = parsed(text)
    if isinstance(found, Period):
        assert Period.parse(str(found)) == found
    else:
        assert isinstance(found, ChitieuError)
        assert found.code in {"C550", "C551", "C552"}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "C550"),
        ("năm 2021", "C550"),
        ("21", "C550"),
        ("2021-Q5", "C550"),
        ("2021-H3", "C550"),
        ("２０２１", "C550"),
        ("2021-13", "C551"),
        ("2021-00", "C551"),
        ("2021-14M", "C551"),
        ("0021", "C551"),
        ("2025/2021", "C552"),
        ("2021-06/2021-03", "C552"),
    ],
)
def test_bad_periods_say_what_is_wrong(text: str, code: str) -> None:
    with pytest.raises(PeriodError) as caught:
        Period.parse(text)
    assert caught.value.code == code
    assert caught.value.remedy


@settings(deadline=None)
@given(texts)
def test_mentions_stand_in_order_apart_and_inside(text: str) -> None:
    end = 0
    for start, stop in find_periods(text):
        assert end <= start < stop <= len(text)
        assert text[start:stop].strip()
        end = stop


@settings(deadline=None)
@given(texts, dates, st.none() | texts)
def test_every_mention_gets_an_answer(text: str, published: date | None, title: str | None) -> None:
    mentions = find_periods(text)
    resolved = resolve_periods(text, mentions, published, title)
    assert len(resolved) == len(mentions)
    assert all(p is None or Period.parse(str(p)) == p for p in resolved)
    if published is not None:
        assert article_present(text, title, published).year == published.year


@settings(deadline=None)
@given(st.text(max_size=60), st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=6), dates)
def test_any_span_may_be_asked_for(text: str, spans: list[tuple[int, int]], published: date | None) -> None:
    mentions = [(min(a, b, len(text)), min(max(a, b), len(text))) for a, b in spans]
    assert len(resolve_periods(text, mentions, published)) == len(mentions)


@given(recent, texts)
def test_any_base_is_dated(period: Period, mention: str) -> None:
    assert isinstance(resolve_base(period, mention), Period)


@settings(deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=25).map(" ".join), dates)
def test_composed_and_decomposed_letters_say_the_same(text: str, published: date | None) -> None:
    composed, decomposed = unicodedata.normalize("NFC", text), unicodedata.normalize("NFD", text)
    found = find_periods(composed), find_periods(decomposed)
    assert [composed[a:b] for a, b in found[0]] == [unicodedata.normalize("NFC", decomposed[a:b]) for a, b in found[1]]
    assert resolve_periods(composed, found[0], published) == resolve_periods(decomposed, found[1], published)


def test_order_of_mentions_is_kept() -> None:
    text = "Năm 2019 thu 5 tỷ đồng, quý III/2020 thu 2 tỷ đồng."
    first, second = find_periods(text)
    assert [str(p) for p in resolve_periods(text, [second, first], None)] == ["2020-Q3", "2019"]


def test_a_base_before_the_calendar_is_an_error() -> None:
    with pytest.raises(PeriodError) as caught:
        resolve_base(Period.of_year(1000), "cùng kỳ")
    assert caught.value.code == "C551"
