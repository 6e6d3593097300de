"""The baseline: every link goes to the nearest span. A trained relation model must beat it."""

from __future__ import annotations

from collections.abc import Sequence

from chitieu.article import Span
from chitieu.labels import Kind, Label, Status
from chitieu.relation.links import Links, Offsets


def nearest_links(spans: Sequence[Span]) -> tuple[Links, ...]:
    """Links of every VALUE to the nearest METRIC, ORG, YEAR and cue before it, or behind it where none stands before.

    The status is that of the nearest cue, `actual` without one; the kind is always `level`.

    Args:
        spans: labelled spans of one article, in text order.
    """
    groups = {
        label: [span for span in spans if span.label in labels]
        for label, labels in (
            (Label.METRIC, {Label.METRIC}),
            (Label.ORG, {Label.ORG}),
            (Label.YEAR, {Label.YEAR}),
            (Label.TARGET, {Label.TARGET, Label.ACTUAL}),
        )
    }
    links = []
    for value in spans:
        if value.label is not Label.VALUE:
            continue
        found = {label: _nearest(value, group) for label, group in groups.items()}
        metric, org, year, cue = (found[label] for label in (Label.METRIC, Label.ORG, Label.YEAR, Label.TARGET))
        links.append(
            Links(
                value=(value.start, value.end),
                metric=() if metric is None else (_offsets(metric),),
                of=None,
                org=None if org is None else _offsets(org),
                year=None if year is None else _offsets(year),
                base=None,
                cue=None if cue is None else _offsets(cue),
                status=Status.TARGET if cue is not None and cue.label is Label.TARGET else Status.ACTUAL,
                kind=Kind.LEVEL,
                dir=None,
            )
        )
    return tuple(links)


def _offsets(span: Span) -> Offsets:
    return span.start, span.end


def _nearest(value: Span, group: Sequence[Span]) -> Span | None:
    before = [span for span in group if span.end <= value.start]
    behind = [span for span in group if span.start >= value.end]
    return before[-1] if before else behind[0] if behind else None
