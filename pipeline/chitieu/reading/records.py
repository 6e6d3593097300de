"""From a JSON object to an article, and back (`article.schema.json` says the same to other programs)."""

from __future__ import annotations

import json
import os
import re
from datetime import date
from pathlib import Path
from typing import Any

from chitieu.article import Article
from chitieu.errors import ArticleError

MAX_TEXT = 20 * 2**20
"""The longest text that is accepted, in bytes of UTF-8."""

_SURROGATE = re.compile("[\ud800-\udfff]")
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_READABLE = re.compile("[^\\s\u200b\u200c\u200d\u2060\ufeff]")  # zero-width characters leave nothing to read either


def parse_json(text: str, place: str) -> Any:
    """Parse one JSON value.

    Raises:
        ArticleError: C108 where it is broken, C116 where it is nested too deep to be read.
    """
    try:
        return json.loads(text)
    except json.JSONDecodeError as broken:
        raise broken_json(broken, place) from broken
    except RecursionError as deep:
        raise too_deep(place) from deep
    except ValueError as too_long:
        raise number_too_long(too_long, place) from too_long


def broken_json(broken: json.JSONDecodeError, place: str) -> ArticleError:
    """The error for JSON that does not parse, with the column where it breaks."""
    line = f"line {broken.lineno}, " if broken.lineno > 1 else ""
    return ArticleError(
        "C108",
        f"is not valid JSON: {broken.msg} at {line}column {broken.colno}",
        place=place,
        remedy="a .jsonl file holds one whole object a line"
        if ".jsonl:" in place
        else "check quotes, commas and brackets",
    )


def too_deep(place: str) -> ArticleError:
    """The error for JSON whose brackets are nested beyond what the parser follows."""
    return ArticleError(
        "C116", "is JSON nested too deep", place=place, remedy='an article is a flat object: {"id", "text", …}'
    )


def number_too_long(error: ValueError, place: str) -> ArticleError:
    """The error for an integer of thousands of digits, which Python refuses to convert."""
    reason = str(error).split(";")[0]
    return ArticleError(
        "C108", f"holds a number that can't be read: {reason}", place=place, remedy="shorten it or write it as a string"
    )


def parse_article(record: object, place: str, published: date | None = None) -> Article:
    """Read an article, annotated or bare, from its JSON object; keys that an article does not have are ignored.

    Args:
        record: what the JSON parser gave.
        place: file or `file:line`, for errors.
        published: the date to take where the record has none.

    Raises:
        ArticleError: C103, C104, C107 or C109 to C114, naming the place and the field.
    """
    if not isinstance(record, dict):
        raise ArticleError(
            "C109",
            f"holds {_kind(record)} where an article should be",
            place=place,
            remedy='write {"id": "…", "text": "…"}',
        )
    for field in ("id", "text"):
        if record.get(field) is None:
            raise ArticleError("C110", f'lacks "{field}"', place=place, remedy='an article needs "id" and "text"')
    strings = {field: _string(record, field, place) for field in ("id", "text", "title", "source", "url", "published")}
    article_id, text = strings["id"] or "", strings["text"] or ""
    if not article_id.strip():
        raise ArticleError("C111", '"id" is empty', place=place, remedy="give every article an id of its own")
    check_text(text, place)
    return Article(
        id=article_id,
        text=text,
        title=strings["title"],
        published=_published(strings["published"], place) or published,
        source=strings["source"],
        url=strings["url"],
    )


def id_of(path: Path) -> str:
    """The id of an article that is a file of its own: its stem, as UTF-8 whatever the locale makes of its bytes."""
    return os.fsencode(path.stem).decode("utf-8", errors="replace")


def check_text(text: str, place: str) -> None:
    """Refuse a text that holds nothing to read, or more than is read.

    Raises:
        ArticleError: C103, C104 or C107.
    """
    if not text:
        raise ArticleError("C103", "has no text: it is empty", place=place, remedy="remove it or fill it in")
    if not _READABLE.search(text):
        raise ArticleError("C104", "has no text: only white space", place=place, remedy="remove it or fill it in")
    if len(text) > MAX_TEXT // 4 and len(text.encode("utf-8", errors="surrogatepass")) > MAX_TEXT:
        raise too_large(f"text of {len(text):,} characters", place)


def too_large(what: str, place: str) -> ArticleError:
    """The error for an input beyond `MAX_TEXT`."""
    return ArticleError(
        "C107", f"{what} is over the limit of 20 MB an article", place=place, remedy="split it into articles"
    )


def article_to_dict(article: Article) -> dict[str, Any]:
    """The JSON object of a bare article, in the key order of the public format."""
    return {
        "id": article.id,
        "title": article.title,
        "text": article.text,
        "published": None if article.published is None else article.published.isoformat(),
        "source": article.source,
        "url": article.url,
    }


def _string(record: dict[str, Any], field: str, place: str) -> str | None:
    value = record.get(field)
    if value is None:
        return None
    if not isinstance(value, str):
        raise ArticleError(
            "C111", f'"{field}" is {_kind(value)}, not a string', place=place, remedy="write it in quotes"
        )
    half = _SURROGATE.search(value)
    if half:
        raise ArticleError(
            "C114",
            f'"{field}" holds half a surrogate pair (\\u{ord(half.group()):04x}) at character {half.start()}',
            place=place,
            remedy="write the whole character, or its two halves one after the other",
        )
    return value


def _published(value: str | None, place: str) -> date | None:
    if value is None:
        return None
    try:
        if _ISO_DATE.fullmatch(value):
            return date.fromisoformat(value)
    except ValueError:
        pass  # a 30th of February has the shape of a date
    shown = value if len(value) <= 40 else value[:40] + "…"
    raise ArticleError("C112", f'"published" is not a date: {shown!r}', place=place, remedy="write YYYY-MM-DD or null")


def _kind(value: object) -> str:
    """What a JSON value is, in words."""
    names = {
        bool: "true or false",
        int: "a number",
        float: "a number",
        str: "a string",
        list: "a list",
        dict: "an object",
    }
    return names.get(type(value), "null")
