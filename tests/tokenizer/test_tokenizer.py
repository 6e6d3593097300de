"""Segmentation that never changes a character."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import time
import unicodedata
from importlib.util import find_spec
from pathlib import Path

import pytest
import spacy
from hypothesis import example, given
from hypothesis import strategies as st
from spacy.language import Language

from chitieu.tokenizer import VietnameseTokenizer, segment, word_norm

CASES = json.loads((Path(__file__).parent / "cases_words.json").read_text(encoding="utf-8"))
BY_NAME = {"nlp": {"tokenizer": {"@tokenizers": "chitieu.tokenizer.v1"}}}

LETTERS = "aăâbcdđeêghiklmnoôơpqrstuưvxyáàảãạấầẩẫậắằẳẵặéèẻẽẹếềểễệíìỉĩịóòỏõọốồổỗộớờởỡợúùủũụứừửữựýỳỷỹỵ"
SYLLABLES = ("hợp", "tác", "xã", "hoá", "hóa", "HTX", "đạt", "toàn", "tỉnh", "Quỳnh", "tỷ", "đồng", "uỷ", "thuý", "n")
NUMERALS = ("1", "2021", "1.183", "4,8", "12/2020", "05-06", "1,", ".5", "٣", "²", "Ⅳ")
SIGNS = ("\u0301", "\u0323", "%", "/", "-", "–", "…", "“", "(", "_", "@", "#", "ﬁ")
ODDITIES = ("😀", "👩\u200d👧", "\u200b", "\ufeff", "\u00ad")
SPACES = (" ", "  ", "\n", "\r\n", "\r", "\t", "\xa0", "\u2028", "\u3000", "\x0b", "\x85", "\x1c", "\n\n ")
CONTROLS = ("\x00", "\x07", "\x1b", "\x7f", "\ue000", "\U0010ffff")

# No lone surrogates: spaCy stores UTF-8. Reading refuses them with an error of its own.
any_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
vietnamese = st.lists(
    st.one_of(
        st.sampled_from(SYLLABLES + NUMERALS + SIGNS + SPACES + CONTROLS),
        st.text(LETTERS + LETTERS.upper(), max_size=9),
    ),
    max_size=25,
).map("".join)
written = st.tuples(vietnamese, st.sampled_from(["NFC", "NFD", "NFKD", None])).map(
    lambda pair: unicodedata.normalize(pair[1], pair[0]) if pair[1] else pair[0]
)
mixed = st.tuples(written, written, any_text).map("".join)


@pytest.fixture(scope="module")
def blank() -> Language:
    return spacy.blank("vi", config=BY_NAME)


TOKENIZER = VietnameseTokenizer(spacy.blank("vi", config=BY_NAME).vocab)


@given(st.one_of(any_text, written, mixed))
@example("")
@example(" ")
@example("\n")
@example(" a")
@example("a  \r\n b ")
@example("\u0301")
@example("hợp\u0323 tác")
@example("1.1.1,1.")
def test_the_text_is_kept(text):
    assert TOKENIZER(text).text == text


@given(st.one_of(any_text, written, mixed))
def test_words_are_apart_from_each_other_and_from_white_space(text):
    at = 0
    for start, end in segment(text):
        assert text[at:start] == "" or text[at:start].isspace()
        word = text[start:end]
        assert word
        assert not word[0].isspace()
        assert not word[-1].isspace()
        assert set(filter(str.isspace, word)) <= {" "}
        assert "  " not in word
        at = end
    assert text[at:] == "" or text[at:].isspace()


@given(st.one_of(any_text, written, mixed))
def test_no_token_spans_a_line_break_or_mixes_digits_and_letters(text):
    for token in TOKENIZER(text):
        if not token.is_space:
            assert len(token.text.splitlines()) == 1
            assert token.norm_
        decimals = [character.isdecimal() for character in token.text if character not in ".,"]
        assert all(decimals) or not any(decimals)


@given(written)
def test_composed_and_decomposed_text_have_the_same_words(text):
    composed, decomposed = unicodedata.normalize("NFC", text), unicodedata.normalize("NFD", text)
    words = [unicodedata.normalize("NFC", token.text) for token in TOKENIZER(decomposed)]
    assert words == [unicodedata.normalize("NFC", token.text) for token in TOKENIZER(composed)]
    assert [token.norm_ for token in TOKENIZER(decomposed)] == [token.norm_ for token in TOKENIZER(composed)]


@pytest.mark.parametrize(("text", "words"), CASES["words"].items())
def test_words(text, words):
    assert [token.text for token in TOKENIZER(text) if not token.is_space] == words


@pytest.mark.parametrize(("word", "norm"), CASES["norms"].items())
def test_norms(word, norm):
    assert word_norm(word) == norm
    assert word_norm(unicodedata.normalize("NFD", word)) == norm


@pytest.mark.parametrize(("old", "new"), CASES["same_norm"])
def test_old_and_new_tone_marks_have_one_norm(old, new):
    assert old != new
    assert word_norm(old) == word_norm(new)


def test_nothing_is_learned_across_texts():
    text = "Hợp tác xã Đá Bạc đạt 12 tỷ đồng."
    alone = [token.text for token in TOKENIZER(text)]
    for other in ("Đá", "xã Đá Bạc đạt", "12"):
        TOKENIZER(other)
    assert [token.text for token in TOKENIZER(text)] == alone


def test_by_name_in_a_config(blank):
    assert isinstance(blank.tokenizer, VietnameseTokenizer)
    assert blank.config["nlp"]["tokenizer"] == {"@tokenizers": "chitieu.tokenizer.v1"}
    assert [token.text for token in blank("Hợp tác xã đạt 5%")] == ["Hợp tác xã", "đạt", "5", "%"]
    assert [doc.text for doc in blank.pipe(["a b", "", "c\n"])] == ["a b", "", "c\n"]


@pytest.mark.parametrize("text", ["Tổ hợp tác\r\nhoá  học 5,5%", "hợp tác xã"])
def test_stored_and_read_again(blank, text, tmp_path):
    blank.to_disk(tmp_path / "model")
    from_bytes = type(blank).from_config(blank.config).from_bytes(blank.to_bytes())
    expected = [(token.text, token.norm_, token.whitespace_) for token in blank(text)]
    for again in (from_bytes, spacy.load(tmp_path / "model")):
        assert isinstance(again.tokenizer, VietnameseTokenizer)
        assert [(token.text, token.norm_, token.whitespace_) for token in again(text)] == expected


def test_docs_are_stored_with_their_norms(blank):
    from spacy.tokens import Doc

    doc = blank("Uỷ ban xã hoá 2021: 4,8%")
    again = Doc(blank.vocab).from_bytes(doc.to_bytes())
    assert [token.norm_ for token in again] == [token.norm_ for token in doc]
    assert again.text == doc.text


def test_the_underthesea_package_is_not_imported():
    script = (
        "import sys, spacy\n"
        f"nlp = spacy.blank('vi', config={BY_NAME!r})\n"
        "assert len(nlp('Hợp tác xã nông nghiệp')) == 2\n"
        "print([name for name in ('underthesea', 'torch', 'transformers', 'sklearn') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=120)
    # spaCy itself brings in spacy-transformers, and with it these, wherever the extra is installed
    allowed = ["torch", "transformers", "sklearn"] if find_spec("spacy_transformers") else []
    assert [name for name in ast.literal_eval(done.stdout) if name not in allowed] == []


LONG = {
    "one line": "Năm 2021, hợp tác xã Đá Bạc đạt doanh thu 4,8 tỷ đồng, tăng 12% so với cùng kỳ. ",
    "many lines": "- Thành lập mới 35 HTX;\n",
    "one word": "a",
    "one numeral": "1",
    "spaces": " ",
    "breaks": "\r\n",
    "one syllable": "xã ",
    "glued": "hợptácxã",
    "digits and letters": "a1",
    "marks": "e\u0301\u0323",
}


@pytest.mark.parametrize("name", LONG)
def test_long_input(name):
    text = (LONG[name] * 60_000)[:60_000]
    assert TOKENIZER(text).text == text


@pytest.mark.slow
@pytest.mark.parametrize("name", LONG)
def test_a_megabyte(name):
    length = 200_000 if name == "digits and letters" else 1_000_000  # every character a token
    text = (LONG[name] * length)[:length]
    doc = TOKENIZER(text)
    assert doc.text == text


def test_cost_grows_no_faster_than_the_text():
    """Ten times the line costs some ten times the time; quadratic cost would be a hundred times."""

    def seconds(size: int) -> float:
        text = (LONG["one line"] * size)[: 80 * size]
        best = []
        for _ in range(3):
            start = time.process_time()
            TOKENIZER(text)
            best.append(time.process_time() - start)
        return min(best)

    seconds(10)
    assert seconds(500) < 30 * seconds(50)


@pytest.mark.parametrize("word", ["Toàn", "HOÁ", "Đá", "quyết"])
def test_what_a_model_is_told_of_letters_does_not_hang_on_their_form(blank, word):
    composed, decomposed = (blank(unicodedata.normalize(form, word))[0] for form in ("NFC", "NFD"))
    assert composed.text != decomposed.text
    for attribute in ("norm_", "shape_", "suffix_", "is_title"):
        assert getattr(composed, attribute) == getattr(decomposed, attribute)
