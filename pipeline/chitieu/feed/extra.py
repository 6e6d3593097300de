"""Packages of the extra `feed`, imported late and asked for in one voice."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from chitieu.feed.failure import SourceError


def need(package: str) -> Any:
    """Import a package of the extra `feed`.

    Raises:
        SourceError: C144 where it is not installed.
    """
    try:
        return import_module(package)
    except ModuleNotFoundError as missing:
        raise SourceError(
            "C144",
            f"the package {missing.name} is not installed",
            remedy="install the extra: pip install 'chitieu[feed]'",
        ) from missing
