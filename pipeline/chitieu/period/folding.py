"""Reading any spelling of a text (NFC, NFD, capitals, typographic dashes) with offsets into the stored characters."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

_SAME_LENGTH = str.maketrans(
    {
        **dict.fromkeys("–—‐‑‒−", "-"),
        **dict.fromkeys("\u00a0\u2009\u202f\u3000\t\u200b\ufeff", " "),
        "⁄": "/",
        "∕": "/",
    }
)
# Both tone placements and the usual slips of the words that the grammar asks for.
_SPELLINGS = (
    ("luỹ", "lũy"),
    ("quí", "quý"),
    ("qúy", "quý"),
    ("qúi", "quý"),
    ("kì", "kỳ"),
    ("kỉ ", "kỷ "),
    ("khoá", "khóa"),
)


@dataclass(frozen=True, slots=True)
class Folded:
    """A text made easy to match, and the way back.

    Attributes:
        text: lower case, NFC, plain dashes and blanks.
        starts: for each of its characters, plus one past the end, the offset in the stored text; None when they agree.
    """

    text: str
    starts: Sequence[int] | None

    def stored(self, offset: int) -> int:
        """Return the stored offset of a folded one."""
        return offset if self.starts is None else self.starts[offset]

    def folded(self, offset: int) -> int:
        """Return the folded offset of a stored one (of the character that holds it)."""
        if self.starts is None:
            return min(max(offset, 0), len(self.text))
        low, high = 0, len(self.starts) - 1
        while low < high:
            middle = (low + high) // 2
            if self.starts[middle] < offset:
                low = middle + 1
            else:
                high = middle
        return low


@lru_cache(maxsize=8)  # an article is folded by its finder, its resolver and its present in turn
def fold(text: str) -> Folded:
    """Fold a text; linear in its length."""
    lowered = text.lower()
    if len(lowered) == len(text) and unicodedata.is_normalized("NFC", lowered):
        return Folded(_spell(lowered.translate(_SAME_LENGTH)), None)
    pieces: list[str] = []
    starts: list[int] = []
    at = 0
    while at < len(text):
        end = at + 1
        while end < len(text) and unicodedata.combining(text[end]):
            end += 1
        piece = unicodedata.normalize("NFC", text[at:end].lower())
        pieces.append(piece)
        starts.extend([at] * len(piece))
        at = end
    starts.append(len(text))
    return Folded(_spell("".join(pieces).translate(_SAME_LENGTH)), starts)


def _spell(text: str) -> str:
    for slip, right in _SPELLINGS:
        if slip in text:
            text = text.replace(slip, right)
    return text
