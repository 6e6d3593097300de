"""The word tagger decoded from tables says what underthesea's own says."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path

import joblib
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from underthesea_core import CRFFeaturizer, CRFTagger

from chitieu import crf, tokenizer
from chitieu.annotation.gold import read_annotated
from chitieu.crf import INSIDE, UnknownFormatError, WordTagger, read_weights

FOLDER = next(Path((find_spec("underthesea").submodule_search_locations or [""])[0]).rglob("ws_crf_*"))
DATA = (FOLDER / "models.bin").read_bytes()
TEMPLATES = joblib.load(FOLDER / "features.bin")
DICTIONARY = joblib.load(FOLDER / "dictionary.bin")
FEATURIZER = CRFFeaturizer(TEMPLATES, DICTIONARY)
CORPUS = Path(__file__).parents[2] / "annotations" / "test.jsonl"
OWN = CRFTagger()
OWN.load(str(FOLDER / "models.bin"))


PIECES = (
    "hợp",
    "tác",
    "xã",
    "Hợp",
    "Tác",
    "HTX",
    "tỉnh",
    "Sơn",
    "La",
    "12",
    "1.183",
    "%",
    ",",
    ".",
    "/",
    "-",
    "BOS",
    "EOS",
    "=",
    "True",
    "False",
    "ǅ",
    "ß",
    "ﬁ",
)


def describe(pieces: Sequence[str]) -> list[list[str]]:
    return FEATURIZER.process([[[piece] for piece in pieces]])[0]


TAGGER = WordTagger(DATA, TEMPLATES, DICTIONARY, describe)


def expected(lines: Sequence[Sequence[str]]) -> list[list[bool]]:
    return [[tag == INSIDE for tag in OWN.tag(describe(line))] for line in lines]


pieces = st.one_of(
    st.sampled_from(PIECES),
    st.text(st.characters(exclude_categories=["Cs", "Zs", "Zl", "Zp", "Cc"]), min_size=1, max_size=6),
)


@given(st.lists(st.lists(pieces, min_size=1, max_size=14), max_size=4))
@example([])
@example([["BOS"], ["BOS", "EOS"], ["EOS", "BOS", "BOS"]])
def test_any_pieces(lines):
    assert TAGGER(lines) == expected(lines)


def test_articles():
    lines = [
        [tokenizer._spelling(piece) for _, _, piece in line]
        for item in read_annotated(CORPUS)
        for line in tokenizer._lines(item.article.text)
    ]
    assert sum(map(len, lines)) > 5_000
    assert TAGGER(lines) == expected(lines)


def test_the_table_of_pieces_starts_anew(monkeypatch):
    monkeypatch.setattr(crf, "_MOST_PIECES", 3)
    few = WordTagger(DATA, TEMPLATES, DICTIONARY, describe)
    for line in (["hợp", "tác", "xã"], ["một", "hai", "ba", "bốn"], ["hợp", "tác", "xã", "ba"]):
        assert few([line]) == expected([line])


def changed(at: int, value: bytes) -> bytes:
    return DATA[:at] + value + DATA[at + len(value) :]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        DATA[:40],
        DATA[: len(DATA) // 2],
        changed(0, b"XXXX"),
        changed(8, b"FOMX"),
        changed(12, struct.pack("<I", 101)),
        changed(28, struct.pack("<I", len(DATA) + 5)),
        changed(32, struct.pack("<I", 48)),
    ],
    ids=["empty", "header", "half", "magic", "kind", "version", "no features", "no labels"],
)
def test_another_file_is_refused(data):
    with pytest.raises(UnknownFormatError):
        read_weights(data)


@pytest.mark.parametrize("template", ["T[0,3]", "T[-3]", "T[0].isupper", "T[0,1].isdigit", "T[1,0]"])
def test_an_unknown_feature_is_refused(template):
    with pytest.raises(UnknownFormatError, match="feature"):
        WordTagger(DATA, [*TEMPLATES, template], DICTIONARY, describe)


def test_without_tables_the_words_are_the_same(monkeypatch):
    """A release whose model is laid out otherwise is asked piece by piece."""
    text = "Năm 2021, Liên minh HTX tỉnh Suối Ngọc thành lập mới 35 hợp tác xã.\nDoanh thu bình quân 4,8 tỷ đồng."
    words: list[list[tuple[int, int]]] = [list(tokenizer.segment(text))]
    refuse: Callable[..., WordTagger] = lambda *_: (_ for _ in ()).throw(UnknownFormatError("other"))  # noqa: E731
    monkeypatch.setattr(tokenizer, "WordTagger", refuse)
    model = tokenizer._word_model.__wrapped__()
    assert not isinstance(model.inside, WordTagger)
    monkeypatch.setattr(tokenizer, "_word_model", lambda: model)
    words.append(list(tokenizer.segment(text)))
    assert words[0] == words[1]
