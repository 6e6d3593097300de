"""Web pages: text, title and publication date."""

from __future__ import annotations

import logging
import time
from datetime import date
from pathlib import Path

import pytest

from chitieu.errors import ArticleError
from chitieu.reading.html import read_html

BODY = "Trong quý vừa rồi, tổ hợp tác Bến Đá đã nuôi 120 lồng cá & bán được 35 tấn, vượt kế hoạch 4 tấn."


def page(body: str = BODY, head: str = "") -> str:
    return (
        f"<!doctype html><html><head>{head}<title>Tổ hợp tác Bến Đá</title></head><body>"
        "<nav><a href='/'>Trang chủ</a><a href='/kinh-te'>Kinh tế</a></nav>"
        f"<article><h1>Tổ hợp tác Bến Đá</h1><p>{body.replace('&', '&amp;')}</p></article>"
        "<footer>Lượt xem: 1.234</footer></body></html>"
    )


def test_text_title_and_date():
    published = "<meta property='article:published_time' content='2023-07-04T08:30:00+07:00'>"
    article = read_html(page(head=published).encode(), Path("tin/bến-đá.html"))
    assert (article.id, article.title, article.published) == ("bến-đá", "Tổ hợp tác Bến Đá", date(2023, 7, 4))
    assert BODY in article.text
    assert "Lượt xem" not in article.text
    assert "Trang chủ" not in article.text


def test_a_given_date_fills_a_missing_one_only():
    published = "<meta property='article:published_time' content='2023-07-04'>"
    assert read_html(page().encode(), Path("a.html"), date(2020, 1, 1)).published == date(2020, 1, 1)
    assert read_html(page(head=published).encode(), Path("a.html"), date(2020, 1, 1)).published == date(2023, 7, 4)


def test_years_in_the_text_are_not_the_publication_date():
    assert (
        read_html(
            page("Năm 2019, cả xã có 12 tổ hợp tác; ngày 05/03/2018 ra mắt tổ đầu tiên.").encode(), Path("a.html")
        ).published
        is None
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("declared", ["", "<meta charset=windows-1258>", "<meta charset='utf-8'>"])
def test_the_mark_and_utf_8_go_before_the_declaration(encoding, declared):
    assert BODY in read_html(page(head=declared).encode(encoding), Path("a.html")).text


def test_declared_encoding_of_another_language():
    body = "Le comité régional a créé quarante-deux emplois à l'école supérieure depuis l'été."
    data = page(body, "<meta http-equiv='Content-Type' content='text/html; charset=ISO-8859-1'>")
    data = (
        data.replace("Tổ hợp tác Bến Đá", "Comité").replace("Trang chủ", "").replace("Kinh tế", "").replace("Lượt", "")
    )
    assert body in read_html(data.encode("latin-1"), Path("a.html")).text


def test_control_characters_do_not_stop_the_parser():
    assert "120 lồng" in read_html(page(BODY + "\x0b\x1f").encode(), Path("a.html")).text


def test_deep_pages_are_refused_not_crashed():
    with pytest.raises(ArticleError, match="C115"):
        read_html(("<div>" * 20_000 + "x").encode(), Path("a.html"))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("body", ["<p>" * 200_000 + "a", "<p>" + "a<br>" * 400_000])
def test_a_page_of_too_many_elements_is_refused(body, encoding):
    """The extractor's time may grow with the square of their number, in `chitieu extract` as in `chitieu tag`."""
    begun = time.monotonic()
    with pytest.raises(ArticleError, match="C155"):
        read_html(page(body).encode(encoding), Path("a.html"))
    assert time.monotonic() - begun < 10


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_long_scripts_are_left_out(encoding):
    """Metadata in JSON are searched in time that grows with their square: half a megabyte takes over 40 s."""
    script = '<script type="application/ld+json">' + '"author":"a",' * 40_000 + "</script>"
    data = f"<html><body><article><p>{BODY}</p></article>{script}</body></html>".encode(encoding)
    begun = time.monotonic()
    assert BODY in read_html(data, Path("a.html")).text
    assert time.monotonic() - begun < 10


def test_nothing_is_logged_on_standard_error(capsys):
    with pytest.raises(ArticleError):
        read_html(b"<html></html>", Path("a.html"))
    assert capsys.readouterr().err == ""
    assert logging.getLogger("trafilatura").handlers
