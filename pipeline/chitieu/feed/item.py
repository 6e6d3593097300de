"""What a source gives, article by article, and what is remembered of sources from one run to the next."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from chitieu.article import Article


@dataclass(frozen=True, slots=True)
class Found:
    """An article that a source gave.

    Attributes:
        key: its identity, by which a later run knows it again: the canonical URL of a page, else the absolute path of
            the file, `#` and the record's id where a file holds several.
        article: text, title and date; `article.id` is unique within its file only.
        url: canonical address of the page where it ended up after redirects, or that the record names.
        feed: the feed, sitemap, archive, folder or file that gave it, as the user named it.
        language: as its source is labelled in `feeds.toml` (the text itself has been found to be Vietnamese).
        province: as its source is labelled.
        section: as its source is labelled.
    """

    key: str
    article: Article
    url: str | None = None
    feed: str | None = None
    language: str | None = None
    province: str | None = None
    section: str | None = None


@dataclass(frozen=True, slots=True)
class Missing:
    """Something that a source had, or should have had, and that could not be made an article.

    Attributes:
        key: the identity that the article would have had; for a source that can't be read at all, its location.
        place: URL, file or `file:line`, for people.
        code: of the error, as `C134`.
        reason: what is wrong, in one line.
        again: the reason may pass (a time-out, a server's 503): a later run should try anew, so a key that is `again`
            must not be told to be `known`.
        feed: the source that gave it, as in `Found`.
    """

    key: str
    place: str
    code: str
    reason: str
    again: bool = False
    feed: str | None = None


class Memory(Protocol):
    """What earlier runs left behind. All calls come from the thread that iterates over `read_sources`."""

    def validators(self, url: str) -> tuple[str | None, str | None] | None:
        """ETag and Last-Modified that a feed or sitemap came with when it was last read to its end, or None."""

    def remember(self, url: str, etag: str | None, last_modified: str | None, status: int) -> None:
        """Keep the validators of a feed.

        Called after everything that the feed gave has been yielded, and only if all of that is settled (nothing is
        `again`). A store must commit this no earlier than those articles: with the validators kept and the articles
        lost, the next run would be told that nothing is new.
        """

    def known(self, key: str) -> bool:
        """Whether the page of this key is on record, tagged or missing for good, so that it need not be fetched."""


class InMemory:
    """A `Memory` for one process: for tests, and for runs that keep no database."""

    def __init__(self, known: Iterable[str] = ()) -> None:
        self.keys = set(known)
        self.pages: dict[str, tuple[str | None, str | None, int]] = {}

    def validators(self, url: str) -> tuple[str | None, str | None] | None:
        """As `Memory.validators`."""
        page = self.pages.get(url)
        return None if page is None else page[:2]

    def remember(self, url: str, etag: str | None, last_modified: str | None, status: int) -> None:
        """As `Memory.remember`."""
        self.pages[url] = (etag, last_modified, status)

    def known(self, key: str) -> bool:
        """As `Memory.known`."""
        return key in self.keys
