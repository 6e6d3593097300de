"""Why a source, a page or a record could not be had."""

from __future__ import annotations

from chitieu.errors import ArticleError


class SourceError(ArticleError):
    """A source or page that could not be fetched or read.

    Args:
        again: the reason may pass: this run tries again, and so may the next.
        wait: seconds that the server asked us to wait, where it did.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        place: str | None = None,
        remedy: str | None = None,
        again: bool = False,
        wait: float | None = None,
    ) -> None:
        super().__init__(code, message, place=place, remedy=remedy)
        self.again = again
        self.wait = wait


def shorten(text: str, most: int = 200) -> str:
    """A stranger's text on one line of bounded length, without control characters, for a message."""
    line = " ".join("".join(character if character.isprintable() else " " for character in text[: 4 * most]).split())
    return line if len(line) <= most else line[: most - 1] + "…"
