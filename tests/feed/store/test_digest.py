from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chitieu.article import Article
from chitieu.errors import ModelError
from chitieu.feed.digest import content_digest, model_digest


def test_content_is_text_title_and_date():
    base = Article("a", "Có 3 xã", title="Tin", published=date(2023, 1, 2), url="u", source="s")
    same = Article("b", "Có 3 xã", title="Tin", published=date(2023, 1, 2))
    assert content_digest(base) == content_digest(same)
    others = [
        Article("a", "Có 3 xã ", title="Tin", published=date(2023, 1, 2)),
        Article("a", "Có 3 xã", title=None, published=date(2023, 1, 2)),
        Article("a", "Có 3 xã", title="", published=date(2023, 1, 2)),
        Article("a", "Có 3 xã", title="Tin", published=None),
    ]
    assert len({content_digest(article) for article in [base, *others]}) == 5


@given(st.text(), st.text(), st.text(), st.text())
def test_what_is_title_and_what_is_text_matters(text, title, other_text, other_title):
    one = content_digest(Article("a", text, title=title))
    other = content_digest(Article("a", other_text, title=other_title))
    assert (one == other) == ((text, title) == (other_text, other_title))


def test_model(tmp_path, describe_model):
    folder = tmp_path / "m"
    describe_model(folder)
    (folder / "ner").mkdir()
    (folder / "ner" / "model").write_bytes(b"1")
    first = model_digest(folder)
    (folder / "README.md").write_text("a card", encoding="utf-8")
    assert model_digest(folder) == first
    (folder / "ner" / "model").write_bytes(b"2")
    second = model_digest(folder)
    (folder / "ner" / "model").rename(folder / "ner" / "other")
    assert len({first, second, model_digest(folder)}) == 3


def test_no_model(tmp_path):
    with pytest.raises(ModelError, match="C302"):
        model_digest(tmp_path / "missing")
    with pytest.raises(ModelError, match="C303"):
        model_digest(tmp_path)
