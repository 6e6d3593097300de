"""Fetching from a real server: redirects, retries, limits, time, validators, robots.txt, pace."""

from __future__ import annotations

import gzip
import time
import zlib
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

import pytest

from chitieu.feed.failure import SourceError
from chitieu.feed.fetch import Fetcher

LIMIT = 1_000_000


def failure(fetcher: Fetcher, url: str, **arguments: object) -> SourceError:
    with pytest.raises(SourceError) as caught:
        fetcher.get(url, limit=LIMIT, **arguments)
    return caught.value


# -- what comes


def test_a_page_and_who_asks_for_it(site, quick):
    site.serve("/a?b=1", "<p>chào</p>", ETag='"1"', Last_Modified="Mon, 02 Jan 2023 00:00:00 GMT")
    page = Fetcher(quick(contact="https://toasoan.example/bot")).get(
        site.url("/a?b=1#c"), limit=LIMIT, accept="text/html"
    )
    assert (page.status, page.data.decode(), page.media_type, page.charset) == (
        200,
        "<p>chào</p>",
        "text/html",
        "utf-8",
    )
    assert (page.etag, page.last_modified) == ('"1"', "Mon, 02 Jan 2023 00:00:00 GMT")
    path, headers = site.log[-1]
    assert path == "/a?b=1"
    assert headers["Host"] == f"127.0.0.1:{site.port}"
    assert headers["User-Agent"].startswith("chitieu/")
    assert "(+https://toasoan.example/bot)" in headers["User-Agent"]
    assert headers["Accept"] == "text/html"


def test_validators_are_sent_and_304_has_no_body(site, quick):
    site.serve("/feed", "<rss/>", ETag='"x"')
    page = Fetcher(quick()).get(site.url("/feed"), limit=LIMIT, validators=('"x"', None))
    assert (page.status, page.data, page.etag) == (304, b"", '"x"')


def test_validators_that_would_break_the_request_are_left_out(site, quick):
    site.serve("/feed", "<rss/>")
    page = Fetcher(quick()).get(site.url("/feed"), limit=LIMIT, validators=('"a"\r\nX-Evil: 1', "há"))
    assert page.status == 200
    assert not {"X-Evil", "If-None-Match", "If-Modified-Since"} & set(site.log[-1][1])


def deflated(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [
        ("gzip", gzip.compress),
        ("gzip", lambda data: gzip.compress(data[:100_000]) + gzip.compress(data[100_000:])),
        ("deflate", zlib.compress),
        ("deflate", deflated),
        ("identity", bytes),
    ],
)
def test_packed_bodies(site, quick, encoding, pack):
    data = b"".join(b"%d " % number for number in range(40_000))
    site.serve("/a", pack(data), Content_Encoding=encoding)
    assert Fetcher(quick()).get(site.url("/a"), limit=LIMIT).data == data


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "gzip, gzip"])
def test_broken_packing(site, quick, encoding):
    site.serve("/a", b"this was never packed", Content_Encoding=encoding)
    assert failure(Fetcher(quick()), site.url("/a")).code == "C137"


def test_cut_packing_is_tried_again(site, quick):
    site.serve("/a", gzip.compress(b"a" * 1000 + bytes(range(256)) * 20)[:-50], Content_Encoding="gzip")
    error = failure(Fetcher(quick()), site.url("/a"))
    assert (error.code, error.again) == ("C137", True)
    assert site.paths() == ["/a", "/a"]


def test_a_contact_that_would_break_the_request(quick):
    with pytest.raises(SourceError) as caught:
        quick(contact="a\r\nX-Evil: 1")
    assert caught.value.code == "C154"


# -- how much


def test_a_bomb_is_put_down_at_the_limit(site, quick, bomb):
    site.serve("/bomb", bomb, Content_Encoding="gzip")
    begun = time.monotonic()
    error = failure(Fetcher(quick()), site.url("/bomb"))
    assert (error.code, error.again) == ("C136", False)
    assert site.paths() == ["/bomb"]
    assert time.monotonic() - begun < 2


def test_a_large_page_is_refused_by_its_announcement(site, quick):
    def announce(visitor):
        visitor.answer(200, b"", {"Content-Length": "999999999"})

    site.routes["/huge"] = announce
    assert failure(Fetcher(quick()), site.url("/huge")).code == "C136"


def test_a_page_that_never_ends_is_left_at_the_limit(site, quick):
    sent = []

    def pour(visitor):
        visitor.send_response(200)
        visitor.end_headers()
        try:
            while len(sent) < 1_000:
                visitor.wfile.write(b"x" * 100_000)
                sent.append(1)
        except OSError:
            pass

    site.routes["/endless"] = pour
    assert failure(Fetcher(quick()), site.url("/endless")).code == "C136"
    assert len(sent) < 500


def test_a_body_cut_short_is_not_taken_for_a_whole_one(site, quick):
    site.routes["/cut"] = lambda visitor: visitor.answer(200, b"half", {"Content-Length": "400"})
    error = failure(Fetcher(quick()), site.url("/cut"))
    assert (error.code, error.again) == ("C137", True)
    assert "4 of 400 bytes" in error.message


@pytest.mark.parametrize(
    "raw",
    [
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nA: " + b"b" * 100_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        b"",
    ],
    ids=["no HTTP", "many headers", "long header", "bad chunk", "cut chunk", "nothing"],
)
def test_answers_that_are_no_sound_http(site, quick, raw):
    site.routes["/a"] = lambda visitor: visitor.wfile.write(raw)
    error = failure(Fetcher(quick()), site.url("/a"))
    assert (error.code, error.again) == ("C137", True)


def test_media_types_that_are_not_wanted_stay_unread(site, quick):
    site.serve("/a.pdf", b"%PDF-1.7", "application/pdf")
    assert failure(Fetcher(quick()), site.url("/a.pdf"), media_types=("text/html",)).code == "C149"


# -- how long


def test_a_silent_server(site, quick):
    site.routes["/slow"] = lambda visitor: time.sleep(2.0)
    begun = time.monotonic()
    error = failure(Fetcher(quick(retries=0, read_timeout=0.2)), site.url("/slow"))
    assert (error.code, error.again) == ("C133", True)
    assert time.monotonic() - begun < 1.5


@pytest.mark.parametrize("part", ["headers", "body"])
def test_a_dripping_server_meets_the_total_limit(site, quick, part):
    """Every byte comes in time, and the whole never does."""

    def drip(visitor):
        try:
            visitor.wfile.write(b"HTTP/1.0 200 OK\r\n" + (b"\r\n" if part == "body" else b"X: "))
            for _ in range(60):
                visitor.wfile.write(b"x")
                visitor.wfile.flush()
                time.sleep(0.05)
        except OSError:
            pass

    site.routes["/drip"] = drip
    begun = time.monotonic()
    settings = quick(retries=0, robots=False, read_timeout=0.4, total_timeout=0.5)
    assert failure(Fetcher(settings), site.url("/drip")).code == "C133"
    assert time.monotonic() - begun < 1.8


def test_nobody_at_home(site, quick):
    fetcher = Fetcher(quick(retries=0, host_failures=2, robots=False))
    site.server.server_close()
    for _ in range(2):
        assert failure(fetcher, site.url("/a")).code == "C132"
    # The third is not tried: a host that is down would cost a time-out for each of its pages.
    assert "did not answer" in failure(fetcher, site.url("/b")).message


def test_a_name_that_there_is_not(quick):
    error = failure(Fetcher(quick(retries=0)), "http://khong-co.invalid/")
    assert error.code in ("C132", "C133")
    assert error.again


# -- again


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_states_that_pass_are_tried_again(site, quick, status):
    site.statuses("/a", status, then="<p>ok</p>")
    assert Fetcher(quick()).get(site.url("/a"), limit=LIMIT).data == b"<p>ok</p>"
    assert site.paths() == ["/a", "/a"]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 451, 501])
def test_states_that_stay_are_not(site, quick, status):
    site.statuses("/a", status, then="<p>ok</p>")
    error = failure(Fetcher(quick()), site.url("/a"))
    assert (error.code, error.again) == ("C134", False)
    assert str(status) in error.message
    assert site.paths() == ["/a"]


def test_tries_end(site, quick):
    site.statuses("/a", *[500] * 9)
    error = failure(Fetcher(quick(retries=2)), site.url("/a"))
    assert (error.code, error.again) == ("C134", True)
    assert site.paths() == ["/a"] * 3


def test_waits_double(site, quick):
    site.statuses("/a", *[500] * 9)
    waits: list[float] = []
    failure(Fetcher(quick(retries=3, backoff=2.0), sleep=waits.append), site.url("/a"))
    assert waits == [2.0, 4.0, 8.0]


def test_retry_after_is_heeded(site, quick):
    site.statuses("/a", (503, {"Retry-After": "7"}), then="ok")
    waits: list[float] = []
    Fetcher(quick(), sleep=waits.append).get(site.url("/a"), limit=LIMIT)
    assert waits[0] == 7.0


def test_retry_after_as_a_date(site, quick):
    moment = format_datetime(datetime.now(timezone.utc) + timedelta(seconds=30), usegmt=True)
    site.statuses("/a", (429, {"Retry-After": moment}), then="ok")
    waits: list[float] = []
    Fetcher(quick(), sleep=waits.append).get(site.url("/a"), limit=LIMIT)
    assert 25 < waits[0] <= 30


def test_a_long_retry_after_is_left_to_a_later_run(site, quick):
    site.statuses("/a", (503, {"Retry-After": "3600"}), then="ok")
    error = failure(Fetcher(quick()), site.url("/a"))
    assert (error.code, error.again) == ("C134", True)
    assert site.paths() == ["/a"]


# -- redirects


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_followed(site, quick, status):
    site.redirect("/old", "new/chào?x=ă", status)
    site.serve("/new/ch%C3%A0o?x=%C4%83", "ok")
    page = Fetcher(quick()).get(site.url("/old"), limit=LIMIT)
    assert page.url == site.url("/new/ch%C3%A0o?x=%C4%83")


@pytest.mark.parametrize(
    ("to", "code"),
    [
        ("/a", "C135"),
        ("/b", "C135"),
        ("", "C135"),
        ("ftp://x.example/", "C131"),
        ("file:///etc/passwd", "C131"),
        ("javascript:alert(1)", "C131"),
        ("http://user:pass@x.example/", "C131"),
        ("http://[::1", "C131"),
    ],
)
def test_redirects_that_lead_nowhere(site, quick, to, code):
    site.redirect("/a", to)
    site.redirect("/b", "/a")
    assert failure(Fetcher(quick()), site.url("/a")).code == code


def test_too_many_redirects(site, quick):
    for number in range(10):
        site.redirect(f"/{number}", f"/{number + 1}")
    site.serve("/3", "ok")
    assert Fetcher(quick(redirects=3)).get(site.url("/0"), limit=LIMIT).data == b"ok"
    assert failure(Fetcher(quick(redirects=2)), site.url("/0")).code == "C135"


# -- robots.txt


def test_robots_are_asked_once_and_kept_to(site, quick):
    site.serve("/robots.txt", "User-agent: *\nDisallow: /kin/\nAllow: /kin/mo\n", "text/plain")
    site.serve("/kin/mo", "ok")
    fetcher = Fetcher(quick())
    assert failure(fetcher, site.url("/kin/a")).code == "C138"
    assert fetcher.get(site.url("/kin/mo"), limit=LIMIT).data == b"ok"
    assert [path for path, _ in site.log] == ["/robots.txt", "/kin/mo"]


def test_robots_that_name_us(site, quick):
    site.serve("/robots.txt", "User-agent: *\nDisallow:\n\nUser-agent: chitieu\nDisallow: /\n", "text/plain")
    error = failure(Fetcher(quick()), site.url("/a"))
    assert (error.code, error.again) == ("C138", False)


def test_robots_hold_for_every_hop(site, quick):
    site.serve("/robots.txt", "User-agent: *\nDisallow: /kin\n", "text/plain")
    site.redirect("/a", "/kin")
    site.serve("/kin", "secret")
    assert failure(Fetcher(quick()), site.url("/a")).code == "C138"
    assert "/kin" not in site.paths()


def test_robots_can_be_passed_over(site, quick):
    site.serve("/robots.txt", "User-agent: *\nDisallow: /\n", "text/plain")
    site.serve("/a", "ok")
    assert Fetcher(quick(robots=False)).get(site.url("/a"), limit=LIMIT).data == b"ok"


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_robots_that_are_not_there_close_nothing(site, quick, status):
    site.statuses("/robots.txt", status)
    site.serve("/a", "ok")
    assert Fetcher(quick()).get(site.url("/a"), limit=LIMIT).data == b"ok"


@pytest.mark.parametrize("status", [429, 500, 503])
def test_robots_that_fail_close_everything_for_now(site, quick, status):
    site.statuses("/robots.txt", *[status] * 9)
    site.serve("/a", "ok")
    fetcher = Fetcher(quick())
    for _ in range(2):
        error = failure(fetcher, site.url("/a"))
        assert (error.code, error.again) == ("C139", True)
    assert site.paths() == []
    assert len(site.log) == 2  # asked twice in all


def test_hostile_robots_cost_little(site, quick):
    site.serve("/robots.txt", "User-agent: *\nDisallow: /" + "*a" * 40 + "*b$\n" + "\x00\xff" * 50_000, "text/plain")
    site.serve("/" + "a" * 200, "ok")
    begun = time.monotonic()
    assert Fetcher(quick()).get(site.url("/" + "a" * 200), limit=LIMIT).data == b"ok"
    assert time.monotonic() - begun < 2


def test_crawl_delay_and_interval_space_requests(site, quick):
    site.serve("/robots.txt", "User-agent: *\nCrawl-delay: 3\n", "text/plain")
    site.serve("/a", "ok")
    waits: list[float] = []
    fetcher = Fetcher(quick(interval=1.0), sleep=waits.append)
    for _ in range(3):
        fetcher.get(site.url("/a"), limit=LIMIT)
    # Nothing really sleeps here, so each wait is counted from about the same moment.
    assert [round(wait) for wait in waits] == [1, 4, 7]


def test_a_host_that_wants_to_be_left_alone_for_long_is(site, quick):
    site.serve("/robots.txt", "User-agent: *\nCrawl-delay: 3600\n", "text/plain")
    assert failure(Fetcher(quick()), site.url("/a")).code == "C138"
