"""Wrong facts in their sentences, the gold reading beside the predicted one, for people to read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from chitieu.annotation.gold import AnnotatedArticle
from chitieu.facts.assemble import sentence_around
from chitieu.facts.fact import Evidence, Fact, Offsets
from chitieu.facts.readable import printable
from chitieu.labels import Status
from chitieu.scoring.errors import Disagreement, disagreements
from chitieu.scoring.links import gold_by_value
from chitieu.scoring.match import FIELDS
from chitieu.scoring.rows import Row

_BESIDE = 320  # characters of the sentence that are shown on each side of the value
MISSED, SPURIOUS = "missed", "spurious"
OF, BASE = "of", "base"
CLASSES = (MISSED, SPURIOUS, *FIELDS)
"""The classes of error: no fact where there is one, a fact where there is none, and each field that is wrong."""

Evidences = list[tuple[str, Offsets]]
"""What stretches of text are to a fact: a label in lower case, or `of`, or `base`; with their offsets."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a sentence: its words, made printable, and what they are to the fact, or nothing."""

    text: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """One side's fact in its sentence.

    Attributes:
        sentence: in text order.
        elsewhere: evidence outside the sentence, each with its label.
    """

    sentence: tuple[Piece, ...]
    elsewhere: tuple[Piece, ...] = ()


@dataclass(frozen=True, slots=True)
class FieldLine:
    """What the two sides say of one field; `right` is None where one side has no fact."""

    name: str
    gold: str
    predicted: str
    right: bool | None


@dataclass(frozen=True, slots=True)
class Example:
    """A fact that is wrong.

    Attributes:
        classes: one or more of `CLASSES`.
        kind: the gold fact's; of a spurious one, its own.
        confidence: of the prediction.
        gold, predicted: None where that side has no fact there.
    """

    article_id: str
    genre: str
    classes: tuple[str, ...]
    kind: str
    confidence: float | None
    gold: Reading | None
    predicted: Reading | None
    fields: tuple[FieldLine, ...]


def wrong_facts(gold: Sequence[AnnotatedArticle], predicted: Mapping[str, Iterable[Fact]]) -> Iterator[Example]:
    """Every wrong fact, article by article in text order; optional gold facts are passed over.

    Args:
        gold: the articles.
        predicted: facts by article id.
    """
    for article in gold:
        facts = [fact for fact in predicted.get(article.id, ()) if fact.derived is None]
        by_value = {fact.evidence.value: fact for fact in facts}
        marked = _gold_evidence(article)
        for item in disagreements(article, facts):
            yield _example(article, item, marked, by_value)


def _gold_evidence(article: AnnotatedArticle) -> dict[Offsets, Evidences]:
    evidence = {}
    for value, links in gold_by_value(article).items():
        own = Evidence(value, links.metric, links.of, links.org, links.year, links.base, links.cue)
        evidence[value] = _labelled(own, links.status)
    return evidence


def _labelled(evidence: Evidence, status: Status) -> Evidences:
    single = (
        (OF, evidence.of),
        ("org", evidence.org),
        ("year", evidence.year),
        (BASE, evidence.base),
        (status.value, evidence.cue),
    )
    return [
        ("value", evidence.value),
        *(("metric", piece) for piece in evidence.metric),
        *((label, offsets) for label, offsets in single if offsets is not None),
    ]


def _example(
    article: AnnotatedArticle,
    item: Disagreement,
    marked: Mapping[Offsets, Evidences],
    facts: Mapping[Offsets, Fact],
) -> Example:
    row = item.gold or item.predicted
    assert row is not None
    text = article.article.text
    fact = facts[item.predicted.span] if item.predicted else None
    given = None if fact is None else _labelled(fact.evidence, fact.status)
    classes = item.wrong or ((MISSED,) if item.predicted is None else (SPURIOUS,))
    return Example(
        article_id=printable(article.id),
        genre=printable(article.genre or ""),
        classes=tuple(classes),
        kind=row.kind,
        confidence=None if fact is None else fact.confidence,
        gold=None if item.gold is None else read_in_sentence(text, item.gold.span, marked[item.gold.span]),
        predicted=None if item.predicted is None or given is None else read_in_sentence(text, row.span, given),
        fields=tuple(_field(name, item) for name in FIELDS),
    )


def read_in_sentence(text: str, value: Offsets, evidence: Evidences) -> Reading:
    """The sentence around a value with the evidence labelled, and the evidence that stands elsewhere.

    Args:
        text: the article's text.
        value: offsets of the value, which says which sentence.
        evidence: label and offsets, the value's own among them.
    """
    left, right = sentence_around(text, *value)
    start, end = max(left, value[0] - _BESIDE), min(right, value[1] + _BESIDE)
    inside = [(label, span) for label, span in evidence if start <= span[0] and span[1] <= end]
    outside = [(label, span) for label, span in evidence if (label, span) not in inside]
    cuts = sorted({start, end, *(edge for _, span in inside for edge in span)})
    pieces = [Piece("…")] if start > left else []
    for a, b in pairwise(cuts):
        covering = [(span[1] - span[0], label) for label, span in inside if span[0] <= a and b <= span[1]]
        label = min(covering, key=lambda found: found[0])[1] if covering else ""
        pieces.append(Piece(printable(text[a:b]), label))
    pieces += [Piece("…")] if end < right else []
    elsewhere = sorted(outside, key=lambda found: found[1])
    return Reading(
        tuple(pieces),
        tuple(Piece(printable(text[span[0] : span[1]]), label) for label, span in elsewhere),
    )


def _field(name: str, item: Disagreement) -> FieldLine:
    right = None if item.gold is None or item.predicted is None else name not in item.wrong
    return FieldLine(name, _said(item.gold, name), _said(item.predicted, name), right)


def _said(row: Row | None, name: str) -> str:
    """What a side says of a field, in words."""
    if row is None:
        return ""
    if name == "value":
        number = "unreadable" if row.value is None else f"{row.value:,.12g}"
        high = "" if row.value_high is None else f" – {row.value_high:,.12g}"
        return printable(f"{number}{high} {row.unit or ''}").strip()
    if name == "year":
        return " or ".join(map(str, row.years)) or "–"
    return printable(getattr(row, name) or "–")
