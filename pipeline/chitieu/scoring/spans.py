"""Scores of spans: each label, exact and by overlap."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from chitieu.annotation.gold import AnnotatedArticle
from chitieu.article import Span
from chitieu.facts.fact import Offsets
from chitieu.labels import Label
from chitieu.scoring.counts import Count, Measure, require_known
from chitieu.scoring.pairing import pair_overlapping

MARKED_WHERE_LINKED = (Label.ORG, Label.YEAR)
"""Labels that `shared/data` marks only where a fact links to them: what is unmarked there is unknown."""


def count_spans(predicted: Sequence[Offsets], gold: Sequence[Offsets], partial: bool) -> tuple[Count, Count]:
    """The counts of one label in one article: exact, and by overlap (one to one).

    Args:
        predicted: offsets of the predicted spans; the same one twice counts twice.
        gold: offsets of the gold spans.
        partial: gold marks only some of the mentions: predictions that touch no gold span are left out, so that
            precision speaks of boundaries alone, and recall of what is marked.
    """
    known = [p for p in predicted if not partial or any(p[0] < end and start < p[1] for start, end in gold)]
    pairs = pair_overlapping(known, gold)
    exact = sum(known[i] == gold[j] for i, j in pairs)
    return Count(exact, len(known), len(gold)), Count(len(pairs), len(known), len(gold))


def span_measures(
    gold: Sequence[AnnotatedArticle],
    predicted: Mapping[str, Iterable[Span]],
    partial: Collection[Label] = (),
) -> list[Measure]:
    """Score predicted spans against gold articles, label by label, exact and by overlap.

    Args:
        gold: the articles; each counts.
        predicted: spans by article id; an article that is missing has none.
        partial: labels that gold marks only in part, e.g. `MARKED_WHERE_LINKED`.

    Raises:
        AnnotationError: C207 spans were predicted for articles that are not gold.
    """
    require_known(gold, predicted)
    spans = {article_id: list(found) for article_id, found in predicted.items()}
    exact, overlap = [], []
    for label in Label:
        counts = [
            count_spans(
                [(span.start, span.end) for span in spans.get(article.id, ()) if span.label is label],
                [(span.start, span.end) for span in article.spans if span.label is label],
                label in partial,
            )
            for article in gold
        ]
        note = "marked where linked only: precision is of boundaries" if label in partial else None
        exact.append(Measure("spans, exact", label.value, tuple(count for count, _ in counts), note=note))
        overlap.append(Measure("spans, overlap", label.value, tuple(count for _, count in counts), note=note))
    return [measure for lines in (exact, overlap) for measure in (*lines, _all_labels(lines))]


def _all_labels(lines: Sequence[Measure]) -> Measure:
    columns = zip(*(line.counts for line in lines), strict=True)
    return Measure(lines[0].section, "all labels", tuple(sum(column, Count()) for column in columns))
