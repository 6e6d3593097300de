"""Which source a page belongs to, where several read side by side name it: the first of them, in every run."""

from __future__ import annotations

import hashlib
import threading
from concurrent.futures import Future
from dataclasses import dataclass

from chitieu.article import Article
from chitieu.errors import ArticleError


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a page gave, before any feed's words about it.

    Attributes:
        place: where it was found in the end, for people.
        url: the same, canonical; None where it could not be had.
        article: the page's own text, title and date, or why there is none.
    """

    place: str
    url: str | None
    article: Article | ArticleError


class Claims:
    """Pages that this run has come across: eight bytes each, and outcomes as long as they may be wanted.

    A page is fetched once. A source that names a page which a later source is already fetching takes over the outcome,
    and what the later one gives of it is dropped: so whose labels an article carries does not depend on who was faster.
    """

    def __init__(self) -> None:
        self._owners: dict[bytes, int] = {}
        self._outcomes: dict[bytes, Future[Outcome]] = {}
        self._lock = threading.Lock()

    def claim(self, key: str, number: int) -> tuple[bool, Future[Outcome] | None]:
        """Claim a page for the source of a number.

        Returns:
            Whether the caller has to fetch the page, and the outcome that it has to settle, or to wait for; None where
            the page belongs to this source or an earlier one already.
        """
        digest = _digest(key)
        with self._lock:
            owner = self._owners.get(digest)
            if owner is not None and owner <= number:
                return False, None
            self._owners[digest] = number
            outcome = self._outcomes.get(digest)
            if outcome is not None:
                return False, outcome
            outcome = self._outcomes[digest] = Future()
            return True, outcome

    def given(self, key: str, number: int) -> bool:
        """Whether what a source gives of a page is the run's; told in the order of the sources."""
        digest = _digest(key)
        with self._lock:
            self._outcomes.pop(digest, None)  # earlier sources have come to their end, later ones will not claim it
            return self._owners.get(digest, number) >= number  # an archive gives pages that it has not claimed


def _digest(key: str) -> bytes:
    return hashlib.blake2b(key.encode("utf-8", errors="replace"), digest_size=8).digest()
