"""A web site on loopback: routes that a test fills, and a log of what was asked."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

Route = Callable[["Visitor"], None]


@dataclass
class Site:
    """What the server serves. A route is called for each request of its path; without one the answer is 404."""

    server: ThreadingHTTPServer
    routes: dict[str, Route] = field(default_factory=dict)
    log: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    @property
    def port(self) -> int:
        return self.server.server_address[1]

    def url(self, path: str = "/") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def paths(self) -> list[str]:
        """Paths asked for, robots.txt left out."""
        return [path for path, _ in self.log if path != "/robots.txt"]

    def serve(self, path: str, body: str | bytes, media_type: str = "text/html; charset=utf-8", **headers: str) -> None:
        """Answer with a body; with an ETag among the headers, conditional requests get 304."""
        data = body.encode() if isinstance(body, str) else body

        def route(visitor: Visitor) -> None:
            given = {name.replace("_", "-"): value for name, value in headers.items()}
            etag = given.get("ETag")
            if etag and visitor.headers.get("If-None-Match") == etag:
                visitor.answer(304, b"", {"ETag": etag})
            else:
                visitor.answer(200, data, {"Content-Type": media_type, **given})

        self.routes[path] = route

    def redirect(self, path: str, to: str, status: int = 302) -> None:
        self.routes[path] = lambda visitor: visitor.answer(status, b"", {"Location": to.encode().decode("latin-1")})

    def statuses(self, path: str, *answers: tuple[int, dict[str, str]] | int, then: str = "") -> None:
        """Answer with these statuses in turn, then with a page."""
        left = list(answers)

        def route(visitor: Visitor) -> None:
            if left:
                first = left.pop(0)
                status, headers = (first, {}) if isinstance(first, int) else first
                visitor.answer(status, b"", headers)
            else:
                visitor.answer(200, then.encode(), {"Content-Type": "text/html; charset=utf-8"})

        self.routes[path] = route


class Visitor(BaseHTTPRequestHandler):
    """One request."""

    site: Site

    def do_GET(self) -> None:
        self.site.log.append((self.path, dict(self.headers.items())))
        route = self.site.routes.get(self.path)
        if route is None:
            self.answer(404, b"")
        else:
            route(self)

    def answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        given = dict(headers or {})
        if status != 304:
            given.setdefault("Content-Length", str(len(body)))
        for name, value in given.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep the output of the tests clean."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """A client that hangs up early is what some tests are about."""


@pytest.fixture
def site() -> Iterator[Site]:
    server = _Server(("127.0.0.1", 0), type("OneVisitor", (Visitor,), {}))
    started = Site(server)
    server.RequestHandlerClass.site = started
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield started
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def article_page() -> Callable[..., str]:
    """The HTML of a news page whose figures are made from a number."""

    def make(number: int, title: str | None = None, head: str = "", extra: str = "") -> str:
        heading = title or f"Xã Bình An số {number} tổng kết phong trào hợp tác xã"
        paragraphs = (
            f"Năm qua, xã Bình An số {number} thành lập mới {number + 3} tổ hợp tác, thu hút {number + 40} hộ.",
            f"Doanh thu bình quân đạt {number + 200} triệu đồng mỗi tổ, tăng {number + 2}% so với cùng kỳ năm trước.",
            "Bà con cho biết sẽ tiếp tục mở rộng vùng trồng rau sạch và liên kết tiêu thụ trong thời gian tới.",
            extra,
        )
        body = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs if paragraph)
        return (
            f"<!doctype html><html><head><title>{heading}</title>{head}</head><body>"
            f"<nav><a href='/'>Trang chủ</a></nav><article><h1>{heading}</h1>{body}</article></body></html>"
        )

    return make


@pytest.fixture(scope="session")
def rss() -> Callable[..., str]:
    """An RSS feed of (link, title) pairs."""

    def make(*links: str, title: str = "Tin tức", date: str = "Tue, 03 Jan 2023 18:30:00 GMT") -> str:
        items = "".join(
            f"<item><title>Bài {number}</title><link>{link}</link><guid isPermaLink='false'>g{number}</guid>"
            f"<pubDate>{date}</pubDate><description>Tóm tắt</description></item>"
            for number, link in enumerate(links, 1)
        )
        return (
            "<?xml version='1.0' encoding='utf-8'?><rss version='2.0'><channel>"
            f"<title>{title}</title>{items}</channel></rss>"
        )

    return make


@pytest.fixture(scope="session")
def bomb() -> bytes:
    """A few kilobytes that unpack to 40 MB."""
    return gzip.compress(b"<p>" + b" " * 40_000_000)


@pytest.fixture(scope="session")
def quick() -> Callable[..., object]:
    """Settings with which loopback may be called, without pauses; time-outs are for a busy machine."""
    from chitieu.feed.settings import FetchSettings

    def make(**changes: object) -> FetchSettings:
        values: dict[str, object] = {
            "allow_private": True,
            "interval": 0.0,
            "connect_timeout": 5.0,
            "read_timeout": 5.0,
            "total_timeout": 10.0,
            "backoff": 0.01,
            "retries": 1,
            **changes,
        }
        return FetchSettings(**values)  # type: ignore[arg-type]

    return make
