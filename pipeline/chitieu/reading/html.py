"""From a web page to an article's text, title and publication date, by trafilatura."""

from __future__ import annotations

import logging
import re
from datetime import date
from pathlib import Path
from typing import Any

from chitieu.article import Article
from chitieu.errors import ArticleError
from chitieu.reading.encoding import decode
from chitieu.reading.records import check_text, id_of

MAX_HTML = 10 * 2**20
"""The largest page that is parsed, in bytes: lxml's tree takes many times that in memory."""

MOST_TAGS = 30_000
"""A news page has one to five thousand elements. trafilatura's time grows with their square on some pages: this many
open paragraphs take 2 seconds, ten times as many 3 minutes, in which all other articles would wait."""

_MOST_SCRIPT = 30_000  # characters of scripts; the metadata in them (JSON-LD) are searched by patterns of square time
_SCRIPT = re.compile(r"<script\b[^>]{0,500}>.*?(?:</script|\Z)", re.DOTALL | re.IGNORECASE | re.ASCII)
_TAG = re.compile(r"<[A-Za-z]")
_DECLARED = re.compile(
    rb"""<(?:meta|\?xml)[^>]{0,200}?(?:charset|encoding)\s*=\s*["']?\s*([A-Za-z0-9_:.\-]{2,40})""", re.IGNORECASE
)
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_AS_TEXT = "save the article's text as .txt"
_SENTENCE = 8  # syllables; labels of menus and buttons are shorter, the shortest news item is longer
_NOT_HTML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")  # lxml refuses these

# Without a handler of its own, trafilatura's complaints would reach standard error beside our one line.
for _name in ("trafilatura", "htmldate", "courlan"):
    logging.getLogger(_name).addHandler(logging.NullHandler())


def read_html(data: bytes, path: Path, published: date | None = None) -> Article:
    """Extract the article of a page. Offsets count the extracted text.

    Args:
        data: the page as stored.
        path: its file, whose stem is the article's id.
        published: the date to take where the page gives none.

    Raises:
        ArticleError: C104 to C107, C115 where the page holds no article, C155 where it has more elements than can be
            read in reasonable time.
    """
    place = str(path)
    if len(data) > MAX_HTML:
        raise ArticleError(
            "C107",
            f"a page of {len(data):,} bytes is over the limit of 10 MB",
            place=place,
            remedy=_AS_TEXT,
        )
    declared = _DECLARED.search(data[:4_096])
    page = decode(data, place, declared.group(1).decode("ascii") if declared else None).text
    check_text(page, place)
    page = _without_long_scripts(page)
    tags = sum(1 for _ in _TAG.finditer(page))
    if tags > MOST_TAGS:
        message = f"has {tags:,} elements, over the limit of {MOST_TAGS:,}"
        raise ArticleError("C155", message, place=place, remedy=_AS_TEXT)
    document = _extract(_NOT_HTML.sub(" ", page), place)
    text = document.get("text") if document else None
    if document is None or not isinstance(text, str) or not _has_sentence(text):
        raise _no_article(place)
    return Article(
        id=id_of(path),
        text=text,
        title=_line(document.get("title")),
        published=_date(document.get("date")) or published,
        source=_line(document.get("sitename")),
        url=_line(document.get("url")),
    )


def _without_long_scripts(page: str) -> str:
    """The page with no scripts but short ones of metadata, together no longer than can be searched."""
    left = _MOST_SCRIPT

    def kept(script: re.Match[str]) -> str:
        nonlocal left
        if "+json" not in script.group()[:500].lower() or script.end() - script.start() > left:
            return "<script></script"
        left -= script.end() - script.start()
        return script.group()

    return _SCRIPT.sub(kept, page)


def _extract(page: str, place: str) -> dict[str, Any] | None:
    from trafilatura import bare_extraction  # a second and more to import

    try:
        document = bare_extraction(
            page,
            with_metadata=True,
            include_comments=False,
            # A date guessed from anywhere in the page would date every `năm nay` wrongly.
            date_extraction_params={
                "original_date": True,
                "extensive_search": False,
                "max_date": date.today().isoformat(),
            },
        )
    except Exception as failure:  # whatever lxml and its layers raise on a hostile page must not stop the others
        reason = f"can't be parsed as a page: {type(failure).__name__}: {failure}"
        raise ArticleError("C118", reason[:300], place=place, remedy=_AS_TEXT) from failure
    return document if document is None or isinstance(document, dict) else dict(document.as_dict())


def _has_sentence(text: str) -> bool:
    """Whether any line is long enough to be prose: from a page of menus and forms only their labels come out."""
    return any(len(line.split()) >= _SENTENCE for line in text.splitlines())


def _no_article(place: str) -> ArticleError:
    return ArticleError("C115", "is a page without an article", place=place, remedy=_AS_TEXT)


def _line(value: object) -> str | None:
    """A metadata field on one line, or None where it is empty."""
    return " ".join(value.split()) or None if isinstance(value, str) else None


def _date(value: object) -> date | None:
    if not isinstance(value, str) or not _ISO_DATE.fullmatch(value):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None
