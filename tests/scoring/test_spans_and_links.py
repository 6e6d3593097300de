from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chitieu.article import Span
from chitieu.errors import AnnotationError
from chitieu.labels import Direction, Kind, Label, Status
from chitieu.scoring.counts import Count
from chitieu.scoring.links import count_links, gold_by_value, link_measures
from chitieu.scoring.pairing import pair_overlapping
from chitieu.scoring.spans import count_spans, span_measures

# Spans of one label: what is predicted and gold, then (correct, predicted, gold) exact and by overlap.
SPAN_CASES = [
    ("equal", [(0, 5)], [(0, 5)], (1, 1, 1), (1, 1, 1)),
    ("one character off", [(0, 4)], [(0, 5)], (0, 1, 1), (1, 1, 1)),
    ("touching is not overlapping", [(5, 8)], [(0, 5)], (0, 1, 1), (0, 1, 1)),
    ("nothing", [], [(0, 5)], (0, 0, 1), (0, 0, 1)),
    ("twice the same", [(0, 5), (0, 5)], [(0, 5)], (1, 2, 1), (1, 2, 1)),
    ("one over all", [(0, 100)], [(0, 5), (10, 15), (20, 25)], (0, 1, 3), (1, 1, 3)),
    ("in pieces", [(0, 2), (3, 5)], [(0, 5)], (0, 2, 1), (1, 2, 1)),
    ("exact before longer", [(0, 9), (2, 4)], [(2, 4), (5, 9)], (1, 2, 2), (2, 2, 2)),
]


@pytest.mark.parametrize(("name", "predicted", "gold", "exact", "overlap"), SPAN_CASES, ids=[c[0] for c in SPAN_CASES])
def test_span_counts(name, predicted, gold, exact, overlap):
    assert count_spans(predicted, gold, partial=False) == (Count(*exact), Count(*overlap))


def test_unmarked_mentions_of_a_partly_marked_label_are_unknown():
    predicted, gold = [(0, 5), (20, 25), (40, 44)], [(0, 5), (40, 45), (60, 65)]
    assert count_spans(predicted, gold, partial=True) == (Count(1, 2, 3), Count(2, 2, 3))
    assert count_spans(predicted, gold, partial=False) == (Count(1, 3, 3), Count(2, 3, 3))


SPANS = st.lists(st.tuples(st.integers(0, 40), st.integers(1, 8)).map(lambda s: (s[0], s[0] + s[1])), max_size=8)


@given(SPANS, SPANS)
def test_pairs_are_one_to_one_and_symmetric_in_number(first, second):
    pairs = pair_overlapping(first, second)
    assert len({i for i, _ in pairs}) == len({j for _, j in pairs}) == len(pairs)
    assert all(min(first[i][1], second[j][1]) > max(first[i][0], second[j][0]) for i, j in pairs)
    exact, overlap = count_spans(first, second, partial=False)
    assert exact.correct <= overlap.correct
    shared = sum(min(first.count(s), second.count(s)) for s in set(first))
    assert exact.correct == shared


BODY = (
    "[[O1|Huyện Yên]] [[Y1|năm 2021]] [[A1|đã]] [[M1|hỗ trợ]] [[V1|25 hộ]] [[M2|thoát nghèo]], tăng [[V2|5 hộ]] so với "
    "[[Y2|năm 2020]]; mở [[V3|2 lớp]] với [[V4|80 học viên]], tặng [[V5|9 bò]]."
)
FACTS = (
    "V1: M1 M2 O1 Y1 A1 2021 actual\nV2: M1 M2 O1 Y1 base=Y2@2020 2021 actual change up\n"
    "V3: O1 Y1 2021 actual\nV4: of=V3 O1 Y1 2021 actual\nV5: O1 Y1 2021 actual optional"
)


@pytest.fixture(scope="module")
def gold(compiled):
    return compiled(BODY, FACTS)


@pytest.fixture(scope="module")
def at(gold):
    return {span.id: (span.start, span.end) for span in gold.spans}


def totals(gold, links):
    return {(m.section.split()[0], m.name): m.total for m in link_measures([gold], {"a": links}, "on gold spans")}


def test_gold_links_score_one(gold):
    found = totals(gold, gold_by_value(gold))
    assert found["links", "metric"] == Count(4, 4, 4)
    assert found["links", "of"] == found["links", "base"] == found["links", "cue"] == Count(1, 1, 1)
    assert found["links", "org"] == found["links", "year"] == Count(4, 4, 4)
    assert all(count == Count(4, 4, 4) for (part, _), count in found.items() if part == "choices")


def test_no_links_at_all_is_all_missed(gold):
    found = totals(gold, {})
    assert found["links", "org"] == Count(0, 0, 4)
    assert all(count == Count(0, 4, 4) for (part, _), count in found.items() if part == "choices")


def test_a_value_that_is_missed_counts_against_every_role(gold, at):
    links = gold_by_value(gold)
    del links[at["V1"]]
    found = totals(gold, links)
    assert found["links", "metric"] == Count(2, 2, 4)
    assert found["choices", "of"] == Count(3, 4, 4)  # V1 has no `of`, and a missed value does not get that right
    assert found["choices", "status"] == Count(3, 4, 4)


def test_wrong_missing_and_superfluous_links(gold, at):
    links = gold_by_value(gold)
    links[at["V1"]] = replace(links[at["V1"]], metric=(at["M1"],), year=at["Y2"], cue=None)
    links[at["V3"]] = replace(links[at["V3"]], of=at["V1"], status=Status.TARGET, kind=Kind.SHARE, dir=Direction.UP)
    found = totals(gold, links)
    assert found["links", "metric"] == Count(3, 3, 4)
    assert found["choices", "metric"] == Count(3, 4, 4)
    assert found["links", "year"] == Count(3, 4, 4)
    assert found["links", "cue"] == Count(0, 0, 1)
    assert found["links", "of"] == Count(1, 2, 1)
    assert found["choices", "of"] == Count(3, 4, 4)
    assert [found["choices", name].correct for name in ("status", "kind", "dir")] == [3, 3, 3]


def test_what_is_linked_to_an_optional_value_counts_neither_way(gold, at):
    links = gold_by_value(gold)
    links[at["V5"]] = replace(links[at["V5"]], org=None, metric=(at["M1"],))
    assert totals(gold, links) == totals(gold, gold_by_value(gold))


def test_links_of_a_value_that_is_none_lower_precision(gold, at):
    links = gold_by_value(gold)
    stray = replace(links[at["V1"]], value=(0, 3))
    found = totals(gold, {**links, (0, 3): stray})
    assert found["links", "metric"] == Count(4, 6, 4)
    assert found["choices", "metric"] == Count(4, 4, 4)


def test_end_to_end_spans_answer_by_overlap_but_once(gold, at):
    links = gold_by_value(gold)
    start, end = at["V1"]
    long = (at["M1"][0], at["M2"][1])  # one piece over both and over the value
    moved = replace(links.pop(at["V1"]), value=(start, end - 1), metric=(long,), org=(at["O1"][0], at["O1"][1] - 2))
    found = totals(gold, {**links, moved.value: moved})
    assert found["links", "org"] == Count(4, 4, 4)
    assert found["links", "metric"] == Count(3, 3, 4)
    assert found["choices", "metric"] == Count(3, 4, 4)


def test_unknown_articles_are_refused(gold):
    with pytest.raises(AnnotationError, match="C207"):
        link_measures([gold], {"b": {}}, "on gold spans")
    with pytest.raises(AnnotationError, match="C207"):
        span_measures([gold], {"b": []})


def test_span_measures_over_articles(gold, compiled):
    other = compiled("có [[V1|3 tổ]].", "V1: 2020 actual", "b")
    predicted = {"a": [Span(span.start, span.end, span.label) for span in gold.spans]}
    measures = {(m.section, m.name): m for m in span_measures([gold, other], predicted, partial=[Label.ORG])}
    assert measures["spans, exact", "VALUE"].counts == (Count(5, 5, 5), Count(0, 0, 1))
    assert measures["spans, overlap", "all labels"].total == Count(11, 11, 12)
    assert measures["spans, exact", "ORG"].note
    assert not measures["spans, exact", "YEAR"].note


def test_gold_links_keep_optional_facts(gold):
    assert len(gold_by_value(gold)) == 5
    assert count_links({}, {})["links", "org"] == Count()
