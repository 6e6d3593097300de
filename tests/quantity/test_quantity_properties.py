"""What holds for every text, not only for the cases."""

from __future__ import annotations

import json
import unicodedata
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chitieu.labels import Bound
from chitieu.quantity import QuantityError, find_quantities, parse_quantity, read_bound, split_slash

TEXTS = [json.loads(line)["text"] for line in Path(__file__).with_name("cases.jsonl").read_text("utf-8").splitlines()]
SCALES = {"": 0, " nghìn": 3, " triệu": 6, " tỷ": 9, " nghìn tỷ": 12}
UNITS = ["", " đồng", " HTX", "%", " ha", " lượt khách", " đồng/người/tháng", " m2", " cán bộ, công chức"]
FIGURES = st.decimals(min_value=0, max_value=10**12, places=2, allow_nan=False, allow_infinity=False)
# Text that looks like quantities, far likelier to reach deep branches than any characters would be.
NUMERALS = ["5", "12", "1.880", "4,8", "446.4000", "５", "ba", "hai", " một", " năm", " mươi", " lăm", " linh", "trăm"]
SCALE_WORDS = [" nghìn", " triệu", " tỷ", " rưỡi", "tr", "đ", "phần trăm"]
UNIT_WORDS = [" đồng", "%", " HTX", " m2", "/kg", "/1 ha", "²", "$", "e\u0302\u0309", "İ", "ß", "ước", " và "]
MARKS = [",", ".", "/", " ", "-", " – ", " đến ", "(", "\u00a0", "\u200b", "\n", "từ "]
PIECES = st.sampled_from([*NUMERALS, *SCALE_WORDS, *UNIT_WORDS, *MARKS])
QUASI_QUANTITIES = st.lists(PIECES, max_size=12).map("".join)
ANY_TEXT = st.one_of(st.text(max_size=80), QUASI_QUANTITIES)


def vietnamese(number: Decimal) -> str:
    """Write a number the Vietnamese way: `1234.5` is `1.234,5`."""
    return f"{number:,f}".translate(str.maketrans(",.", ".,"))


@given(FIGURES, st.sampled_from(list(SCALES)), st.sampled_from(UNITS))
def test_what_is_written_is_read_back(number: Decimal, scale: str, unit: str) -> None:
    quantity = parse_quantity(vietnamese(number) + scale + unit)
    assert quantity.value == number.scaleb(SCALES[scale])
    assert quantity.unit == (unit.strip() or None)
    assert quantity.value_high is None


@given(FIGURES, FIGURES, st.sampled_from([" - ", "-", "–", " đến ", " tới "]), st.sampled_from(list(SCALES)))
def test_a_range_is_read_back(one: Decimal, other: Decimal, connector: str, scale: str) -> None:
    low, high = sorted((one, other))
    quantity = parse_quantity(f"{vietnamese(low)}{scale}{connector}{vietnamese(high)}{scale} đồng")
    assert (quantity.value, quantity.value_high) == (low.scaleb(SCALES[scale]), high.scaleb(SCALES[scale]))


@given(ANY_TEXT)
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        quantity = parse_quantity(text)
    except QuantityError as refused:
        error: QuantityError | None = refused
    else:
        error = None
        assert quantity.value >= 0
        assert quantity.value.is_finite()
        assert quantity.value_high is None or quantity.value_high >= quantity.value
        assert (quantity.unit is None) == (quantity.canonical_unit is None)
    assert error is None or (error.code.startswith("C50") and error.remedy)


@given(st.one_of(st.sampled_from(TEXTS), ANY_TEXT))
def test_decomposed_letters_read_as_composed_ones(text: str) -> None:
    forms = []
    for form in ("NFC", "NFD"):
        try:
            forms.append(repr(parse_quantity(unicodedata.normalize(form, text))))
        except QuantityError as error:
            forms.append(error.code)
    assert forms[0] == forms[1]


@given(FIGURES, st.sampled_from([" HTX", " tỷ đồng", " ha", "%"]), st.integers(min_value=0, max_value=10**6))
def test_a_second_number_is_never_dropped(number: Decimal, unit: str, second: int) -> None:
    for text in (f"{vietnamese(number)}{unit} {second}", f"{vietnamese(number)}{unit}, {second} hộ"):
        with pytest.raises(QuantityError):
            parse_quantity(text)


@given(st.from_regex(r"[0-9]{1,3}\.[0-9]{4,6}|[0-9]{4,6}\.[0-9]{3}|[0-9]{1,3}(?:\.[0-9]{1,2}){2,4}", fullmatch=True))
def test_a_numeral_with_junk_digits_is_never_read_as_its_front(numeral: str) -> None:
    for text in (numeral, numeral + " tỷ đồng", numeral + "%"):
        with pytest.raises(QuantityError) as caught:
            parse_quantity(text)
        assert caught.value.code == "C503"


@given(st.lists(st.one_of(ANY_TEXT, st.sampled_from(TEXTS)), max_size=6).map(" ".join))
def test_what_is_found_lies_in_the_text_in_order(text: str) -> None:
    end_before = 0
    for start, end in find_quantities(text):
        assert end_before <= start < end <= len(text)
        first = unicodedata.normalize("NFKC", text[start:end]).lower()
        words = ("một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "bẩy", "tám", "chín", "mười")
        assert first[0].isdigit() or first.startswith(words)
        end_before = end


@given(st.lists(st.one_of(ANY_TEXT, st.sampled_from(TEXTS)), max_size=4).map(" ".join))
def test_the_same_is_found_in_decomposed_text(text: str) -> None:
    def surfaces(form: str) -> list[str]:
        line = unicodedata.normalize(form, text)
        return [unicodedata.normalize("NFC", line[start:end]) for start, end in find_quantities(line)]

    assert surfaces("NFC") == surfaces("NFD")


@given(ANY_TEXT, ANY_TEXT, st.sampled_from(["5 HTX", "6 - 8%"]))
def test_every_surrounding_gives_a_bound(before: str, after: str, value: str) -> None:
    quantity = parse_quantity(value)
    bound = read_bound(before, after, quantity)
    assert isinstance(bound, Bound)
    assert (bound is Bound.RANGE) or not quantity.is_range


@given(ANY_TEXT)
def test_halves_of_a_pair_parse(text: str) -> None:
    halves = split_slash(text)
    if halves is not None:
        assert all(half in text for half in halves)
        for half in halves:
            parse_quantity(half)
