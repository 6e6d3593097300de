"""A few invented newspapers on loopback, for trying `chitieu tag`: the written corpus as feeds and pages.

    python evaluate/newsroom.py            # http://127.0.0.1:8765/, until Ctrl-C

The first 206 articles of `annotations/` come out more than once, as news do: as pages of three papers; reprinted, under
another headline and some of them with their last lines cut, by a site that gathers news; and 88 of them as versions for
printing. That makes 500 pages of 206 articles. Three more can't be read as articles: one that is gone, one of pictures
alone, one in English. Around each article stands what stands there on real pages: menus, related headlines, buttons, a
footer.

`/log` says, as JSON, what has been asked for since it was last asked itself.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, timezone
from email.utils import format_datetime
from hashlib import blake2b
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock
from typing import Any

CORPUS = Path(__file__).resolve().parents[1] / "annotations"
ARTICLES, PRINTED = 206, 88
VIETNAM = timezone(timedelta(hours=7))
NO_DATE = date(2020, 1, 1)
RSS, ATOM, HTML, TEXT = "application/rss+xml", "application/atom+xml", "text/html", "text/plain"
GONE = "/la-tre/bai-da-go.html"
PICTURES = "<ul>" + "".join(f"<li><img src='/anh/{number}.jpg' alt='Ảnh {number}'>" for number in range(12)) + "</ul>"
ENGLISH = (
    "<p>The council met on Tuesday to look at the plans for the harbour, and put off its answer until the spring. "
    "Fishermen said that they had waited for two years, and that the quay would not last another storm. "
    "A report on what the repair would cost is expected by the end of the month, the mayor told reporters.</p>"
)
PAGE = """<!doctype html>
<html lang="vi"><head><meta charset="utf-8"><title>{title} | {paper}</title>
<meta property="og:site_name" content="{paper}"><meta property="og:title" content="{title}">{published}</head>
<body><header><nav><ul><li><a href="/">Trang chủ</a><li><a href="/{name}/">Kinh tế</a><li><a href="/{name}/">Xã hội</a>
<li><a href="/{name}/">Thể thao</a><li><a href="/{name}/">Rao vặt</a></ul></nav></header>
<main><article><h1>{title}</h1>
{body}
</article>
<div class="share"><button>A-</button><button>A+</button><a href="#">Chia sẻ</a> <a href="#">In bài</a></div>
<aside class="related"><h3>Tin liên quan</h3><ul>{related}</ul></aside></main>
<footer><p>{paper}. Đường dây nóng: 0900 000 000. Ghi rõ nguồn khi phát lại thông tin từ trang này.</p></footer>
</body></html>
"""


@dataclass(frozen=True)
class News:
    """One page: where it stands, and what an article of it says."""

    path: str
    title: str
    published: date | None
    body: str


@dataclass
class Paper:
    """One site: its pages, and the feed or sitemap that lists them."""

    name: str
    title: str
    list_path: str
    news: list[News] = field(default_factory=list)


def read_corpus() -> list[dict[str, Any]]:
    """The first articles that came into the corpus, without their annotations, the newest first."""
    first = set(list(json.loads((CORPUS / "splits.json").read_text(encoding="utf-8")))[:ARTICLES])
    articles = []
    for split in ("train", "dev", "test"):
        with (CORPUS / f"{split}.jsonl").open(encoding="utf-8") as lines:
            articles += [json.loads(line) for line in lines]
    articles = [article for article in articles if article["id"] in first]
    return sorted(articles, key=lambda article: (article["published"] or "", article["id"]), reverse=True)


def make_papers(articles: list[dict[str, Any]]) -> list[Paper]:
    """All sites with their pages."""
    cooperatives = Paper("chung-tay", "Báo Chung Tay", "/chung-tay/rss.xml")
    economy = Paper("ben-cang", "Thời báo Bến Cảng", "/ben-cang/atom.xml")
    country = Paper("la-tre", "Lá Tre", "/la-tre/rss.xml")
    reprints = Paper("gom-tin", "Gom Tin 24 giờ", "/gom-tin/sitemap.xml")
    printed = Paper("ban-in", "Bản in", "/ban-in/rss.xml")
    of_genre = {"cooperative": cooperatives, "socioeconomic": economy, "company": economy, "trade": economy}
    for number, article in enumerate(articles):
        paper = of_genre.get(article["genre"], country)
        lines = [line.strip() for line in article["text"].splitlines() if line.strip()]
        title = article["title"] or lines[0][:120]
        day = date.fromisoformat(article["published"]) if article["published"] else None
        name = article["id"]
        paper.news.append(News(f"/{paper.name}/{name}.html", title, day, paragraphs(lines)))
        kept = lines[:-1] if number % 3 == 0 and len(lines) > 6 else lines
        told = [*kept, f"(Theo {paper.title})"]
        reprints.news.append(News(f"/gom-tin/{name}.html", f"Gom tin: {title}", day, paragraphs(told)))
        if number < PRINTED:
            printed.news.append(News(f"/ban-in/{name}.html", title, day, paragraphs(lines)))
    country.news.append(News(GONE, "Bài đã gỡ", NO_DATE, ""))
    country.news.append(News("/la-tre/chum-anh.html", "Chùm ảnh: mùa nước nổi", NO_DATE, PICTURES))
    country.news.append(News("/la-tre/english.html", "The harbour waits", NO_DATE, ENGLISH))
    return [cooperatives, economy, country, reprints, printed]


def paragraphs(lines: list[str]) -> str:
    """Lines of an article as HTML."""
    return "\n".join(f"<p>{escape(line)}</p>" for line in lines)


def page_of(paper: Paper, number: int) -> str:
    """A page with its furniture; its related headlines are those of its neighbours."""
    news = paper.news[number]
    neighbours = [paper.news[(number + step) % len(paper.news)] for step in (1, 2, 3)]
    related = "".join(f"<li><a href='{escape(other.path)}'>{escape(other.title)}</a>" for other in neighbours)
    published = ""
    if news.published is not None:
        published = f'<meta property="article:published_time" content="{news.published.isoformat()}T07:30:00+07:00">'
    return PAGE.format(
        title=escape(news.title),
        paper=escape(paper.title),
        name=paper.name,
        published=published,
        body=news.body,
        related=related,
    )


def list_of(paper: Paper, origin: str) -> tuple[str, str]:
    """The RSS feed, Atom feed or sitemap of a paper, and its media type."""
    title = escape(paper.title)
    if paper.list_path.endswith("sitemap.xml"):
        urls = "".join(f"<url><loc>{origin}{escape(news.path)}</loc></url>\n" for news in paper.news)
        return f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{urls}</urlset>\n', "application/xml"
    if paper.list_path.endswith("atom.xml"):
        entries = "".join(
            f"<entry><id>{origin}{escape(news.path)}</id><title>{escape(news.title)}</title>"
            f'<link href="{origin}{escape(news.path)}"/><updated>{_moment(news).isoformat()}</updated></entry>\n'
            for news in paper.news
        )
        head = f"<id>{origin}/{paper.name}/</id><title>{title}</title>\n"
        return f'<feed xmlns="http://www.w3.org/2005/Atom">{head}{entries}</feed>\n', ATOM
    items = "".join(
        f"<item><title>{escape(news.title)}</title><link>{origin}{escape(news.path)}</link>"
        f"<pubDate>{format_datetime(_moment(news))}</pubDate></item>\n"
        for news in paper.news
    )
    head = f"<title>{title}</title><link>{origin}/{paper.name}/</link>\n"
    return f'<rss version="2.0"><channel>{head}{items}</channel></rss>\n', RSS


def _moment(news: News) -> datetime:
    return datetime.combine(news.published or NO_DATE, time(7, 30), VIETNAM)


def make_pages(papers: list[Paper], origin: str) -> dict[str, tuple[bytes, str]]:
    """Every address with its content and media type."""
    pages = {"/robots.txt": ("User-agent: *\nDisallow: /anh/\n", TEXT)}
    for paper in papers:
        pages[paper.list_path] = list_of(paper, origin)
        pages |= {news.path: (page_of(paper, number), HTML) for number, news in enumerate(paper.news)}
    del pages[GONE]
    links = "".join(f"<li><a href='{paper.list_path}'>{escape(paper.title)}</a>" for paper in papers)
    pages["/"] = (f"<!doctype html><title>Sạp báo</title><h1>Sạp báo</h1><ul>{links}</ul>", HTML)
    return {path: (content.encode("utf-8"), media_type) for path, (content, media_type) in pages.items()}


class Visitor(BaseHTTPRequestHandler):
    """One request: the page, or 304 where the visitor has it already."""

    pages: dict[str, tuple[bytes, str]]
    asked: Counter[str]
    lock: Lock

    def do_GET(self) -> None:
        """Answer."""
        if self.path == "/log":
            with self.lock:
                body = json.dumps(dict(sorted(self.asked.items()))).encode() + b"\n"
                self.asked.clear()
            self._answer(200, body, "application/json")
            return
        content, media_type = self.pages.get(self.path, (b"", ""))
        etag = f'"{blake2b(content, digest_size=8).hexdigest()}"'
        status = 404 if not media_type else 304 if self.headers.get("If-None-Match") == etag else 200
        kind = "pages" if self.path.endswith(".html") else "robots.txt" if self.path == "/robots.txt" else "feeds"
        with self.lock:
            self.asked[f"{kind} {status}"] += 1
        self._answer(status, content if status == 200 else b"", media_type or TEXT, etag)

    def _answer(self, status: int, body: bytes, media_type: str, etag: str | None = None) -> None:
        self.send_response(status)
        if status != 304:
            self.send_header("Content-Type", f"{media_type}; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
        if etag is not None and status != 404:
            self.send_header("ETag", etag)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing: `/log` tells."""


class Server(ThreadingHTTPServer):
    """The papers' server."""

    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """A visitor that is killed in the middle is part of the tutorial."""


def make_server(port: int) -> Server:
    """The server, listening on 127.0.0.1."""
    papers = make_papers(read_corpus())
    visitor = type("Reader", (Visitor,), {"asked": Counter(), "lock": Lock()})
    server = Server(("127.0.0.1", port), visitor)
    visitor.pages = make_pages(papers, f"http://127.0.0.1:{server.server_address[1]}")
    return server


def main() -> None:
    parser = argparse.ArgumentParser(description="The written corpus as feeds and pages, on this machine only.")
    parser.add_argument("--port", type=int, default=8765, help="0 for a free one (default: %(default)s)")
    server = make_server(parser.parse_args().port)
    sys.stderr.write(f"five papers at http://127.0.0.1:{server.server_address[1]}/, until Ctrl-C\n")
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        server.server_close()


if __name__ == "__main__":
    main()
