"""A self-contained HTML page of articles with their facts beside them."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import resources
from itertools import pairwise
from typing import Any

from chitieu.facts.fact import Evidence, Fact, Offsets
from chitieu.facts.readable import period_text, printable, value_text
from chitieu.facts.tagged import Tagged
from chitieu.labels import Label

_SCRIPT = re.compile("<script>(.*?)</script>", re.DOTALL)
_CONTROL_PICTURES = {code: chr(0x2400 + code) for code in range(0x20) if chr(code) not in "\t\n\r"} | {0x7F: "\u2421"}

_LEGEND = (
    (Label.VALUE, "figure with its unit"),
    (Label.METRIC, "what is measured"),
    (Label.ORG, "whose figure it is"),
    (Label.YEAR, "when"),
    (Label.TARGET, "says that it is planned"),
    (Label.ACTUAL, "says that it is reached"),
)


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of an article's text with one label, or none, that is evidence of the same facts all along.

    Attributes:
        text: the characters, control characters shown as pictures.
        label: lower-case label, or empty.
        facts: numbers of the facts that it is evidence of, within the article.
        anchor: number of the fact whose value begins here, else None.
    """

    text: str
    label: str
    facts: tuple[int, ...]
    anchor: int | None


def render_page(articles: Sequence[Tagged]) -> Iterator[str]:
    """The page, in pieces; every text is escaped, and a content policy forbids all but the page's own script.

    Args:
        articles: at least one tagged article.
    """
    from jinja2 import Environment, StrictUndefined  # a command that writes no page need not load it

    source = resources.files(__package__).joinpath("page.html").read_text(encoding="utf-8")
    script = _SCRIPT.search(source)
    digest = hashlib.sha256(script.group(1).encode("utf-8") if script else b"").digest()
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    stream = environment.from_string(source).stream(
        contents=[
            {"number": number, "name": printable(tagged.article.title or tagged.article.id), "count": len(tagged.facts)}
            for number, tagged in enumerate(articles)
        ],
        # Cut up one at a time: the segments of many articles would fill the memory.
        articles=(_article(number, tagged) for number, tagged in enumerate(articles)),
        legend=[(label.value.lower(), label.value, meaning) for label, meaning in _LEGEND],
        script_digest=base64.b64encode(digest).decode("ascii"),
    )
    stream.enable_buffering(1_000)
    return iter(stream)


def segments(tagged: Tagged) -> list[Segment]:
    """Cut an article's text wherever a span or piece of evidence begins or ends; joined, the segments are the text."""
    text = tagged.article.text
    labels: dict[Offsets, Label] = {}
    evidence_of: dict[Offsets, set[int]] = {}
    anchors = _anchors(tagged)
    for number, fact in enumerate(tagged.facts):
        for label, offsets in _evidence(fact):
            labels.setdefault(offsets, label)
            evidence_of.setdefault(offsets, set()).add(number)
    for span in tagged.spans:  # a tagger's own label wins over the role that a fact gives the stretch
        labels[(span.start, span.end)] = span.label
    opening: dict[int, list[Offsets]] = {}
    for offsets in labels:
        if 0 <= offsets[0] < offsets[1] <= len(text):
            opening.setdefault(offsets[0], []).append(offsets)
    cuts = sorted({0, len(text), *(edge for group in opening.values() for pair in group for edge in pair)})
    pieces: list[Segment] = []
    running: list[Offsets] = []
    for start, end in pairwise(cuts):
        running = [pair for pair in running if pair[1] > start] + opening.get(start, [])
        shortest = min(running, key=lambda pair: pair[1] - pair[0], default=None)
        pieces.append(
            Segment(
                text=text[start:end].translate(_CONTROL_PICTURES),
                label=labels[shortest].value.lower() if shortest else "",
                facts=tuple(sorted({number for pair in running for number in evidence_of.get(pair, ())})),
                anchor=anchors.get(start),
            )
        )
    return pieces


def _anchors(tagged: Tagged) -> dict[int, int]:
    """Where values begin, each with the first fact read from there: a derived fact shares the value of another."""
    anchors: dict[int, int] = {}
    for number, fact in enumerate(tagged.facts):
        anchors.setdefault(fact.evidence.value[0], number)
    return anchors


def _evidence(fact: Fact) -> Iterator[tuple[Label, Offsets]]:
    evidence: Evidence = fact.evidence
    yield Label.VALUE, evidence.value
    for piece in evidence.metric:
        yield Label.METRIC, piece
    cue = Label(fact.status.value.upper())
    for label, offsets in (
        (Label.VALUE, evidence.of),
        (Label.ORG, evidence.org),
        (Label.YEAR, evidence.year),
        (Label.YEAR, evidence.base),
        (cue, evidence.cue),
    ):
        if offsets is not None:
            yield label, offsets


def _article(number: int, tagged: Tagged) -> dict[str, Any]:
    article = tagged.article
    anchors = _anchors(tagged)
    return {
        "number": number,
        "id": printable(article.id),
        "title": printable(article.title) if article.title else None,
        "published": article.published.isoformat() if article.published else None,
        "source": printable(article.source) if article.source else None,
        "segments": segments(tagged),
        "facts": [{**_row(fact), "anchor": anchors[fact.evidence.value[0]]} for fact in tagged.facts],
    }


def _row(fact: Fact) -> dict[str, str | bool]:
    return {
        "org": fact.org or "–",
        "metric": fact.metric or "–",
        "value": f"{value_text(fact)} {fact.unit or ''}".strip(),
        "period": period_text(fact) + (f" (vs. {fact.base_year})" if fact.base_year else ""),
        "status": fact.status.value,
        "kind": fact.kind.value,
        "derived": fact.derived is not None,
        "confidence": "" if fact.confidence is None else f"{fact.confidence:.2f}",
    }
