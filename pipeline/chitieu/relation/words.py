"""The word lists behind the features, kept as data; their order is part of a trained model."""

from __future__ import annotations

import json
from functools import lru_cache
from importlib.resources import files
from typing import Any


@lru_cache(maxsize=1)
def _tables() -> dict[str, Any]:
    tables: dict[str, Any] = json.loads((files("chitieu.relation") / "words.json").read_text(encoding="utf-8"))
    return tables


def words(name: str) -> tuple[Any, ...]:
    """One list of `words.json`: its words, as `Token.norm_` gives them, or its groups of words."""
    return tuple(_tables()[name]["words"])
