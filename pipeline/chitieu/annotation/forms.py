"""The names of the forms that annotated articles are written in; light, for the command line."""

from __future__ import annotations

from enum import Enum


class Form(str, Enum):
    """A form of annotated articles."""

    INLINE = "inline"
    JSONL = "jsonl"
    BRAT = "brat"
    LABEL_STUDIO = "label-studio"
    DOCCANO = "doccano"
    PRODIGY = "prodigy"


FOLDERS = frozenset({Form.INLINE, Form.BRAT})
"""The forms with files of their own for each article."""
