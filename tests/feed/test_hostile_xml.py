"""Feeds, sitemaps and lists from anyone: whatever comes, entries or one error, and never more than that."""

from __future__ import annotations

import time
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chitieu.feed.failure import SourceError, shorten
from chitieu.feed.opml import read_opml
from chitieu.feed.safe_xml import plain_xml
from chitieu.feed.sitemap import Further, parse_time, read_sitemap
from chitieu.feed.source import kind_of_content
from chitieu.feed.syndication import read_feed

READERS = (read_feed, read_sitemap, read_opml)
PIECES = st.sampled_from(
    [
        *("<rss version='2.0'>", "<channel>", "<item>", "</item>", "<link>", "</link>", "<title>", "</title>"),
        *(
            "<urlset>",
            "<url>",
            "<loc>",
            "</loc>",
            "</url>",
            "<outline xmlUrl='",
            "'/>",
            "<![CDATA[",
            "]]>",
            "<!--",
            "-->",
        ),
        *(
            "http://a.example/",
            "&amp;",
            "&",
            "&#0;",
            "&#x110000;",
            "<!DOCTYPE x>",
            "<?x ?>",
            "<",
            ">",
            "\x00",
            "é",
            "\ud7ff",
        ),
        *("<pubDate>", "</pubDate>", "Mon, 99 Foo 99999", "xmlns:a='b'", "<a:b>", "<content type='xhtml'>", "<guid>"),
    ]
)


def code_of(read, data: bytes) -> str | None:
    """Of the error, None where there is none."""
    try:
        list(read(data, "x"))
    except SourceError as failure:
        return failure.code
    return None


@pytest.mark.parametrize("read", READERS)
@given(st.lists(PIECES, max_size=25).map("".join))
def test_pieces_of_feeds_in_any_order(read, text):
    assert code_of(read, text.encode()) in (None, "C140")


@pytest.mark.parametrize("read", READERS)
@given(st.binary(max_size=200))
def test_any_bytes(read, data):
    kind_of_content(data)
    assert code_of(read, data) in (None, "C140")


BOMB = (
    "<!DOCTYPE a [<!ENTITY a 'aaaaaaaaaaaaaaaaaaaa'>"
    + "".join(f"<!ENTITY {chr(98 + n)} '{f'&{chr(97 + n)};' * 20}'>" for n in range(9))
    + "]>"
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig"])
@pytest.mark.parametrize("read", READERS)
def test_entities_are_refused_however_they_are_written(read, encoding):
    text = f"{BOMB}<rss version='2.0'><channel><title x='&j;'>&j;</title></channel></rss>"
    begun = time.monotonic()
    with pytest.raises(SourceError) as caught:
        list(read(text.encode(encoding), "x"))
    assert caught.value.code == "C140"
    assert time.monotonic() - begun < 2


def test_an_encoding_that_hides_the_declaration():
    """`+ADw-` is `<` in UTF-7: the parser must read the characters that were looked at."""
    text = "<?xml version='1.0' encoding='utf-7'?>+ADwAIQ-DOCTYPE a [+ADwAIQ-ENTITY b 'c'+AD4-]+AD4-<urlset/>"
    assert plain_xml(text.encode(), "x").startswith(b"+ADwAIQ-DOCTYPE")
    with pytest.raises(SourceError):
        list(read_sitemap(text.encode(), "x"))


def test_files_are_not_read(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("http://secret.example/", encoding="utf-8")
    include = f"<url><loc><i:include href='{secret}' parse='text'/></loc></url>"
    urlset = f"<urlset xmlns:i='http://www.w3.org/2001/XInclude'>{include}</urlset>"
    assert list(read_sitemap(urlset.encode(), "x")) == []
    outside = f"<!DOCTYPE urlset SYSTEM '{secret.as_uri()}'><urlset><url><loc>http://a.example/</loc></url></urlset>"
    assert [entry.link for entry in read_sitemap(outside.encode(), "x")] == ["http://a.example/"]


def test_a_sitemap_is_read_with_any_prefix_and_its_pictures_are_not_pages():
    text = (
        "<s:urlset xmlns:s='http://www.sitemaps.org/schemas/sitemap/0.9' xmlns:image='http://www.google.com/x'>"
        "<s:url><image:image><image:loc>http://a.example/1.jpg</image:loc></image:image>"
        "<s:loc> http://a.example/1 </s:loc></s:url></s:urlset>"
    )
    assert [entry.link for entry in read_sitemap(text.encode(), "x")] == ["http://a.example/1"]
    index = "<sitemapindex><sitemap><loc>/b.xml</loc></sitemap></sitemapindex>"
    assert list(read_sitemap(index.encode(), "x", base="http://a.example/a.xml")) == [Further("http://a.example/b.xml")]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2023-01-01", date(2023, 1, 1)),
        ("2023-01-01T00:30:00+07:00", date(2023, 1, 1)),
        ("2022-12-31T17:30:00Z", date(2023, 1, 1)),
        ("2022-12-31T17:30:00.123Z", date(2023, 1, 1)),
        ("2022-12-31T16:30+0000", date(2022, 12, 31)),
        ("2022-12-31 23:59:59", date(2022, 12, 31)),
        ("2999-01-01", None),
        ("2023-02-30", None),
        ("hôm qua", None),
        ("", None),
    ],
)
def test_times_are_days_of_vietnam(text, day):
    assert parse_time(text) == day


@given(st.text(max_size=500))
def test_messages_stay_on_one_line(text):
    line = shorten(text, 50)
    assert len(line) <= 50
    assert line.isprintable()


@pytest.mark.parametrize("tag", ["author", "dc:creator", "managingEditor", "itunes:author", "title", "pubDate", "guid"])
def test_long_fields_cost_no_more_than_their_length(tag):
    """feedparser alone takes minutes over an author of this length."""
    text = f"<rss version='2.0'><channel><item><link>http://a.example/</link><{tag}>{'a1' * 100_000}</{tag}></item>"
    begun = time.monotonic()
    (entry,) = read_feed(f"{text}</channel></rss>".encode(), "x")
    assert entry.link == "http://a.example/"
    assert time.monotonic() - begun < 3
