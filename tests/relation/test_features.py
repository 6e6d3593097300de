"""What the relation model is told of organisations, figures and words."""

from __future__ import annotations

import numpy as np
import pytest
import spacy

from chitieu.article import Span
from chitieu.labels import Label
from chitieu.relation.candidates import POOLS, WORDS
from chitieu.relation.features import MENTION_WIDTHS, Features
from chitieu.relation.inputs import read_inputs
from chitieu.relation.layout import read_layout
from chitieu.relation.mentions import find_mentions
from chitieu.relation.words import capitals, norms, proper

TEXT = (
    "Ngân hàng Hoa Sen báo lãi\n\nHôm qua, trời mưa.\n\nNăm 2021, Hoa Sen lãi 30 tỷ đồng. Huyện Thanh Trì có 15 xã. "
    "Theo Ngân hàng Hoa Sen, huyện Gia Lâm có 20 xã.\n"
)


@pytest.fixture(scope="module")
def nlp():
    return spacy.blank("vi", config={"nlp": {"tokenizer": {"@tokenizers": "chitieu.tokenizer.v1"}}})


def test_proper_names(nlp):
    doc = nlp.make_doc("Huyện Thanh Trì và UBND huyện: 15 xã, theo UOB.")
    found = [token.text for token, is_proper in zip(doc, proper(norms(doc), capitals(doc)), strict=True) if is_proper]
    assert found == ["Thanh Trì", "UOB"]


def test_forms_of_one_name_are_counted_together(nlp):
    doc = nlp.make_doc(TEXT)
    orgs = ["Ngân hàng Hoa Sen", "Hoa Sen", "Huyện Thanh Trì", "Ngân hàng Hoa Sen", "huyện Gia Lâm"]
    spans, at = [], 0
    for org in orgs:
        at = TEXT.index(org, at)
        spans.append(Span(at, at + len(org), Label.ORG))
        at += len(org)
    mentions = find_mentions(doc, spans)
    named = [mention for mention in mentions.orgs if mention.text in orgs]
    assert [mention.text for mention in named] == orgs
    features = Features(doc, mentions, read_layout(doc), 2021)
    rows = features.of_mentions(named, "orgs")
    assert rows.shape == (5, MENTION_WIDTHS["orgs"])
    names = rows[:, -15:]
    sizes, ranks, flags = names[:, :6].argmax(axis=1), names[:, 6:10].argmax(axis=1), names[:, 10:]
    assert sizes.tolist() == [3, 3, 1, 3, 1]
    assert ranks.tolist() == [0, 0, 1, 0, 1]
    assert flags[:, 1].tolist() == [1, 1, 0, 1, 0]  # its name stands in the headline
    assert flags[:, 2].tolist() == [1, 0, 1, 0, 1]  # the first of its name
    assert not np.isnan(rows).any()


def test_figures_that_an_article_repeats_are_one_group(nlp):
    text = (
        "Giải ngân 321 tỷ đồng\n\nĐến nay giải ngân 321 tỉ đồng, gồm 120 tỷ đồng vốn xã; cho 120 hộ vay 120 tỷ đồng.\n"
    )
    surfaces = ["321 tỷ đồng", "321 tỉ đồng", "120 tỷ đồng", "120 hộ", "120 tỷ đồng"]
    starts = [text.index(surface) for surface in surfaces[:-1]] + [text.rindex(surfaces[-1])]
    spans = [Span(at, at + len(surface), Label.VALUE) for at, surface in zip(starts, surfaces, strict=True)]
    figures = read_inputs(nlp.make_doc(text), spans).groups[:, 4].tolist()
    assert figures[0] == figures[1]
    assert figures[2] == figures[4]
    assert len(set(figures)) == 3


def test_a_sum_without_a_unit_is_the_same_figure_in_money(nlp):
    text = "Thu 321 tỷ\n\nSố thu đạt 321 tỷ đồng; đã kiểm tra 321 hộ trong số 321.\n"
    surfaces = ["321 tỷ", "321 tỷ đồng", "321 hộ", "321"]
    spans, at = [], 0
    for surface in surfaces:
        at = text.index(surface, at)
        spans.append(Span(at, at + len(surface), Label.VALUE))
        at += len(surface)
    figures = read_inputs(nlp.make_doc(text), spans).groups[:, 4].tolist()
    assert figures[0] == figures[1]
    assert len(set(figures)) == 3


def test_words_of_bodies_and_times_are_told_from_those_of_a_metric(nlp):
    text = "Số thu của Cục thuế Hà Nam, theo Hải Dương, năm 2021 là 30 tỷ đồng.\n"
    doc = nlp.make_doc(text)
    at = text.index("Cục thuế Hà Nam")
    value = text.index("30 tỷ đồng")
    spans = [Span(at, at + 15, Label.ORG), Span(value, value + 10, Label.VALUE)]
    rows = Features(doc, find_mentions(doc, spans), read_layout(doc), 2021).of_words()[:, -3:]
    told = {token.text: row.tolist() for token, row in zip(doc, rows, strict=True)}
    assert told["Số"] == [0, 0, 0]
    assert told["Hà Nam"] == [1, 0, 0]
    assert told["Hải Dương"] == [0, 1, 0]
    assert told["2021"] == [0, 0, 1]


def test_what_was_last_said_of_plans_and_results_reaches_over_sentences(nlp):
    text = (
        "Có 12 HTX\nMục tiêu đến 2025\nThành lập 5 HTX. Thu hút 6 HTX. Mở 7 lớp. Đào tạo 8 lớp. Xây 9 chợ\n"
        "Kết quả như sau. Có 10 HTX\n"
    )
    doc = nlp.make_doc(text)
    spans = [
        Span(text.index(f" {n} ") + 1, text.index(f" {n} ") + 1 + len(str(n)), Label.VALUE) for n in (12, 5, 9, 10)
    ]
    mentions = find_mentions(doc, spans)
    values = [value for value in mentions.values if value.marked]
    assert [value.text for value in values] == ["12", "5", "9", "10"]
    features = Features(doc, mentions, read_layout(doc), 2021)
    rows = features._governing(features.values)[[mentions.values.index(value) for value in values]]
    ago, last = rows[:, :24].reshape(-1, 4, 6).argmax(axis=2), rows[:, 24:].argmax(axis=1)
    assert ago[:, 0].tolist() == [5, 1, 3, 3]  # none before, one sentence ago, four to eight ago
    assert ago[:, 3].tolist() == [5, 5, 5, 1]
    assert last.tolist() == [0, 1, 1, 4]


@pytest.mark.parametrize("text", ["", "Trời mưa.", "Xã có 5 tổ hợp tác.", "Năm 2021, huyện Gia Lâm có 20 xã."])
def test_features_are_as_wide_where_nothing_was_found(nlp, text):
    inputs = read_inputs(nlp.make_doc(text), [])
    assert inputs.features.shape == (len(inputs.mentions.values), MENTION_WIDTHS["values"])
    widths = {pool.name: part.features.shape[1] for pool, part in zip(POOLS, inputs.pools, strict=True)}
    assert {name: widths[name] for name in MENTION_WIDTHS} == MENTION_WIDTHS
    assert {WORDS, *MENTION_WIDTHS} == set(widths)
