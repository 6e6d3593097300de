"""Gold links laid over candidates, and read back from scores."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from chitieu.annotation.docs import make_doc, make_example
from chitieu.annotation.links import gold_links
from chitieu.article import Span
from chitieu.labels import Kind, Label, Role, Status
from chitieu.relation.candidates import POOLS, WORDS
from chitieu.relation.component import doc_spans
from chitieu.relation.decode import _least, _runs, decode
from chitieu.relation.inputs import DocInputs, join_inputs, read_inputs
from chitieu.relation.links import Links
from chitieu.relation.network import FACT, HEADS, Scores, head_chances, sigmoid, softmax_by_value
from chitieu.relation.targets import Targets, overlaps, read_targets


@pytest.fixture(scope="module")
def read(untrained, tiny_articles):
    """The inputs of an article on its gold spans, or on others."""

    def make(number: int, spans: list[Span] | None = None) -> DocInputs:
        article = tiny_articles[number]
        marked = doc_spans(make_example(untrained, article).reference) if spans is None else spans
        doc = make_doc(untrained, article)
        return read_inputs(doc, marked, article.article.published, article.article.title)

    return make


def certain(targets: list[Targets]) -> Scores:
    """Scores that say what the targets want, for sure."""

    def by_pool(name: str) -> list:
        return [
            (np.concatenate([getattr(target, name)[index] for target in targets]) * 60 - 30).astype(np.float32)
            for index in range(len(POOLS))
        ]

    classes = np.concatenate([target.heads for target in targets])
    heads = np.full((len(classes), sum(len(names) for _, names in HEADS)), -30, dtype=np.float32)
    at = 0
    for column, (_, names) in enumerate(HEADS):
        heads[np.arange(len(heads)), at + classes[:, column]] = 30
        at += len(names)
    links, none = by_pool("links"), by_pool("none")
    return Scores([links, links], [none, none], [heads, heads])


def decoded(inputs: list[DocInputs], scores: Scores) -> list[tuple[Links, ...]]:
    starts = np.cumsum([0, *(len(item.word_offsets) for item in inputs)])[:-1].tolist()
    return decode(inputs, join_inputs(inputs, starts), scores)


def test_gold_links_are_among_the_candidates(read, tiny_articles):
    for number in (0, 1):
        targets = read_targets(read(number), gold_links(tiny_articles[number]))
        assert targets.weights.tolist() == [1.0] * len(tiny_articles[number].facts)
        for known in targets.known:
            assert known.all()


def test_what_the_targets_say_is_what_decoding_reads(read, tiny_articles):
    """Together, so that docs of a batch must be told apart, one of them without values."""
    inputs = [read(number) for number in (0, 2, 1)]
    gold = [gold_links(tiny_articles[number]) for number in (0, 2, 1)]
    found = decoded(inputs, certain([read_targets(item, links) for item, links in zip(inputs, gold, strict=True)]))
    assert [len(links) for links in found] == [6, 0, 5]
    for number, links, expected in zip((0, 2, 1), found, gold, strict=True):
        text = tiny_articles[number].article.text
        for link, wanted in zip(links, expected, strict=True):
            assert 0.2 < link.confidence <= 1 + 1e-6  # shared by mentions that are equally right
            # of an organisation or time that is named several times, any mention is right
            for role in ("org", "year", "base"):
                offsets, right = getattr(link, role), getattr(wanted, role)
                assert (offsets is None) == (right is None)
                if offsets and role == "org":
                    # a shorter form of a name is the same organisation
                    name, known = text[slice(*offsets)], text[slice(*right)]
                    assert name in known or known in name
            same = replace(link, org=wanted.org, year=wanted.year, base=wanted.base, confidence=None)
            assert same == wanted


def test_spans_match_where_they_overlap(read, tiny_articles):
    """A tagger's spans are trained on where they meet the gold; of what is no fact, only that is learned."""
    text, gold = tiny_articles[0].article.text, gold_links(tiny_articles[0])
    start, end = gold[0].value
    year = next(span for span in tiny_articles[0].spans if span.label is Label.YEAR)
    invented = text.index("20 HTX")
    spans = sorted(
        [
            Span(start, start + 2, Label.VALUE),  # `35` of `35 HTX`
            Span(invented, invented + 6, Label.VALUE),
            Span(year.start, year.end, Label.YEAR),
        ]
    )
    inputs = read(0, spans)
    targets = read_targets(inputs, [gold[0]])
    assert (start, end) != (start, start + 2)
    # figures that nobody marked are weighed as well, but not the year in `năm 2022`
    assert [value.text for value in inputs.mentions.values] == [
        "35",
        "140%",
        "204 HTX",
        "9,4 nghìn thành viên",
        "20 HTX",
        "5 - 7%",
    ]
    assert [value.marked for value in inputs.mentions.values] == [True, False, False, False, True, False]
    assert targets.weights.tolist() == [1.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    assert targets.told.tolist() == [1.0] * 6
    fact = [name for name, _ in HEADS].index(FACT)
    assert targets.heads[:, fact].tolist() == [0, 1, 1, 1, 1, 1]
    assert not any(none[4].any() or known[4].any() for none, known in zip(targets.none, targets.known, strict=True))


def test_an_optional_fact_does_not_say_what_a_fact_is(read, tiny_articles):
    gold = [replace(link, optional=number == 0) for number, link in enumerate(gold_links(tiny_articles[0]))]
    targets = read_targets(read(0), gold)
    assert targets.told.tolist() == [0.0, *[1.0] * (len(targets.told) - 1)]
    assert targets.weights[0] == 1


def test_what_is_likely_no_fact_has_no_links(read, tiny_articles):
    inputs = read(0)
    scores = certain([read_targets(inputs, gold_links(tiny_articles[0]))])
    assert HEADS[0] == (FACT, (True, False))
    scores.heads[1][2, :2] = (-1.0, 1.0)
    values = [value.offsets for value in inputs.mentions.values]
    assert [link.value for link in decoded([inputs], scores)[0]] == [*values[:2], *values[3:]]


def test_what_no_candidate_answers_is_unknown(read, tiny_articles):
    gold = next(link for article in tiny_articles for link in gold_links(article) if link.of is not None)
    number = next(index for index, article in enumerate(tiny_articles) if gold in gold_links(article))
    inputs = read(number, [Span(*gold.value, Label.VALUE)])  # the value that it is `of` was not marked
    targets = read_targets(inputs, [gold])
    pool = next(index for index, pool in enumerate(POOLS) if Role.OF in pool.roles)
    column = POOLS[pool].roles.index(Role.OF)
    assert targets.known[pool][0, column] == 0
    assert targets.none[pool][0, column] == 0


def test_the_likeliest_candidate_must_beat_none(read, tiny_articles):
    inputs = read(0)
    scores = certain([read_targets(inputs, gold_links(tiny_articles[0]))])
    index = next(index for index, pool in enumerate(POOLS) if Role.ORG in pool.roles)
    scores.links[1][index][:] = 1.0
    scores.none[1][index][:] = 3.0  # more than a name and the shorter forms that it holds have together
    assert {link.org for link in decoded([inputs], scores)[0]} == {None}
    scores.none[1][index][:] = -9.0
    scores.links[1][index][::2] = 2.0
    assert None not in {link.org for link in decoded([inputs], scores)[0]}


@pytest.mark.parametrize(("advantage", "nearest"), [(0.5, True), (1.5, False)])
def test_of_organisations_nearly_as_likely_the_nearest_is_taken(read, tiny_articles, advantage, nearest):
    """An advantage in log-odds of 0.5 is 1.6 times as likely, one of 1.5 is 4.5 times."""
    index = next(index for index, pool in enumerate(POOLS) if Role.ORG in pool.roles)
    for number in range(len(tiny_articles)):
        inputs = read(number)
        part, orgs, values = inputs.pools[index], inputs.mentions.orgs, inputs.mentions.values
        row = len(values) - 1
        pairs = np.flatnonzero(part.left == row)
        mentions = [orgs[part.right[pair]] for pair in pairs]
        before = [item for item in mentions if item.marked and item.span.start < values[row].span.start]
        others = [item for item in before if before[-1].text.lower() not in item.text.lower()]
        if others:
            break
    else:
        raise AssertionError("no article with two organisations")
    last, other = before[-1], others[0]
    scores = certain([read_targets(inputs, gold_links(tiny_articles[number]))])
    scores.none[1][index][row] = -9.0
    scores.links[1][index][pairs, 0] = [
        2.0 if item is last else 2.0 + advantage if item is other else -9.0 for item in mentions
    ]
    chosen = {link.value: link.org for link in decoded([inputs], scores)[0]}
    assert chosen[values[row].offsets] == (last if nearest else other).offsets


@pytest.mark.parametrize(
    ("role", "text", "chances", "chosen", "chance"),
    [
        # a name holds its shorter form, another doesn't
        (
            Role.ORG,
            "Ở [tỉnh Quảng Trị] và cả [Quảng Trị], theo [Sở Công Thương], có",
            (0.3, 0.35, 0.2),
            "tỉnh Quảng Trị",
            None,
        ),
        (Role.ORG, "Ở [tỉnh Lào Cai], [Quảng Trị] và [Sở Công Thương], có", (0.3, 0.45, 0.2), "Quảng Trị", None),
        # the year first, then the likelier of its periods
        (Role.YEAR, "[Năm 2022] khác với [năm 2023] và [quý I/2023], có", (0.4, 0.3, 0.25), "năm 2023", 0.55),
        (Role.YEAR, "[Năm 2022] khác với [năm 2023] và [quý I/2023], có", (0.4, 0.2, 0.25), "quý I/2023", 0.45),
        (Role.YEAR, "[Năm 2022] khác với [năm 2023] và [quý I/2023], có", (0.5, 0.2, 0.25), "Năm 2022", 0.5),
    ],
)
def test_an_answer_is_as_likely_as_all_that_make_it_right(untrained, role, text, chances, chosen, chance):
    label = Label(role.value.upper())
    plain, marks = "", []
    for part in re.split(r"(\[.*?\])", text + " 52 HTX."):
        words = part.strip("[]")
        if part.startswith("["):
            marks.append(Span(len(plain), len(plain) + len(words), label))
        plain += words
    value = Span(plain.index("52"), plain.index("52") + 6, Label.VALUE)
    fact = Links((value.start, value.end), (), None, None, None, None, None, Status.ACTUAL, Kind.LEVEL, None)
    inputs = read_inputs(untrained.tokenizer(plain), [*marks, value])
    index = next(index for index, pool in enumerate(POOLS) if role in pool.roles)
    column = POOLS[index].roles.index(role)
    scores = certain([read_targets(inputs, [fact])])
    mentions = inputs.mentions.orgs if role is Role.ORG else inputs.mentions.years
    weighed = [mentions[at] for at in inputs.pools[index].right]
    by_span = dict(zip([(mark.start, mark.end) for mark in marks], chances, strict=True))
    scores.links[1][index][:, column] = [np.log(by_span.get(item.offsets, 1e-9)) for item in weighed]
    scores.none[1][index][:, column] = np.log(1 - sum(chances))
    (link,) = decoded([inputs], scores)[0]
    place = getattr(link, role.value)
    assert plain[slice(*place)] == chosen
    if chance is not None:
        # every other part of the fact is certain but for its METRIC, which a count may lack
        assert link.confidence == pytest.approx(chance, abs=1e-3)


def test_metric_pieces_are_three_at_most(read, tiny_articles):
    inputs = read(0)
    scores = certain([read_targets(inputs, gold_links(tiny_articles[0]))])
    words = next(index for index, pool in enumerate(POOLS) if pool.name == WORDS)
    scores.links[1][words][:, 0] = np.where(np.arange(len(scores.links[1][words])) % 5 == 0, 5.0, -30.0)
    for link in decoded([inputs], scores)[0]:
        assert len(link.metric) <= 3
        assert list(link.metric) == sorted(link.metric)
        assert not any(overlaps(piece, link.value) for piece in link.metric)


@pytest.mark.parametrize(
    ("words", "chances", "runs"),
    [
        ([3, 4, 5], [0.9, 0.9, 0.9], [[0, 1, 2]]),
        ([3, 4, 5], [0.9, 0.4, 0.9], [[0, 1, 2]]),  # a half-likely word between two likely ones
        ([3, 4, 5], [0.9, 0.1, 0.9], [[0], [2]]),
        ([3, 4, 5, 6], [0.9, 0.4, 0.4, 0.9], [[0], [3]]),  # two are too many
        ([3, 5], [0.9, 0.9], [[0, 1]]),  # a sign stands between, which is not weighed
        ([3, 6], [0.9, 0.9], [[0], [1]]),
        ([3, 4, 5], [0.4, 0.9, 0.4], [[1]]),
        ([3, 4], [0.1, 0.2], []),
        ([], [], []),
    ],
)
def test_words_that_stand_together(words, chances, runs):
    found = _runs(np.array(words, dtype=np.int64), np.array(chances, dtype=np.float32), 0.5)
    assert [run.tolist() for run in found] == runs


def test_chances_of_a_value_and_none_sum_to_one():
    left = np.array([0, 0, 2, 2, 2])
    links = np.array([1.0, -2.0, 40.0, 39.0, -500.0], dtype=np.float32)
    none = np.array([0.5, 3.0, 0.0], dtype=np.float32)
    chances, nothing = softmax_by_value(left, links, none)
    sums = nothing + np.bincount(left, weights=chances, minlength=3)
    assert sums == pytest.approx([1, 1, 1], abs=1e-6)
    assert nothing[1] == pytest.approx(1)
    assert chances[0] == pytest.approx(np.exp(1.0) / (np.exp(1.0) + np.exp(-2.0) + np.exp(0.5)), rel=1e-5)


def test_chances_without_candidates():
    chances, nothing = softmax_by_value(
        np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32), np.zeros(2, dtype=np.float32)
    )
    assert (chances.shape, nothing.tolist()) == ((0,), [1.0, 1.0])


def test_logistic_and_attribute_chances_are_stable():
    assert sigmoid(np.array([-1e9, 0.0, 1e9], dtype=np.float32)) == pytest.approx([0, 0.5, 1], abs=1e-6)
    width = sum(len(classes) for _, classes in HEADS)
    chances = head_chances(np.random.default_rng(0).normal(scale=300, size=(4, width)).astype(np.float32))
    assert np.isfinite(chances).all()
    assert chances.sum(axis=1) == pytest.approx([len(HEADS)] * 4, rel=1e-5)


@pytest.mark.parametrize(
    ("chances", "measures", "words"),
    [
        ([0.9, 0.8, 0.1, 0.05], True, 2),  # the two sure ones; a tenth more adds less than it costs
        ([0.9, 0.4, 0.4], True, 3),  # a half of the reachable F1, not a half, is enough
        ([0.6, 0.55, 0.52], False, 3),  # whatever is likelier in than out
        ([0.3, 0.2, 0.1], True, 2),  # a measure measures something: the likeliest words
        ([0.1, 0.05], True, 1),  # however unlikely
        ([0.4, 0.3], False, 0),  # a counted noun may stand alone
        ([], True, 0),
    ],
)
def test_words_of_a_metric_by_expected_f1(chances, measures, words):
    chance = np.array(chances, dtype=np.float32)
    assert (chance >= _least(chance, measures=measures)).sum() == words
