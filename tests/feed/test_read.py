"""Sources on the web, read to the end: feeds, sitemaps, lists and pages of a real server."""

from __future__ import annotations

import gzip
import threading
import time
from datetime import date

import pytest

from chitieu.feed.item import Found, InMemory, Missing
from chitieu.feed.read import read_sources
from chitieu.feed.source import Source

SENTENCE = "The committee met on Monday to approve the budget of the coming year, and the press was there. "
ENGLISH = f"<html><body><h1>The budget</h1><p>{SENTENCE * 3}</p></body></html>"
NEWS = "http://www.google.com/schemas/sitemap-news/0.9"


@pytest.fixture
def read(quick):
    """Read sources to the end: articles and what is missing, in their order."""

    def run(*sources, memory=None, **changes):
        items = list(read_sources(sources, memory=memory, settings=quick(**changes)))
        return [item for item in items if isinstance(item, Found)], [
            item for item in items if isinstance(item, Missing)
        ]

    return run


def pages(site, article_page, *numbers):
    for number in numbers:
        site.serve(f"/{number}.html", article_page(number))
    return [site.url(f"/{number}.html") for number in numbers]


def urlset(*links, news=""):
    entries = "".join(f"<url><loc>{link}</loc><lastmod>2020-01-01</lastmod>{news}</url>" for link in links)
    return f"<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9' xmlns:n='{NEWS}'>{entries}</urlset>"


# -- feeds


def test_an_rss_feed(site, article_page, rss, read):
    links = pages(site, article_page, 1, 2)
    site.serve("/rss", rss(*links), "application/rss+xml")
    source = Source(site.url("/rss"), name="Báo X", language="vi", province="Lào Cai", section="kinh tế")
    found, missing = read(source)
    assert missing == []
    assert [item.key for item in found] == links
    first = found[0]
    assert (first.feed, first.language, first.province, first.section) == ("Báo X", "vi", "Lào Cai", "kinh tế")
    assert first.article.id == first.article.url == first.url == links[0]
    assert first.article.title == "Xã Bình An số 1 tổng kết phong trào hợp tác xã"
    assert "thành lập mới 4 tổ hợp tác" in first.article.text
    # Half past six in the evening of the third in Greenwich is the fourth in Vietnam.
    assert first.article.published == date(2023, 1, 4)


def test_the_pages_own_date_and_title_go_first(site, article_page, rss, read):
    head = "<meta property='article:published_time' content='2022-12-31T23:00:00+07:00'>"
    site.serve("/1.html", article_page(1, title="Tít trên trang", head=head))
    site.serve("/rss", rss("/1.html"), "application/rss+xml")
    (item,), _ = read(site.url("/rss"))
    assert (item.article.title, item.article.published) == ("Tít trên trang", date(2022, 12, 31))


def test_an_atom_feed_of_whole_texts(site, article_page, read):
    content = article_page(7).partition("<article>")[2].partition("</article>")[0].replace("<", "&lt;")
    feed = (
        "<feed xmlns='http://www.w3.org/2005/Atom'><title>Cổng thông tin</title>"
        "<entry><id>urn:x:7</id><title>Bài bảy</title>"
        f"<updated>2023-02-01T20:00:00Z</updated><content type='html'>{content}</content></entry>"
        "<entry><id>urn:x:8</id><title>Không có gì</title><updated>2023-02-01T20:00:00Z</updated></entry></feed>"
    )
    site.serve("/atom", feed, "application/atom+xml")
    (item,), (nothing,) = read(site.url("/atom"))
    assert item.key == site.url("/atom") + "#urn:x:7"
    assert (item.article.title, item.article.published, item.article.source) == (
        "Bài bảy",
        date(2023, 2, 2),
        "Cổng thông tin",
    )
    assert "doanh thu bình quân đạt 207 triệu đồng" in item.article.text.lower()
    assert nothing.code == "C148"


def test_texts_of_the_feed_instead_of_pages(site, article_page, rss, read):
    body = article_page(5).replace("&", "&amp;").replace("<", "&lt;")
    site.serve("/rss", rss("/5.html").replace("Tóm tắt", body), "application/rss+xml")
    (item,), missing = read(site.url("/rss"), pages=False)
    assert (item.key, missing) == (site.url("/5.html"), [])
    assert site.paths() == ["/rss"]


def test_a_page_that_only_a_browser_fills(site, article_page, rss, read):
    body = article_page(5, extra="Hợp tác xã tiếp tục vận động bà con tham gia. " * 20).replace("<", "&lt;")
    site.serve("/5.html", "<html><body><div id=app></div><script src=a.js></script></body></html>")
    site.serve("/rss", rss("/5.html").replace("Tóm tắt", body), "application/rss+xml")
    (item,), missing = read(site.url("/rss"))
    assert missing == []
    assert "thành lập mới 8 tổ hợp tác" in item.article.text


def test_one_bad_entry_never_stops_a_feed(site, article_page, rss, read, bomb):
    pages(site, article_page, 1, 9)
    site.serve("/english.html", ENGLISH)
    site.serve("/menu.html", "<html><body><ul><li>Trang chủ<li>Liên hệ</ul></body></html>")
    site.serve("/file.pdf", b"%PDF-1.4", "application/pdf")
    site.serve("/binary.html", bytes(range(256)) * 50)
    site.serve("/bomb.html", bomb, Content_Encoding="gzip")
    site.routes["/slow.html"] = lambda visitor: time.sleep(1.5)
    site.redirect("/round.html", "/round.html")
    bad = ["/none.html", "/english.html", "/menu.html", "/file.pdf", "/binary.html", "/bomb.html", "/round.html"]
    links = [*bad, "/slow.html", "javascript:void(0)", "http://[", "ftp://x.example/a"]
    site.serve("/rss", rss("/1.html", *links, "/9.html"), "application/rss+xml")
    found, missing = read(site.url("/rss"), retries=0, read_timeout=0.5, max_page=2_000_000)
    assert [item.key for item in found] == [site.url("/1.html"), site.url("/9.html")]
    codes = {item.key.removeprefix(site.url("")): item.code for item in missing}
    assert [codes[path] for path in bad] == ["C134", "C121", "C115", "C149", "C105", "C136", "C135"]
    assert codes["/slow.html"] == "C133"
    assert (codes["javascript:void(0)"], codes["ftp://x.example/a"]) == ("C131", "C131")
    assert len(missing) == len(links)
    assert [item.key for item in missing if item.again] == [site.url("/slow.html")]
    assert all(item.place and item.reason and "\n" not in item.reason for item in missing)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_page_of_too_many_elements_holds_nobody_up(site, read, encoding):
    page = "<html><body><article><p>" + "a<br>" * 400_000 + "</p></article></body></html>"
    site.serve("/a.html", page.encode(encoding))
    begun = time.monotonic()
    _, (missing,) = read(f"page:{site.url('/a.html')}")
    assert missing.code == "C155"
    assert time.monotonic() - begun < 3


def test_long_scripts_are_left_out_and_short_metadata_is_read(site, article_page, read):
    """300 KB of authors in JSON-LD would keep trafilatura busy for over a minute."""
    fields = '{"@type":"NewsArticle","datePublished":"2023-05-06T07:08:09+07:00"}'
    day = f'<script type="application/ld+json">{fields}</script>'
    long = '<script type="application/ld+json">' + '"author":"a",' * 25_000 + "</script>"
    site.serve("/a.html", article_page(1, head=day + long + "<script>" + "x" * 100_000 + "</script>"))
    begun = time.monotonic()
    (item,), missing = read(f"page:{site.url('/a.html')}")
    assert (item.article.published, missing) == (date(2023, 5, 6), [])
    assert time.monotonic() - begun < 3


def test_links_to_the_inside_are_refused(site, rss, read, monkeypatch):
    from chitieu.feed import network

    public = network.is_public
    monkeypatch.setattr(network, "is_public", lambda host: host == "127.0.0.1" or public(host))
    site.serve("/rss", rss("http://10.0.0.1/", "http://169.254.169.254/latest", "http://[::1]/"), "application/rss+xml")
    found, missing = read(site.url("/rss"), allow_private=False)
    assert found == []
    assert [item.code for item in missing] == ["C130"] * 3


@pytest.mark.parametrize(
    "body",
    [
        "<!DOCTYPE x [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;&a;'>]><rss version='2.0'><channel><title>&b;</title>",
        "<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><rss version='2.0'><channel><title>&a;</title>",
        "<?xml version='1.0' encoding='utf-16'?><!DOCTYPE x [<!ENTITY a 'b'>]><rss/>".encode("utf-16"),
        "<!DOCTYPE x [<!ENTITY % a SYSTEM 'http://127.0.0.1:1/x.dtd'> %a;]><rss version='2.0'/>",
        "not a feed at all",
        "",
        b"\x00\x01\x02\x03" * 100,
        "<rss version='2.0'><channel>" + "<a>" * 20_000,
        "<html><body>Lỗi máy chủ</body></html>",
    ],
    ids=["entities", "files", "hidden", "parameter", "text", "empty", "binary", "deep", "html"],
)
def test_hostile_and_broken_feeds_are_one_missing(site, read, body):
    site.serve("/rss", body, "application/rss+xml")
    begun = time.monotonic()
    found, missing = read(f"feed:{site.url('/rss')}")
    assert found == []
    assert [(item.key, item.code) for item in missing] == [(site.url("/rss"), "C140")]
    assert time.monotonic() - begun < 3
    assert "root:" not in missing[0].reason


def test_a_feed_that_can_not_be_had_is_one_missing(site, read):
    site.statuses("/rss", *[503] * 9)
    found, (missing,) = read(site.url("/rss"))
    assert (found, missing.code, missing.again, missing.feed) == ([], "C134", True, site.url("/rss"))


def test_feeds_in_other_encodings(site, article_page, rss, read):
    pages(site, article_page, 1)
    site.serve("/16", rss("/1.html", title="Báo Đời Sống").replace("utf-8", "utf-16").encode("utf-16"), "text/xml")
    (item,), missing = read(site.url("/16"))
    assert (item.key, missing) == (site.url("/1.html"), [])


def test_a_slightly_broken_feed_still_gives_its_entries(site, article_page, rss, read):
    pages(site, article_page, 1, 2)
    site.serve("/rss", rss("/1.html", "/2.html").replace("Bài 1", "Ăn & ở <br>\x0b \x00"), "text/xml")
    found, missing = read(site.url("/rss"))
    assert (len(found), missing) == (2, [])


# -- from run to run


def test_the_second_run_asks_only_whether_there_is_news(site, article_page, rss, read):
    pages(site, article_page, 1, 2, 3)
    site.serve("/rss", rss("/1.html", "/2.html"), "text/xml", ETag='"1"')
    memory = InMemory()
    found, _ = read(site.url("/rss"), memory=memory)
    assert memory.pages == {site.url("/rss"): ('"1"', None, 200)}
    memory.keys |= {item.key for item in found}
    site.log.clear()
    assert read(site.url("/rss"), memory=memory) == ([], [])
    assert site.paths() == ["/rss"]
    assert site.log[-1][1]["If-None-Match"] == '"1"'
    site.serve("/rss", rss("/3.html", "/2.html"), "text/xml", ETag='"2"')
    site.log.clear()
    found, _ = read(site.url("/rss"), memory=memory)
    assert [item.key for item in found] == [site.url("/3.html")]
    assert site.paths() == ["/rss", "/3.html"]


def test_a_feed_with_a_page_to_try_again_is_not_remembered(site, article_page, rss, read):
    """Else the next run would be told that nothing is new, and the page would be lost."""
    pages(site, article_page, 1)
    site.statuses("/2.html", *[503] * 9)
    site.serve("/rss", rss("/1.html", "/2.html"), "text/xml", ETag='"1"')
    memory = InMemory()
    _, missing = read(site.url("/rss"), memory=memory)
    assert [item.again for item in missing] == [True]
    assert memory.pages == {}


def test_a_feed_cut_by_its_limit_is_not_remembered(site, article_page, rss, read):
    links = pages(site, article_page, 1, 2, 3)
    site.serve("/rss", rss(*links), "text/xml", ETag='"1"')
    memory = InMemory()
    found, _ = read(Source(site.url("/rss"), limit=2), memory=memory)
    assert [item.key for item in found] == links[:2]
    assert memory.pages == {}


def test_validators_are_kept_after_the_articles(site, article_page, rss, quick):
    links = pages(site, article_page, 1, 2)
    site.serve("/rss", rss(*links), "text/xml", ETag='"1"')
    memory = InMemory()
    items = read_sources([site.url("/rss")], memory=memory, settings=quick())
    for _ in links:
        next(items)
        assert memory.pages == {}
    assert list(items) == []
    assert len(memory.pages) == 1


def test_a_page_of_two_feeds_is_fetched_once(site, article_page, rss, read):
    pages(site, article_page, 1)
    site.serve("/a", rss("/1.html"), "text/xml")
    site.serve("/b", rss("/1.html?utm_source=rss#x", "/none.html"), "text/xml")
    found, missing = read(site.url("/a"), site.url("/b"), site.url("/a"))
    assert [item.feed for item in found] == [site.url("/a")], missing
    assert [item.feed for item in missing] == [site.url("/b")]
    assert site.paths().count("/1.html") == 1


@pytest.mark.parametrize("slow", [0, 1, 2])
def test_a_page_belongs_to_the_first_source_however_slow_it_is(site, article_page, rss, read, slow):
    """Else labels would depend on who was faster; and it is fetched once all the same."""
    pages(site, article_page, *range(6))
    sources = []
    for number, links in enumerate((("/0.html", "/1.html"), ("/1.html", "/2.html"), ("/0.html", "/2.html", "/3.html"))):
        body = rss(*links, title=f"Báo {number}").encode()

        def route(visitor, body=body, wait=0.15 * (number == slow)):
            time.sleep(wait)
            visitor.answer(200, body, {"Content-Type": "text/xml"})

        site.routes[f"/rss{number}"] = route
        sources.append(Source(site.url(f"/rss{number}"), province=f"Tỉnh {number}"))
    found, missing = read(*sources)
    given = [(item.key.removeprefix(site.url("")), item.province, item.article.source) for item in found]
    assert given == [
        ("/0.html", "Tỉnh 0", "Báo 0"),
        ("/1.html", "Tỉnh 0", "Báo 0"),
        ("/2.html", "Tỉnh 1", "Báo 1"),
        ("/3.html", "Tỉnh 2", "Báo 2"),
    ]
    assert missing == []
    assert sorted(path for path in site.paths() if "html" in path) == [f"/{number}.html" for number in range(4)]


# -- sitemaps, lists, pages


def test_a_sitemap_index_with_packed_sitemaps(site, article_page, read):
    first, second, third = pages(site, article_page, 1, 2, 3)
    day = "<n:news><n:publication_date>2023-01-01T01:00:00+07:00</n:publication_date><n:title>Tít</n:title></n:news>"
    site.serve("/a.xml.gz", gzip.compress(urlset(first, second).encode()), "application/gzip")
    site.serve("/b.xml", urlset(third, news=day), "text/xml")
    index = "".join(f"<sitemap><loc>{site.url(path)}</loc></sitemap>" for path in ("/a.xml.gz", "/none.xml", "/b.xml"))
    site.serve("/sitemap.xml", f"<sitemapindex>{index}</sitemapindex>", "text/xml", ETag='"i"')
    memory = InMemory()
    found, missing = read(site.url("/sitemap.xml"), memory=memory)
    assert [item.key for item in found] == [first, second, third]
    # The day of the last change of a page is not that of its publication.
    assert [item.article.published for item in found] == [None, None, date(2023, 1, 1)]
    assert [(item.key, item.code) for item in missing] == [(site.url("/none.xml"), "C134")]
    assert memory.pages == {}  # an index that stays the same may name sitemaps that do not


def test_a_sitemap_broken_in_the_middle(site, article_page, read):
    (first,) = pages(site, article_page, 1)
    site.serve("/sitemap.xml", urlset(first)[: -len("</urlset>")] + "<url><loc", "text/xml", ETag='"1"')
    memory = InMemory()
    found, missing = read(site.url("/sitemap.xml"), memory=memory)
    assert [item.key for item in found] == [first]
    assert [item.code for item in missing] == ["C140"]
    assert memory.pages == {}


def test_lists_in_a_circle_and_too_deep(site, read):
    def index(to):
        return f"<sitemapindex><sitemap><loc>{site.url(to)}</loc></sitemap></sitemapindex>"

    site.serve("/0.xml", index("/0.xml"), "text/xml")
    assert read(site.url("/0.xml"))[0] == []
    assert len(site.paths()) <= 2
    for number in range(1, 9):
        site.serve(f"/{number}.xml", index(f"/{number + 1}.xml"), "text/xml")
    _, missing = read(site.url("/1.xml"), max_depth=3)
    assert [item.code for item in missing] == ["C141"]


def test_an_opml_list(site, article_page, rss, read, tmp_path):
    pages(site, article_page, 1, 2)
    site.serve("/a", rss("/1.html"), "text/xml")
    site.serve("/b", rss("/2.html"), "text/xml")
    outlines = f"<outline text='A' type='rss' xmlUrl='{site.url('/a')}'/><outline text='Nhóm'>"
    outlines += f"<outline text='B' xmlUrl='{site.url('/b')}'/></outline><outline xmlUrl='file:///etc/passwd'/>"
    opml = f"<opml version='2.0'><body>{outlines}</body></opml>"
    site.serve("/list", opml, "text/x-opml")
    file = tmp_path / "list.opml"
    file.write_text(opml, encoding="utf-8")
    for source in (site.url("/list"), str(file)):
        found, missing = read(source)
        assert [item.key for item in found] == [site.url("/1.html"), site.url("/2.html")]
        assert [item.code for item in missing] == ["C131"]


def test_a_single_page(site, article_page, read):
    (link,) = pages(site, article_page, 3)
    for source in (link, f"page:{link}"):
        (item,), missing = read(source)
        assert (item.key, item.url, missing) == (link, link, [])


def test_a_page_is_known_by_the_link_and_says_where_it_was_found(site, article_page, rss, read):
    pages(site, article_page, 3)
    site.redirect("/old.html", "/3.html")
    site.serve("/rss", rss("/old.html"), "text/xml")
    (item,), _ = read(site.url("/rss"))
    assert (item.key, item.url) == (site.url("/old.html"), site.url("/3.html"))


def test_other_things_on_the_web(site, read):
    site.serve("/a.jsonl", '{"id": "1", "text": "x"}', "application/json")
    _, (missing,) = read(site.url("/a.jsonl"))
    assert missing.code == "C143"
    assert "download" in missing.reason


# -- side by side


def test_the_order_is_that_of_the_sources(site, article_page, rss, read):
    """The first source is the slowest."""
    expected = []
    for source in range(4):
        links = pages(site, article_page, *range(source * 10, source * 10 + 3))
        body = rss(*links).encode()

        def route(visitor, body=body, wait=0.15 - source * 0.05):
            time.sleep(max(0.0, wait))
            visitor.answer(200, body, {"Content-Type": "text/xml"})

        site.routes[f"/rss{source}"] = route
        expected += links
    found, missing = read(*(site.url(f"/rss{source}") for source in range(4)))
    assert [item.key for item in found] == expected
    assert missing == []


def test_sources_are_read_side_by_side(site, article_page, rss, read):
    gate = threading.Barrier(3, timeout=2)  # nobody passes before three are there

    def route(visitor):
        gate.wait()
        visitor.answer(200, rss().encode(), {"Content-Type": "text/xml"})

    for number in range(3):
        site.routes[f"/{number}"] = route
    sources = [site.url(f"/{number}") for number in range(3)]
    assert read(*sources, sources_at_once=3, read_timeout=2.0, total_timeout=3.0) == ([], [])


def test_reading_stays_a_few_articles_ahead(site, article_page, rss, quick):
    links = pages(site, article_page, *range(40))
    site.serve("/rss", rss(*links), "text/xml")
    items = read_sources([site.url("/rss")], settings=quick())
    next(items)
    time.sleep(0.5)
    asked = len(site.paths())
    assert asked < 25
    items.close()
    time.sleep(0.1)
    assert len(site.paths()) <= asked + 2


def test_memory_is_asked_in_the_callers_thread(site, article_page, rss, quick):
    threads = set()

    class Watched(InMemory):
        def known(self, key):
            threads.add(threading.current_thread())
            return super().known(key)

        def validators(self, url):
            threads.add(threading.current_thread())
            return super().validators(url)

        def remember(self, *arguments):
            threads.add(threading.current_thread())
            super().remember(*arguments)

    links = pages(site, article_page, 1, 2)
    site.serve("/rss", rss(*links), "text/xml", ETag='"1"')
    assert len(list(read_sources([site.url("/rss")], memory=Watched(), settings=quick()))) == 2
    assert threads == {threading.current_thread()}


def test_a_failing_memory_stops_the_run(site, rss, quick):
    """Its failure is not the source's."""

    class Broken(InMemory):
        def validators(self, url):
            raise OSError("disk full")

    site.serve("/rss", rss(), "text/xml")
    with pytest.raises(OSError, match="disk full"):
        list(read_sources([site.url("/rss")], memory=Broken(), settings=quick()))


def test_an_unexpected_failure_costs_one_source(site, article_page, rss, read, monkeypatch):
    from chitieu.feed import way as module

    (link,) = pages(site, article_page, 1)
    site.serve("/rss", rss(link), "text/xml")
    monkeypatch.setattr(module, "read_feed", lambda *_, **__: 1 / 0)
    found, missing = read(site.url("/rss"), link)
    assert [item.key for item in found] == [link]
    assert [(item.code, item.again) for item in missing] == [("C153", True)]
