"""A stand-in for the model, importable by worker processes: every whole number with a word after it is a fact."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path

from chitieu.article import Article, Span
from chitieu.errors import ModelError
from chitieu.facts.fact import Derivation, Evidence, Fact
from chitieu.facts.tagged import Tagged, Tagger
from chitieu.labels import Bound, Kind, Label, Status

_FIGURE = re.compile(r"(\d+) (\w+)")


def load(model: str | None) -> Tagger:
    """The model's folder may hold `word`, which is put before every metric: another model, other facts."""
    folder = Path(model or ".")
    if (folder / "broken").exists():
        raise ModelError("C304", "the model has format 999", place=str(folder), remedy="train it anew")
    if (folder / ".loads").exists():
        with (folder / ".loads").open("a", encoding="utf-8") as loads:
            loads.write(f"{os.getpid()}\n")
    if (folder / "stillborn").exists():
        os.kill(os.getpid(), signal.SIGKILL)
    word = (folder / "word").read_text(encoding="utf-8") if (folder / "word").exists() else ""
    pause = float((folder / ".pause").read_text()) if (folder / ".pause").exists() else 0.0

    def tag(articles: Iterable[Article]) -> Iterator[Tagged]:
        for article in articles:
            time.sleep(pause)
            _misbehave(article.text)
            facts = _facts(article, word)
            spans = tuple(Span(*fact.evidence.value, Label.VALUE) for fact in facts)
            yield Tagged(article, spans, tuple(facts))

    return tag


def _misbehave(text: str) -> None:
    if "Chết một lần:" in text:
        marker = Path(text.split("Chết một lần:")[1].split()[0])
        if not marker.exists():
            marker.touch()
            os.kill(os.getpid(), signal.SIGKILL)
    if "Chết luôn" in text:
        os.kill(os.getpid(), signal.SIGKILL)
    if "Cạn bộ nhớ" in text:
        raise MemoryError
    if "Treo máy" in text:
        time.sleep(60)
    if "Hỏng" in text:
        raise ValueError("hỏng rồi")


def _facts(article: Article, word: str) -> list[Fact]:
    facts = []
    for number, match in enumerate(_FIGURE.finditer(article.text[:10_000])):
        facts.append(
            Fact(
                article_id=article.id,
                org="HTX Đồng Tâm" if number % 2 else None,
                metric=f"{word}{match.group(2)}",
                value=Decimal(match.group(1)),
                unit=match.group(2),
                status=Status.TARGET if "phấn đấu" in article.text else Status.ACTUAL,
                kind=Kind.LEVEL,
                bound=Bound.MIN if number == 1 else Bound.EXACT,
                evidence=Evidence(value=match.span(), metric=(match.span(2),)),
                sentence=article.text.splitlines()[0],
                year=article.published.year if article.published else None,
                period=str(article.published.year) if article.published else None,
                confidence=round(0.9 - number % 8 / 10, 1),
                derived=Derivation("plan", (f"{article.id}:0-1",)) if number == 2 else None,
            )
        )
    return facts
