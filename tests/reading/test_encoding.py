"""Encodings: what can be told is read exactly, and what can't be told is an error, never mojibake."""

from __future__ import annotations

import json
import unicodedata
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chitieu.errors import ArticleError
from chitieu.reading import read_articles
from chitieu.reading.encoding import decode
from chitieu.reading.legacy import LEGACY_ENCODINGS, _tables, decode_legacy
from chitieu.reading.syllable import is_syllable, plausibility

TEXT = (
    "Sáu tháng đầu năm, Hợp tác xã Đồng Ruộng Xanh kết nạp thêm 37 xã viên, doanh thu ước đạt 4,2 tỷ đồng, "
    "bằng 61% kế hoạch; phấn đấu đến hết năm mở rộng vùng trồng lúa chất lượng cao lên 250 ha và trả thu nhập "
    "bình quân 6,5 triệu đồng/người."
)
LETTERS = "aàảãáạăằẳẵắặâầẩẫấậeèẻẽéẹêềểễếệiìỉĩíịoòỏõóọôồổỗốộơờởỡớợuùủũúụưừửữứựyỳỷỹýỵđ"
_TONES = "\u0300\u0301\u0303\u0309\u0323"


def encode_legacy(text: str, encoding: str) -> bytes:
    """Write composed text in a legacy encoding, letter by letter."""
    return b"".join(_encode_letter(letter, encoding) for letter in unicodedata.normalize("NFC", text))


def _encode_letter(letter: str, encoding: str) -> bytes:
    if letter.isascii():
        return letter.encode()
    if encoding == "windows-1258":
        parts = unicodedata.normalize("NFD", letter)
        tone = "".join(part for part in parts if part in _TONES)
        base = unicodedata.normalize("NFC", "".join(part for part in parts if part not in _TONES))
        return (base + tone).encode("cp1258")
    if encoding == "VNI":
        pairs = _tables()["letter_pairs"]["VNI"]
        return next(pair for pair, decoded in pairs.items() if decoded == letter).encode("cp1252")
    table = _tables()["single_byte"][encoding]
    return bytes([int(next(byte for byte, decoded in table.items() if decoded == letter), 16)])


@pytest.mark.parametrize("encoding", LEGACY_ENCODINGS)
def test_legacy_encodings_are_told_and_read(encoding):
    decoded = decode(encode_legacy(TEXT, encoding), "x.txt")
    assert decoded.encoding == encoding
    assert unicodedata.normalize("NFC", decoded.text) == TEXT


@pytest.mark.parametrize("encoding", LEGACY_ENCODINGS)
def test_every_letter_of_the_alphabet(encoding):
    decoded = decode_legacy(encode_legacy(LETTERS, encoding), encoding)
    assert unicodedata.normalize("NFC", decoded) == LETTERS
    if encoding in ("VNI", "VISCII"):  # TCVN3 has no toned capitals
        assert decode_legacy(encode_legacy(LETTERS.upper(), encoding), encoding) == LETTERS.upper()


def test_known_bytes():
    """Spot checks written from the encodings' own charts, not from our tables."""
    assert decode_legacy(b"H\xeep t\xb8c x\xb7", "TCVN3") == "Hợp tác xã"
    assert decode_legacy(b"H\xfep t\xe1c x\xe3", "VISCII") == "Hợp tác xã"
    assert decode_legacy("Hôïp taùc xaõ, ñöôøng, AÙo, tæ leä".encode("cp1252"), "VNI") == "Hợp tác xã, đường, Áo, tỉ lệ"
    assert decode_legacy(b"xa\xde h\xf5\xf2p t\xe3m", "windows-1258") == "xa\u0303 hơ\u0323p tăm"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_unicode_with_and_without_mark(encoding):
    assert decode(TEXT.encode(encoding), "x.txt").text == TEXT


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", *LEGACY_ENCODINGS])
def test_json_lines_in_any_encoding(tmp_path, encoding):
    lines = "".join(json.dumps({"id": str(number), "text": TEXT}, ensure_ascii=False) + "\n" for number in range(3))
    data = encode_legacy(lines, encoding) if encoding in LEGACY_ENCODINGS else lines.encode(encoding)
    (tmp_path / "a.jsonl").write_bytes(data)
    articles = list(read_articles([tmp_path], on_error=pytest.fail))
    assert [article.id for article in articles] == ["0", "1", "2"]
    assert {unicodedata.normalize("NFC", article.text) for article in articles} == {TEXT}


@pytest.mark.parametrize("encoding", LEGACY_ENCODINGS)
def test_short_lines_follow_the_long_ones_before(tmp_path, encoding):
    lines = "".join(json.dumps({"id": text, "text": text}, ensure_ascii=False) + "\n" for text in (TEXT, "Hợp tác xã"))
    (tmp_path / "a.jsonl").write_bytes(encode_legacy(lines, encoding))
    articles = list(read_articles([tmp_path], on_error=pytest.fail))
    assert unicodedata.normalize("NFC", articles[1].text) == "Hợp tác xã"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Le comité a créé quarante-deux emplois à l'école, où l'été dernier déjà la fête était réussie.", "cp1252"),
        ("A cooperação agrícola não é só produção; são também ações de formação, irrigação e conservação.", "latin-1"),
        ("Družstvo přijalo třicet členů a příští rok chce zvýšit tržby o pět procent, řekl předseda.", "cp1250"),
        ("Кооператив принял тридцать новых членов и увеличил выручку на пять процентов за год.", "cp1251"),
        ("合作社今年吸收了三十名新社员,收入增长了百分之五。" * 3, "gbk"),
        ("สหกรณ์รับสมาชิกใหม่สามสิบคนในปีนี้และเพิ่มรายได้ร้อยละห้า", "tis-620"),
    ],
)
def test_other_languages_in_other_encodings_are_not_taken_for_vietnamese(text, encoding):
    with pytest.raises(ArticleError, match=r"C10[56]"):
        decode(text.encode(encoding), "x.txt")
    assert decode(text.encode("utf-8"), "x.txt").text == text


def test_the_error_names_the_likely_encoding_and_the_remedy():
    said = r"x\.txt: \[C106\].*likely it is (TCVN3|VISCII|VNI|windows-1258).*convert it to UTF-8"
    with pytest.raises(ArticleError, match=said):
        decode(encode_legacy("đồng ruộng", "TCVN3"), "x.txt")


def test_damaged_utf_8_names_the_place():
    data = TEXT.encode() + b"\n" + TEXT.encode()[:50] + b"\xff\xfe" + TEXT.encode()[50:]
    with pytest.raises(ArticleError, match=r"C106.*UTF-8 with broken bytes: byte 0xFF .*line 2"):
        decode(data, "x.txt")


def test_a_long_plain_beginning_does_not_hide_the_encoding():
    data = b"abc 123 " * 100_000 + encode_legacy(TEXT, "VNI")
    assert decode(data, "x.txt").text.endswith(TEXT)


def test_a_declaration_is_followed_where_it_fits():
    french = "Le comité a créé quarante-deux emplois à l'école supérieure."
    assert decode(french.encode("cp1252"), "x", declared="iso-8859-1").text == french
    with pytest.raises(ArticleError, match="C106"):
        decode(french.encode("cp1252"), "x", declared="no-such-charset")
    # Pages in Vietnamese fonts used to declare Latin 1.
    assert decode(encode_legacy(TEXT, "TCVN3"), "x", declared="iso-8859-1").text == TEXT


@given(text=st.text(max_size=200))
def test_utf_8_is_kept_or_refused_but_never_changed(text):
    with suppress(ArticleError):
        decoded = decode(text.encode("utf-8"), "x")
        assert decoded.text == text.removeprefix("\ufeff") or decoded.encoding != "utf-8"


@given(data=st.binary(max_size=300))
def test_any_bytes_are_decoded_or_refused(data):
    with suppress(ArticleError):
        decode(data, "x").text.encode("utf-8")


@pytest.mark.parametrize(
    "word", ["nghiêng", "Huế", "KHUẾCH", "quyết", "giữa", "gì", "thuở", "khuỷu", "hoá", "hóa", "yếu", "đ", "TỉNH"]
)
def test_syllables(word):
    assert is_syllable(word)
    assert is_syllable(unicodedata.normalize("NFD", word))


@pytest.mark.parametrize("word", ["été", "Tæng", "n¨m", "ngằt", "àá", "lịcc", "ñaõ", "kåç", "bắng\u0301", "nĂm"])
def test_no_syllables(word):
    assert not is_syllable(word)


def test_plausibility_counts_accented_words_only():
    assert plausibility("abc 123 được (đồng) «été»").words == 3
    assert plausibility("abc 123").share == 0.0
