"""Errors that a user can act on: a code, what is wrong, where, and what to do about it."""

from __future__ import annotations


class ChitieuError(Exception):
    """Bad input or a bad set-up, told in one line.

    Args:
        code: stable identifier, for example `C101`; the first digit groups them: 1 reading, 2 annotations, 3 models,
            4 output, 5 quantities and periods.
        message: what is wrong, with the offending value.
        place: where: a file, `file:line`, or an article id.
        remedy: what the user can do about it.
    """

    def __init__(self, code: str, message: str, *, place: str | None = None, remedy: str | None = None) -> None:
        self.code = code
        self.message = message
        self.place = place
        self.remedy = remedy
        super().__init__(str(self))

    def __str__(self) -> str:
        where = f"{self.place}: " if self.place else ""
        remedy = f" ({self.remedy})" if self.remedy else ""
        return f"{where}[{self.code}] {self.message}{remedy}"


class ArticleError(ChitieuError):
    """An input that cannot be read as an article."""


class AnnotationError(ChitieuError):
    """Text, spans and facts of an annotated article that do not agree."""


class ModelError(ChitieuError):
    """A model folder that is missing, empty, or made for another version."""


class OutputError(ChitieuError):
    """A destination that cannot be written."""


class StoppedError(ChitieuError):
    """A run that had to stop before its end, through no fault of its input; starting it again goes on."""
