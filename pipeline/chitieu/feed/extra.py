"""Packages of extras, imported late and asked for in one voice."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from chitieu.feed.failure import SourceError


def need(package: str, extra: str = "feed") -> Any:
    """Import a package of an extra.

    Raises:
        SourceError: C144 where it is not installed.
    """
    try:
        return import_module(package)
    except ModuleNotFoundError as missing:
        raise SourceError(
            "C144",
            f"the package {missing.name} is not installed",
            remedy=f"install the extra: pip install 'chitieu[{extra}]'",
        ) from missing
