"""The article: what is read, tagged and annotated. Offsets count the code points of `Article.text` as stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from chitieu.labels import Label


@dataclass(frozen=True, slots=True)
class Article:
    """One article, its text exactly as stored (no normalising, no trimming).

    Attributes:
        id: unique within a run.
        text: the characters that every offset counts.
        title: headline, where the source gives it apart from the text.
        published: publication date, which dates `năm nay`, `hiện`, `cùng kỳ`.
        source: newspaper, portal or corpus.
        url: where it was found.
    """

    id: str
    text: str
    title: str | None = None
    published: date | None = None
    source: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A labelled stretch of an article's text, `start` inclusive, `end` exclusive, in code points."""

    start: int
    end: int
    label: Label
