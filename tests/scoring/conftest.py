from __future__ import annotations

from collections.abc import Callable

import pytest

from chitieu.annotation.gold import AnnotatedArticle
from chitieu.annotation.inline import parse_inline


@pytest.fixture(scope="session")
def compiled() -> Callable[..., AnnotatedArticle]:
    """Compile marked text and fact lines."""

    def compile_(body: str, facts: str = "", article_id: str = "a") -> AnnotatedArticle:
        return parse_inline(f"id: {article_id}\npublished: 2022-01-10\n===\n{body}\n===\n{facts}\n")

    return compile_
