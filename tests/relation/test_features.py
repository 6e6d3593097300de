"""What the relation model is told of an organisation's name."""

from __future__ import annotations

import numpy as np
import pytest
import spacy

from chitieu.article import Span
from chitieu.labels import Label
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
    features = Features(doc, mentions.words, mentions.capitals, read_layout(doc), mentions.values, 2021)
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
