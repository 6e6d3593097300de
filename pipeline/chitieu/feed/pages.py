"""From a fetched page, or what a feed carries of it, to an article."""

from __future__ import annotations

import html
import threading
from dataclasses import replace
from datetime import date
from pathlib import Path

from chitieu.article import Article
from chitieu.errors import ArticleError
from chitieu.feed.entry import Entry
from chitieu.feed.failure import SourceError
from chitieu.reading.html import read_html
from chitieu.reading.language import language_notice

MEDIA_TYPES = ("text/html", "application/xhtml+xml", "application/octet-stream", "application/vnd.wap.xhtml+xml")
ACCEPT = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.1"
_NO_ARTICLE = "C115"
_BEGINNING = 1_000  # characters
_TELLING = 50  # words
_WHOLE = 150  # words; what a feed carries of an article is a teaser below that

# trafilatura keeps caches of its own and promises nothing about threads; it holds the interpreter's lock anyway.
_ONE_AT_A_TIME = threading.Lock()


def extract_page(data: bytes, path: Path = Path("page")) -> Article:
    """Text, title and date of a page.

    Args:
        data: the page as it came, unpacked.
        path: its file, whose stem is the article's id.

    Raises:
        ArticleError: as `read_html`.
    """
    with _ONE_AT_A_TIME:
        return read_html(data, path)


def article_of_page(page: Article | ArticleError, key: str, url: str | None, entry: Entry | None = None) -> Article:
    """The article of a page; title, date and source of the feed where the page has none.

    Args:
        page: what `extract_page` gave, or raised.
        key: becomes the article's id.
        url: of the page.
        entry: what the feed said of it.

    Raises:
        ArticleError: `page`, where it is one; C120 or C121 where the article is not Vietnamese.
    """
    if isinstance(page, Article):
        return vietnamese(_completed(page, key, url, entry))
    if page.code == _NO_ARTICLE and entry is not None and len((entry.content or "").split()) >= _WHOLE:
        return article_of_entry(entry, key, url)  # a page that only a browser fills, and a feed that has it all
    raise page


def article_of_entry(entry: Entry, key: str, url: str | None) -> Article:
    """The article that a feed carries in full.

    Raises:
        ArticleError: C148 where it carries none, C115, C120 or C121 as `article_of_page`.
    """
    if not entry.content:
        raise SourceError("C148", "has neither a link nor a text", place=key, remedy="tell the site")
    title = html.escape(entry.title or "")
    page = f"<html><head><title>{title}</title></head><body><article><div>{entry.content}</div></article></body></html>"
    article = extract_page(page.encode("utf-8", errors="replace"))
    # A date or address in the text of an entry is not the entry's own.
    article = replace(article, title=entry.title, published=None, source=None)
    return vietnamese(_completed(article, key, url, entry))


def vietnamese(article: Article) -> Article:
    """The article itself.

    Raises:
        ArticleError: C120 or C121 where it is not Vietnamese.
    """
    # Its beginning tells nearly always, and the whole costs as much as all other reading of a line of JSON.
    start = replace(article, text=article.text.lstrip()[:_BEGINNING])
    if len(start.text.split()) >= _TELLING and language_notice(start) is None:
        return article
    notice = language_notice(article)
    if notice is not None:
        raise notice
    return article


def _completed(article: Article, key: str, url: str | None, entry: Entry | None) -> Article:
    title, published, source = article.title, _not_to_come(article.published), article.source
    if entry is not None:
        title, published, source = title or entry.title, published or entry.published, source or entry.source
    return replace(article, id=key, title=title, published=published, source=source, url=url)


def _not_to_come(day: date | None) -> date | None:
    return day if day is None or day <= date.today() else None
