"""A feed on a web server, night after night: what is new is tagged, what is known is not fetched."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from chitieu.feed.store import Store

PAGE = (
    "<html lang='vi'><head><title>{title}</title></head><body><article><h1>{title}</h1><p>Sáng nay, ban chủ nhiệm các "
    "hợp tác xã trong huyện đã họp bàn việc gom hàng cho vụ tới và chia nhau phần đất còn trống ở {title}.</p>"
    "<p>Trong năm, cả vùng đã trồng mới {figure} ha và kết nạp thêm {figure} hộ vào các tổ của xã {title}, theo lời "
    "ông chủ nhiệm; bà con mong giá giữ như vụ trước.</p></article></body></html>"
)


def feed_of(site, names):
    items = "".join(
        f"<item><title>Tin {name}</title><link>{site.url(f'/{name}')}</link><guid>{name}</guid></item>"
        for name in names
    )
    return f"<?xml version='1.0'?><rss version='2.0'><channel><title>Tin</title>{items}</channel></rss>"


@pytest.fixture
def serve(site):
    def publish(etag, *names):
        for number, name in enumerate(names):
            site.serve(f"/{name}", PAGE.format(title=f"Đồng {name}", figure=100 + 7 * number + len(name)))
        site.serve("/rss", feed_of(site, names), "application/rss+xml", ETag=f'"{etag}"')

    return publish


def test_nights(tmp_path, tag_into, site, serve, model):
    to, rss = tmp_path / "facts.db", site.url("/rss")
    serve("e1", "Ba", "Hai")
    first = tag_into(to, rss)
    assert (first.articles, first.errors) == (2, 0), first.said
    assert first.facts >= 4

    site.log.clear()
    assert tag_into(to, rss).articles == 0
    assert site.paths() == ["/rss"], "the feed alone, which answers 304"

    serve("e2", "Ba", "Hai", "Tam")
    site.log.clear()
    third = tag_into(to, rss)
    assert (third.articles, third.errors) == (1, 0)
    assert sorted(site.paths()) == ["/Tam", "/rss"]

    # Another model reads what the feed still lists, from the database: nothing is fetched but the list.
    (model / "word").write_text("số ", encoding="utf-8")
    site.log.clear()
    assert tag_into(to, rss).articles == 3
    assert site.paths() == ["/rss"]
    with Store(str(to)) as store:
        rows = store.query(text("select distinct substr(metric, 1, 2) from facts"))
        assert [row[0] for row in rows] == ["số"]
        assert store.query(text("select count(*) from runs where state = 'finished'"))[0][0] == 4
        assert store.query(text("select distinct feed from articles"))[0][0] == rss


def test_with_a_limit_the_next_night_goes_on_with_the_rest(tmp_path, tag_into, site, serve):
    from chitieu.feed.settings import FetchSettings

    to, rss = tmp_path / "facts.db", site.url("/rss")
    serve("e1", "Ba", "Hai", "Tam")
    few = FetchSettings(allow_private=True, interval=0, max_entries=2)
    assert [tag_into(to, rss, settings=few).articles for _ in range(3)] == [2, 1, 0]
    assert sorted(path for path in site.paths() if path != "/rss") == ["/Ba", "/Hai", "/Tam"]


def test_a_page_that_fails_for_now_is_tried_again(tmp_path, tag_into, site, serve):
    to, rss = tmp_path / "facts.db", site.url("/rss")
    serve("e1", "Ba", "Hai")
    good = site.routes["/Hai"]
    site.routes["/Hai"] = lambda visitor: visitor.answer(503, b"", {})
    from chitieu.feed.settings import FetchSettings

    hasty = FetchSettings(allow_private=True, interval=0, retries=0)
    first = tag_into(to, rss, settings=hasty)
    assert (first.articles, first.errors) == (1, 1)
    site.routes["/Hai"] = good
    second = tag_into(to, rss, settings=hasty)
    assert (second.articles, second.errors) == (1, 0)
    with Store(str(to)) as store:
        assert store.query(text("select * from open_errors")) == []


def test_pages_refused_for_their_addresses_are_fetched_once_they_may_be(tmp_path, tag_into, site, serve):
    """What the error says helps: --allow-private."""
    from chitieu.feed.settings import FetchSettings

    to, rss = tmp_path / "facts.db", site.url("/rss")
    serve("e1", "Ba", "Hai")
    saved = tmp_path / "saved.rss"
    saved.write_text(feed_of(site, ["Ba", "Hai"]), encoding="utf-8")
    refused = tag_into(to, saved, settings=FetchSettings(interval=0))
    assert (refused.articles, [failure.code for failure in refused.failures]) == (0, ["C130", "C130"])
    assert tag_into(to, saved, settings=FetchSettings(interval=0)).errors == 0, "told once"
    assert tag_into(to, saved).articles == 2
    assert tag_into(to, saved).articles == 0
    assert tag_into(to, rss).articles == 0


def test_what_is_missing_for_good_is_asked_for_again_when_told_to(tmp_path, tag_into, site, serve):
    to, rss = tmp_path / "facts.db", site.url("/rss")
    serve("e1", "Ba", "Hai")
    good = site.routes["/Hai"]
    site.routes["/Hai"] = lambda visitor: visitor.answer(403, b"", {})
    first = tag_into(to, rss)
    assert (first.articles, first.errors) == (1, 1)
    site.routes["/Hai"] = good
    site.log.clear()
    assert tag_into(to, rss).articles == 0
    assert site.paths() == ["/rss"]
    assert tag_into(to, rss, again=True).articles == 1
    with Store(str(to)) as store:
        assert store.query(text("select * from open_errors")) == []
