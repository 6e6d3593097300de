"""A stand-in for the model, and a way to run commands in this process."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest

from chitieu.article import Article, Span
from chitieu.cli import tagging
from chitieu.cli.group import app
from chitieu.facts.fact import Evidence, Fact
from chitieu.facts.tagged import Tagged
from chitieu.labels import Kind, Label, Status

_FIGURE = re.compile(r"(\d+) (\w+)")


def tag_stub(articles: Iterable[Article]) -> Iterator[Tagged]:
    """Take every whole number with a word after it for a fact; a target where a `?` stands in the text."""
    for article in articles:
        facts = []
        for number, match in enumerate(_FIGURE.finditer(article.text[:10_000])):
            facts.append(
                Fact(
                    article_id=article.id,
                    metric=match.group(2),
                    value=Decimal(match.group(1)),
                    unit=match.group(2),
                    status=Status.TARGET if "?" in article.text else Status.ACTUAL,
                    kind=Kind.LEVEL,
                    evidence=Evidence(value=match.span(), metric=(match.span(2),)),
                    sentence=article.text.splitlines()[0],
                    year=article.published.year if article.published else None,
                    period=str(article.published.year) if article.published else None,
                    confidence=round(0.9 - number / 10, 1),
                )
            )
        spans = tuple(Span(*fact.evidence.value, Label.VALUE) for fact in facts)
        yield Tagged(article, spans, tuple(facts))


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> list[Path | None]:
    """Replace the model; lists the folders that commands asked for."""
    asked: list[Path | None] = []

    def load(folder: Path | None) -> Callable[[Iterable[Article]], Iterator[Tagged]]:
        asked.append(folder)
        return tag_stub

    monkeypatch.setattr(tagging, "load_tagger", load)
    return asked


@dataclass
class Result:
    code: int
    out: str
    err: str

    @property
    def error_lines(self) -> list[str]:
        return self.err.splitlines()


@pytest.fixture
def run(
    model: list[Path | None],
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[..., Result]:
    """Run `chitieu` with arguments, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")

    def run_command(*arguments: object) -> Result:
        with pytest.raises(SystemExit) as exit_:
            app([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Result(int(exit_.value.code or 0), captured.out, captured.err)

    return run_command
