"""The text under the text: composed letters, plain digits, single spaces, and the way back to stored offsets."""

from __future__ import annotations

import re
import unicodedata

_WIDE = {0xFF10 + digit: chr(0x30 + digit) for digit in range(10)}
_WIDE |= {ord(wide): narrow for wide, narrow in zip("，．％／－＋～", ",.%/-+~", strict=True)}
# Hyphens and minus signs that fonts and editors put for the plain one.
_WIDE |= {ord(dash): "-" for dash in "‐‑−﹣"}

_OLD_TONES = {"oà": "òa", "oá": "óa", "oả": "ỏa", "oã": "õa", "oạ": "ọa", "oè": "òe", "oé": "óe", "oẻ": "ỏe"}
_OLD_TONES |= {"oẽ": "õe", "oẹ": "ọe", "uỳ": "ùy", "uý": "úy", "uỷ": "ủy", "uỹ": "ũy", "uỵ": "ụy"}
# At the end of a syllable only (`hoàn` has one spelling), and not after `q`, where the `u` belongs to the consonant.
_OLD_TONE = re.compile(r"(?:o[àáảãạèéẻẽẹ]|(?<!q)u[ỳýỷỹỵ])(?!\w)")


def normalise(text: str) -> str:
    """Return `text` composed (NFC), with ASCII digits and punctuation for wide ones, white space collapsed."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", text).translate(_WIDE)
    return " ".join(text.split())


def fold(text: str) -> str:
    """Return a key for look-up: lower case, and one placing of the tone mark (`hoà` and `hòa` alike)."""
    return _OLD_TONE.sub(lambda found: _OLD_TONES[found[0]], text.lower())


def compose_with_offsets(text: str) -> tuple[str, list[int] | None]:
    """Compose letters without losing the place of any.

    Returns:
        The composed text, and for each of its characters (and one past the end) the offset in `text` where it starts;
        None in place of the list where the two texts have the same offsets.
    """
    if text.isascii():
        return text, None
    if unicodedata.is_normalized("NFC", text):
        return text.translate(_WIDE), None
    pieces: list[str] = []
    offsets: list[int] = []
    start, length = 0, len(text)
    while start < length:
        end = start + 1
        while end < length and unicodedata.combining(text[end]):
            end += 1
        piece = text[start:end] if end == start + 1 else unicodedata.normalize("NFC", text[start:end])
        pieces.append(piece)
        offsets.extend([start] * len(piece))
        start = end
    offsets.append(length)
    return "".join(pieces).translate(_WIDE), offsets
