"""Hand-written cases: a marked mention, a publication date, and the period it stands for."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from chitieu.period import Period, find_periods, resolve_base, resolve_periods

HERE = Path(__file__).parent
MARK = re.compile(r"\[\[(.+?)\]\]")


def load(name: str) -> list[Any]:
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    return [pytest.param(json.loads(line), id=f"{name[6:-6]}-{i}") for i, line in enumerate(lines, 1)]


def unmark(marked: str) -> tuple[str, list[tuple[int, int]]]:
    mentions = [(m.start() - 4 * i, m.start() - 4 * i + len(m[1])) for i, m in enumerate(MARK.finditer(marked))]
    return MARK.sub(lambda m: m[1], marked), mentions


FILES = ["cases_explicit.jsonl", "cases_relative.jsonl", "cases_report.jsonl", "cases_spelling.jsonl"]
CASES = [case for name in FILES for case in load(name)]


def test_there_are_enough_cases() -> None:
    assert len(CASES) >= 200


@pytest.mark.parametrize("case", CASES)
def test_mention_is_dated(case: dict[str, Any]) -> None:
    text, mentions = unmark(case["text"])
    published = date.fromisoformat(case["published"]) if case["published"] else None
    periods = resolve_periods(text, mentions, published)
    assert [str(p) if p else None for p in periods] == case["periods"]
    assert [p.year if p else None for p in periods] == case["years"]


@pytest.mark.parametrize("case", CASES)
def test_mention_is_found(case: dict[str, Any]) -> None:
    text, mentions = unmark(case["text"])
    found = find_periods(text)
    for start, end in mentions:
        assert any(s < end and start < e for s, e in found), text[start:end]


@pytest.mark.parametrize("case", load("cases_bases.jsonl"))
def test_base_is_dated_from_what_is_compared(case: dict[str, Any]) -> None:
    assert str(resolve_base(Period.parse(case["governing"]), case["mention"])) == case["base"]
