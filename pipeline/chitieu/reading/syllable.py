"""How Vietnamese a decoded text looks: which of its accented words are possible Vietnamese syllables.

A text decoded with the wrong table keeps its ASCII letters, but its accented words fall apart (`Tæng`, `n¨m`), so the
share of accented words that are well-formed tells encodings apart far more sharply than letter frequencies do.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_TONES = {"\u0300": "grave", "\u0301": "acute", "\u0303": "tilde", "\u0309": "hook", "\u0323": "dot"}

_ONSETS = "ngh|ng|nh|gh|gi|kh|ch|ph|th|tr|qu|b|c|d|đ|g|h|k|l|m|n|p|r|s|t|v|x|"

_RIMES = """
    a ai am an ang anh ao au ay ăm ăn ăng âm ân âng âu ây e em en eng eo ê êm ên ênh êu i ia im in inh iu
    iêm iên iêng iêu
    o oa oai oam oan oang oanh oao oay oăm oăn oăng oe oen oeo oi om on ong oong ô ôi ôm ôn ông ơ ơi ơm ơn
    u ua ui um un ung uân uâng uây uê uênh uơ uy uya uynh uyn uyu uyên
    uôi uôm uôn uông
    ư ưa ưi ưm ưn ưng ưu ươi ươm ươn ương ươu y ynh yêm yên yêng yêu
"""
_STOPPED_RIMES = """
    ac ach ap at ăc ăp ăt âc âp ât ec ep et êch êp êt ich ip it iêc iêp iêt oac oach oap oat oăc oăt oc oet ooc op ot
    ôc ôp ôt ơp ơt uc up ut uât uêch uêt uych uyp uyt uyêt uôc uôt ưc ưt ươc ươp ươt yêt yt
"""

_OPEN_SYLLABLE = re.compile(f"(?:{_ONSETS})(?:{'|'.join(_RIMES.split())})")
_STOPPED_SYLLABLE = re.compile(f"(?:{_ONSETS})(?:{'|'.join(_STOPPED_RIMES.split())})")
_WORD = re.compile(r"\S+")
_AROUND_WORD = re.compile(r"""[\s\d!-/:-@\[-`{-~“”‘’«»–—…•·\u00a0\u200b\ufeff₫€°²³×]+""")


@dataclass(frozen=True, slots=True)
class Plausibility:
    """How many accented words a text has, and what share of them, in [0, 1], are possible Vietnamese syllables."""

    words: int
    share: float


def plausibility(text: str, most_words: int = 5_000) -> Plausibility:
    """Judge a text by its first `most_words` accented words."""
    words = valid = 0
    for match in _WORD.finditer(text):
        if match.group().isascii():
            continue
        for word in _AROUND_WORD.split(match.group()):
            if word.isascii():
                continue
            words += 1
            valid += is_syllable(word)
        if words >= most_words:
            break
    return Plausibility(words, valid / words if words else 0.0)


def is_syllable(word: str) -> bool:
    """Whether a word, in any case and either Unicode form, has the shape of one Vietnamese syllable."""
    word = unicodedata.normalize("NFC", word)
    if not _evenly_cased(word):
        return False
    if word in ("đ", "Đ"):  # short for đồng
        return True
    letters, tones = [], []
    for character in unicodedata.normalize("NFD", word.lower()):
        if character in _TONES:
            tones.append(_TONES[character])
        else:
            letters.append(character)
    if len(tones) > 1:
        return False
    toneless = unicodedata.normalize("NFC", "".join(letters))
    if _STOPPED_SYLLABLE.fullmatch(toneless):  # p, t, c, ch at the end allow two of the six tones only
        return tones in (["acute"], ["dot"])
    return _OPEN_SYLLABLE.fullmatch(toneless) is not None


def _evenly_cased(word: str) -> bool:
    """Lower case, upper case, or a capital first: a wrong table mixes cases inside a word.

    Capitals around small accented letters pass as well: TCVN3's capital fonts leave `TỉNH` behind.
    """
    if word.islower() or word.isupper() or (word[:1].isupper() and word[1:] == word[1:].lower()):
        return True
    return not any(character.isascii() and character.islower() for character in word)
