"""Copies: what is one, and above all what is not."""

from __future__ import annotations

import base64
import os
import re
import subprocess
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chitieu.feed.duplicates import NEAR, Copy, DuplicateIndex, Signature, signature

LINE = "hợp tác xã nông nghiệp xã Tân Lập vận động bà con trồng rau sạch theo hướng hữu cơ bán cho siêu thị"
WORDS = LINE.split()
REPORT = "\n".join(
    f"Tổ {number} của xã {WORDS[number % 20]} {WORDS[(number * 7) % 20]} thu {number * 13 + 5} tấn"
    f" {WORDS[(number * 3) % 20]},"
    f" bán được {number * 31 + 8} triệu đồng cho {WORDS[(number * 11) % 20]} {WORDS[(number * 13) % 20]}."
    for number in range(1, 25)
)


@pytest.fixture
def index():
    index = DuplicateIndex()
    index.add(1, signature(REPORT), "https://goc.example/bai")
    yield index
    index.close()


@pytest.mark.parametrize(
    ("copy", "reason"),
    [
        (REPORT, "same text"),
        (REPORT.upper().replace(".", " !").replace("\n", "\r\n\t"), "same text"),
        (unicodedata.normalize("NFD", REPORT), "same text"),
        ("Theo TTXVN, ngày 12/3/2024, 14h30\n" + REPORT, "near-identical text"),
        (REPORT.partition("\n")[2], "near-identical text"),
        (REPORT.rpartition("\n")[0] + "\nPhóng viên thường trú", "near-identical text"),
        (REPORT.replace("\n", " "), "same text"),
    ],
    ids=[
        "same",
        "set otherwise",
        "decomposed",
        "with a head",
        "without its first line",
        "with another end",
        "one line",
    ],
)
def test_copies(index, copy, reason):
    found = index.find(signature(copy))
    assert found is not None
    assert (found.article, found.reason) == (1, reason)
    assert NEAR <= found.similarity <= 1.0


LISTED = "Kế hoạch năm 2025\n" + REPORT + "\nSố tổ: 24\nSố hộ: 310"


@pytest.mark.parametrize(
    "copy",
    [
        "Gom tin: Kế hoạch năm 2025\n" + LISTED,
        LISTED + "\n(Theo Báo Ví Dụ)",
        LISTED.replace("\n", " ") + " (Theo Báo Ví Dụ)",
        LISTED.partition("\n")[2],
        LISTED.rpartition("\n")[0],
    ],
    ids=["headline before it", "name after it", "the same on one line", "no headline", "cut"],
)
def test_what_follows_the_last_figure_of_a_line_may_differ(copy):
    index = DuplicateIndex()
    index.add(1, signature(LISTED))
    found = index.find(signature(copy))
    if "\n" not in copy:  # where a line ends cannot be told: read twice rather than not at all
        assert found is None
    else:
        assert found is not None
        assert found.article == 1


@pytest.mark.parametrize(
    "other",
    [
        LISTED.replace("hộ: 310", "hộ: 311"),
        LISTED.replace("Số hộ", "Số bò"),
        LISTED + "\nSố ao: 12",
        LISTED.replace("năm 2025", "năm 2026"),
        LISTED + " nghìn",
    ],
    ids=["last figure", "what it counts", "one more", "year", "its unit"],
)
def test_a_figure_at_the_end_of_a_line_is_a_figure(other):
    assert other != LISTED
    index = DuplicateIndex()
    index.add(1, signature(LISTED))
    assert index.find(signature(other)) is None


@pytest.mark.parametrize(
    "other",
    [
        REPORT.replace("thu 18 tấn", "thu 19 tấn"),
        REPORT.replace("bán được 39 triệu", "bán được 39 tỷ"),
        REPORT + "\nKế hoạch năm tới là 900 tấn rau.",
        re.sub(r"\d+", lambda number: str(int(number.group()) + 2), REPORT),
        REPORT[: len(REPORT) // 2],
        "",
        "Tổ 1 thu 18 tấn.",
    ],
    ids=["one figure", "one unit", "one more figure", "every figure", "half", "nothing", "little"],
)
def test_what_is_no_copy(index, other):
    assert other != REPORT
    assert index.find(signature(other)) is None


def test_the_report_a_figure_was_taken_from_is_no_copy_of_what_lacks_it():
    index = DuplicateIndex()
    index.add(1, signature(REPORT))
    longer = signature(REPORT + "\nNgoài ra còn 77 hộ mới tham gia.")
    assert index.find(longer) is None
    index.add(2, longer)
    assert index.find(signature(REPORT)) == Copy(1, 1.0, "same text")


def test_short_texts_are_copies_only_of_the_same_words(index):
    index.add(5, signature("Giá rau hôm nay ở chợ Bến Gỗ vẫn như tuần trước."))
    assert index.find(signature("giá rau hôm nay ở chợ Bến Gỗ vẫn như tuần trước")) == Copy(5, 1.0, "same text")
    assert index.find(signature("Giá rau hôm nay ở chợ Bến Gỗ vẫn như tháng trước.")) is None


def test_one_page_under_two_links(index):
    page, changed = "https://goc.example/bai", signature(REPORT.replace("thu 18 tấn", "thu 19 tấn"))
    found = index.find(changed, page)
    assert found is not None
    assert (found.article, found.reason) == (1, "url")
    assert index.find(changed, page, besides=1) is None
    assert index.find(changed, "https://goc.example/khac") is None
    assert index.find(changed) is None


def test_articles_that_give_the_address_of_their_section(index):
    other = signature(" ".join(reversed(REPORT.split())))
    assert index.find(other, "https://goc.example/bai") is None


def test_an_article_is_no_copy_of_itself(index):
    assert index.find(signature(REPORT), besides=1) is None


def test_the_likest_and_of_equals_the_first(index):
    index.add(2, signature(REPORT))
    index.add(3, signature("Một dòng mới ở đầu bài báo này\n" + REPORT))
    assert index.find(signature(REPORT)) == Copy(1, 1.0, "same text")
    index.remove(1)
    assert index.find(signature(REPORT)) == Copy(2, 1.0, "same text")
    index.add(2, signature("một bài khác"))
    found = index.find(signature(REPORT))
    assert found is not None
    assert found.article == 3


@given(st.text(max_size=300))
def test_signatures_travel_as_text(text):
    own = signature(text)
    assert Signature.load(own.dump()) == own
    assert own.similarity(own) == 1.0
    assert not own.brings_figures_to(own)


@given(st.text(max_size=60))
def test_what_is_no_signature_is_none(text):
    loaded = Signature.load(text)
    assert loaded is None or loaded.dump()


def test_a_signature_of_another_version_is_none():
    data = base64.b85decode(signature(REPORT).dump())
    assert Signature.load(base64.b85encode(b"\x01" + data[1:]).decode()) is None


def test_signatures_are_the_same_in_every_process():
    script = f"from chitieu.feed.duplicates import signature; print(signature({REPORT!r}).dump())"
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONIOENCODING": "utf-8"}
        done = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, check=True, env=environment, timeout=60
        )
        assert done.stdout.strip() == signature(REPORT).dump()


def test_similarity_is_the_share_of_runs_in_common():
    """Half of the runs of either: two texts that share two thirds of their lines."""
    lines = REPORT.split("\n")
    first, second = "\n".join(lines[:20]), "\n".join(lines[4:24])
    assert 0.4 < signature(first).similarity(signature(second)) < 0.85
    assert signature(first).similarity(signature(" ".join(reversed(WORDS * 10)))) < 0.1


def test_a_very_long_text():
    words = " ".join(f"số{number}" for number in range(60_000))
    own = signature(words)
    assert (own.words, len(own.figures)) == (60_000, 1_024)
    assert not signature(" ".join(words.split(" ")[:55_000])).brings_figures_to(own)


def test_pages_of_one_template_do_not_have_to_be_compared_with_all_others():
    template = (
        "Bảng giá hôm nay của hợp tác xã chợ đầu mối: bà con gửi hàng trước giờ họp chợ, ghi tên ở cửa và nhận phiếu; "
        "giá thay đổi theo phiên, ai cần hỏi thêm thì gặp ban quản lý ở dãy nhà phía sau. Giá gạo {} nghìn"
    )
    index = DuplicateIndex()
    for number in range(300):
        own = signature(template.format(number))
        assert index.find(own) is None
        assert len(list(index._candidates(own, None))) <= 64
        index.add(number, own)
    copy = index.find(signature(template.format(7)))
    assert copy is not None
    assert copy.article == 7
