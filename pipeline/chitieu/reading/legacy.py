"""The Vietnamese encodings that Python has no codec for: TCVN3 (ABC fonts), VISCII and VNI.

The tables are data (`legacy.json`). TCVN3 as it was used has no codes for toned capitals, which its
capital fonts draw from the codes of small letters: those come out as small letters, as every converter reads them.
"""

from __future__ import annotations

import codecs
import json
import re
from functools import cache, lru_cache
from importlib import resources

_UNDEFINED = "\ufffe"  # what codecs.charmap_decode takes for "no such byte"

LEGACY_ENCODINGS = ("windows-1258", "TCVN3", "VNI", "VISCII")


def decode_legacy(data: bytes, encoding: str) -> str:
    """Decode bytes with one of `LEGACY_ENCODINGS`.

    Raises:
        UnicodeDecodeError: a byte that the encoding does not define.
    """
    if encoding == "windows-1258":
        return data.decode("cp1258")
    if encoding == "VNI":
        return _decode_vni(data)
    return codecs.charmap_decode(data, "strict", _single_byte_table(encoding))[0]


def _decode_vni(data: bytes) -> str:
    """VNI writes a letter as its base and, after it, a sign that stands for tone and diacritic (`aù` for á)."""
    letters = _letter_pairs()

    def letter(match: re.Match[str]) -> str:
        written = match.group()
        if written in letters:
            return letters[written]
        # A base and a sign that do not go together: no sign is a letter of its own, so it stays as it is.
        return letters.get(written[0], written[0]) + written[1:]

    return _pair_pattern().sub(letter, data.decode("cp1252"))


@cache
def _single_byte_table(encoding: str) -> str:
    """The 256 characters of a single-byte encoding; bytes that the table leaves out are ASCII or undefined."""
    table = [chr(byte) if byte < 0x80 else _UNDEFINED for byte in range(256)]
    for byte, character in _tables()["single_byte"][encoding].items():
        table[int(byte, 16)] = character
    return "".join(table)


@lru_cache(maxsize=1)
def _pair_pattern() -> re.Pattern[str]:
    bases = "".join({written[0] for written in _letter_pairs()})
    signs = "".join({written[1] for written in _letter_pairs() if len(written) == 2})
    singles = "".join(written for written in _letter_pairs() if len(written) == 1)
    return re.compile(f"[{bases}][{signs}]|[{singles}]")


def _letter_pairs() -> dict[str, str]:
    return _tables()["letter_pairs"]["VNI"]


@lru_cache(maxsize=1)
def _tables() -> dict[str, dict[str, dict[str, str]]]:
    data = resources.files(__package__).joinpath("legacy.json").read_text(encoding="utf-8")
    tables: dict[str, dict[str, dict[str, str]]] = json.loads(data)
    return tables
