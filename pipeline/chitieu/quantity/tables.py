"""The tables of this package, read once from the JSON files beside it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from importlib.resources import files
from typing import Any

from chitieu.quantity.normalise import fold


def read_table(name: str) -> dict[str, Any]:
    """Return the JSON object in the file `name` of this package."""
    table: dict[str, Any] = json.loads(files("chitieu.quantity").joinpath(name).read_text(encoding="utf-8"))
    return table


def spellings(groups: dict[str, list[str]]) -> dict[str, str]:
    """Return folded spelling -> canonical form, each canonical form being a spelling of itself."""
    return {fold(spelling): canonical for canonical, others in groups.items() for spelling in (canonical, *others)}


def either(words: Iterable[str]) -> str:
    """Return a regular expression that matches any of `words`, the longest first."""
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
