"""The baseline that a trained model must beat."""

from __future__ import annotations

from chitieu.article import Span
from chitieu.labels import Kind, Label, Status
from chitieu.relation.nearest import nearest_links


def test_each_role_takes_the_nearest_span_before_else_behind():
    spans = [
        Span(0, 3, Label.YEAR),
        Span(4, 8, Label.ORG),
        Span(9, 12, Label.ORG),
        Span(13, 16, Label.TARGET),
        Span(17, 20, Label.VALUE),
        Span(21, 25, Label.METRIC),
        Span(26, 28, Label.ACTUAL),
        Span(29, 33, Label.VALUE),
    ]
    first, second = nearest_links(spans)
    assert first.value == (17, 20)
    assert first.metric == ((21, 25),)
    assert (first.org, first.year, first.cue) == ((9, 12), (0, 3), (13, 16))
    assert (first.status, first.kind, first.dir, first.of, first.base) == (Status.TARGET, Kind.LEVEL, None, None, None)
    assert second.metric == ((21, 25),)
    assert (second.cue, second.status) == ((26, 28), Status.ACTUAL)


def test_a_value_alone():
    (link,) = nearest_links([Span(0, 2, Label.VALUE)])
    assert (link.metric, link.org, link.year, link.cue, link.status) == ((), None, None, None, Status.ACTUAL)


def test_no_values_no_links():
    assert nearest_links([]) == ()
    assert nearest_links([Span(0, 2, Label.ORG)]) == ()
