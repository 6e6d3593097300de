"""Reading articles: files and folders, in the usual formats and encodings, to `Article`s or errors of a line."""

from __future__ import annotations

from chitieu.reading.files import SUFFIXES, read_articles
from chitieu.reading.language import language_notice
from chitieu.reading.records import article_to_dict, parse_article

__all__ = ["SUFFIXES", "article_to_dict", "language_notice", "parse_article", "read_articles"]
