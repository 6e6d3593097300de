"""What a model marked, as an annotation to start from: spans that don't overlap, and facts that link them."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from chitieu.annotation.gold import AnnotatedArticle, AnnotatedSpan, GoldFact
from chitieu.facts.fact import Fact, Offsets
from chitieu.facts.tagged import Tagged
from chitieu.labels import Label, Status

_MOST_PIECES = 3
_LONGEST_ID = 80  # characters; an id is a file name too
_LETTERS = {Label.VALUE: "V", Label.METRIC: "M", Label.ORG: "O", Label.YEAR: "Y", Label.TARGET: "T", Label.ACTUAL: "A"}
# Of two marks that overlap the first kind stays: without its VALUE a fact is none; a name or date is surer than words.
_FIRST = (Label.VALUE, Label.YEAR, Label.ORG, Label.TARGET, Label.ACTUAL, Label.METRIC)


def propose(tagged: Tagged, min_confidence: float = 0.0) -> AnnotatedArticle:
    """A tagged article as an annotated one, its id made fit for a corpus.

    ORG and YEAR mentions are kept wherever they stand, METRIC and cues where a fact uses them. A link to a mark that
    had to give way to one of another label is left out.

    Args:
        tagged: what the model made of an article.
        min_confidence: facts of a lower confidence, in [0, 1], are left out; an unknown confidence counts as 0.
    """
    facts = _one_a_value(fact for fact in tagged.facts if (fact.confidence or 0.0) >= min_confidence)
    marks = _marks(tagged, facts)
    counts: Counter[Label] = Counter()
    spans: list[AnnotatedSpan] = []
    for label, offsets in marks:
        counts[label] += 1
        spans.append(AnnotatedSpan(f"{_LETTERS[label]}{counts[label]}", label, *offsets))
    gold = tuple(fact for fact in (_gold_fact(fact, spans) for fact in facts) if fact is not None)
    linked = {span_id for fact in gold for _, span_id, _ in fact.references()}
    kept = tuple(span for span in spans if span.id in linked or span.label in (Label.ORG, Label.YEAR))
    article = tagged.article
    return AnnotatedArticle(replace(article, id=corpus_id(article.id)), kept, gold)


def corpus_id(article_id: str) -> str:
    """An id as the corpus asks for: lower-case letters, digits and single hyphens.

    One that had to be changed ends in a digest of what it was, so that no two become one.

    >>> corpus_id("bao-cao-2021"), corpus_id("Báo cáo 2021")
    ('bao-cao-2021', 'bao-cao-2021-248b82dc')
    """
    letters = unicodedata.normalize("NFKD", article_id.lower().replace("đ", "d")).encode("ascii", "ignore").decode()
    folded = re.sub(r"[^a-z0-9]+", "-", letters).strip("-")
    if folded and folded == article_id and len(article_id) <= _LONGEST_ID:
        return article_id
    digest = hashlib.sha256(article_id.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{folded[: _LONGEST_ID - 9].strip('-')}-{digest}".lstrip("-")


def _one_a_value(facts: Iterable[Fact]) -> list[Fact]:
    """The facts that the text states, each on a VALUE of its own, in text order."""
    stated: list[Fact] = []
    for fact in sorted((fact for fact in facts if fact.derived is None), key=lambda fact: fact.evidence.value):
        if not stated or fact.evidence.value[0] >= stated[-1].evidence.value[1]:
            stated.append(fact)
    return stated


def _marks(tagged: Tagged, facts: Iterable[Fact]) -> list[tuple[Label, Offsets]]:
    """Every span that is wanted and overlaps none that comes before it, in text order."""
    wanted: set[tuple[Label, Offsets]] = {
        (span.label, (span.start, span.end)) for span in tagged.spans if span.label in (Label.ORG, Label.YEAR)
    }
    values: set[Offsets] = set()
    for fact in facts:
        evidence = fact.evidence
        values.add(evidence.value)
        wanted |= {(Label.METRIC, piece) for piece in evidence.metric}
        for label, offsets in (
            (Label.VALUE, evidence.value),
            (Label.VALUE, evidence.of),
            (Label.ORG, evidence.org),
            (Label.YEAR, evidence.year),
            (Label.YEAR, evidence.base),
            (Label.TARGET if fact.status is Status.TARGET else Label.ACTUAL, evidence.cue),
        ):
            if offsets is not None:
                wanted.add((label, offsets))
    # values of facts before values that are only named by `of`; of one label, longer marks before their parts
    order = sorted(
        wanted, key=lambda mark: (_FIRST.index(mark[0]), mark[1] not in values, mark[1][0] - mark[1][1], mark[1])
    )
    taken: list[tuple[Label, Offsets]] = []
    for label, (start, end) in order:
        if all(end <= other_start or other_end <= start for _, (other_start, other_end) in taken):
            taken.append((label, (start, end)))
    return sorted(taken, key=lambda mark: mark[1])


def _gold_fact(fact: Fact, spans: Sequence[AnnotatedSpan]) -> GoldFact | None:
    """A fact with its links as ids; None where its VALUE gave way."""

    def of(offsets: Offsets | None, *labels: Label) -> AnnotatedSpan | None:
        """The mark of such a label that stands where the model saw one, or over it."""
        if offsets is None:
            return None
        start, end = offsets
        return next((span for span in spans if span.label in labels and span.start < end and start < span.end), None)

    def id_of(offsets: Offsets | None, *labels: Label) -> str | None:
        span = of(offsets, *labels)
        return None if span is None else span.id

    evidence = fact.evidence
    value = id_of(evidence.value, Label.VALUE)
    if value is None:
        return None
    pieces = {span.id: span for piece in evidence.metric if (span := of(piece, Label.METRIC)) is not None}
    year, base = id_of(evidence.year, Label.YEAR), id_of(evidence.base, Label.YEAR)
    whole = id_of(evidence.of, Label.VALUE)
    return GoldFact(
        value=value,
        metric=tuple(span.id for span in sorted(pieces.values(), key=lambda span: span.start)[:_MOST_PIECES]),
        of=None if whole == value else whole,
        org=id_of(evidence.org, Label.ORG),
        year=year,
        base=None if base == year else base,
        cue=id_of(evidence.cue, Label.TARGET, Label.ACTUAL),
        status=fact.status,
        kind=fact.kind,
        dir=fact.dir,
        bound=fact.bound,
        years=() if fact.year is None else (fact.year,),
        period=fact.period,
        base_years=None if fact.base_year is None or base is None or base == year else (fact.base_year,),
        optional=False,
    )
