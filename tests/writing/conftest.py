"""Facts that fill every field, and the text they come from."""

from __future__ import annotations

from decimal import Decimal

import pytest

from chitieu.article import Article, Span
from chitieu.facts.fact import Derivation, Evidence, Fact
from chitieu.facts.tagged import Tagged
from chitieu.labels import Bound, Direction, Kind, Label, Status

TEXT = "Năm 2024, Hợp tác xã Suối Ngọc phấn đấu doanh thu từ 3,5 đến 4 tỷ đồng,\ntăng 12% so với năm 2023."


def at(words: str) -> tuple[int, int]:
    start = TEXT.index(words)
    return start, start + len(words)


@pytest.fixture
def tagged() -> Tagged:
    common = {
        "article_id": "bài 1",
        "metric": "doanh thu",
        "org": "Hợp tác xã Suối Ngọc",
        "year": 2024,
        "period": "2024",
    }
    evidence = {
        "metric": (at("doanh thu"),),
        "org": at("Hợp tác xã Suối Ngọc"),
        "year": at("Năm 2024"),
        "cue": at("phấn đấu"),
    }
    facts = (
        Fact(
            **common,
            value=Decimal("3.5E+9"),
            value_high=Decimal("4E+9"),
            unit="đồng",
            bound=Bound.RANGE,
            status=Status.TARGET,
            kind=Kind.LEVEL,
            evidence=Evidence(value=at("3,5 đến 4 tỷ đồng"), **evidence),
            sentence=TEXT,
            confidence=0.75,
        ),
        Fact(
            **common,
            value=Decimal("12"),
            unit="%",
            status=Status.TARGET,
            kind=Kind.CHANGE,
            dir=Direction.UP,
            base_year=2023,
            evidence=Evidence(value=at("12%"), base=at("năm 2023"), **evidence),
            sentence=TEXT,
            derived=Derivation("plan-of-completion", ("bài 1:53-70", "bài 1:77-80")),
        ),
    )
    spans = (
        Span(*at("Năm 2024"), Label.YEAR),
        Span(*at("Hợp tác xã Suối Ngọc"), Label.ORG),
        Span(*at("phấn đấu"), Label.TARGET),
        Span(*at("doanh thu"), Label.METRIC),
        Span(*at("3,5 đến 4 tỷ đồng"), Label.VALUE),
        Span(*at("12%"), Label.VALUE),
        Span(*at("năm 2023"), Label.YEAR),
    )
    return Tagged(Article("bài 1", TEXT), spans, facts)
