"""Vietnamese word segmentation behind spaCy's tokenizer protocol, exact to the character on any text.

underthesea's `word_tokenize` returns rewritten strings: tone marks moved, letters composed, white space collapsed. So
its conditional random field is called one step earlier: the text is cut into pieces that keep their offsets (a
syllable, a numeral, a sign), the field says of each piece whether it begins a word or continues one, and every word is
a stretch of the text itself. A word is kept where the dictionary knows it or it is a name; otherwise it falls back into
the dictionary words it is made of, so that a unit, a cue or a time expression is never glued to its neighbour.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache, partial
from importlib.util import find_spec
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any, NamedTuple

from spacy.attrs import IS_TITLE, NORM, SHAPE, SUFFIX  # type: ignore[import-not-found] # has no stub
from spacy.tokens import Doc
from spacy.vocab import Vocab

from chitieu.crf import INSIDE, UnknownFormatError, WordTagger
from chitieu.errors import ModelError

# Letters with their decomposed marks, a numeral with its separators, white space, or any one sign.
_PIECE = re.compile(r"(?:[^\W\d_][̀-ͯ]*)+|\d+(?:[.,]\d+)*|\s+|.", re.DOTALL)
_YEAR = re.compile(r"(?:19|20)\d\d")
_DIGIT = re.compile(r"\d")
# Typing slips glue two syllables: `hãngApple`, `ngân hàngsẽ`, `DOJIđạt`.
_CASE_CHANGE = re.compile(r"(?<=[^\W\d_A-ZĐ])(?=[A-ZĐ])", re.ASCII)
# No two syllables are glued in fewer letters.
_LONGEST_UNGLUED = 3
_LETTER = re.compile(r".[̀-ͯ]*", re.DOTALL)
_ACRONYM = re.compile(r"[A-ZĐ]{2,}")

# The field's cost is linear in a line's length but it allocates per line; a page glued into one line is cut at a space.
_LONGEST_LINE = 1_000
_TAGGED_AT_ONCE = 4_096  # pieces, so that a text of any length takes little memory
# No dictionary word has more syllables, and a run of names stays cut into pieces that a span can end at.
_LONGEST_WORD = 6

_SCALES = frozenset({"nghìn", "ngàn", "vạn", "triệu", "tỷ", "tỉ"})
# Behind a numeral or a scale these are units, never the first syllable of a compound: `5 tỷ đồng | bằng`.
_UNITS = frozenset(
    {"đồng", "lần", "nhà", "lớp", "máy", "ngày", "người", "tháng", "tấn", "vụ", "xe", "điểm", "cây", "con"}
)
# Compounds that in this domain are nearly always two words met by chance: a verb, cue or time word and its neighbour.
_NEVER_JOINED = frozenset(
    {
        "có giá", "công ước", "dự chi", "dự thu", "giảm giá", "giảm thu", "hiện trường", "làm giá", "nhà tình nghĩa",
        "phải chi", "qua lại", "tiêu đề", "tăng giá", "tăng thu", "tỉnh thành", "tổng doanh thu", "tổng thu", "tức là",
        "từ từ", "việc làm", "xe tăng", "đầu ra", "đồng tiền",
    }
)  # fmt: skip


class _WordModel(NamedTuple):
    """What is used of underthesea: its tagger of pieces, its dictionary, and its table of modern spellings.

    `inside` says of each piece of each line whether it continues a word.
    """

    inside: Callable[[Sequence[Sequence[str]]], list[list[bool]]]
    dictionary: frozenset[str]
    spellings: dict[str, str]
    syllables: frozenset[str]


@lru_cache(maxsize=1)
def _word_model() -> _WordModel:
    """Underthesea's word model, loaded once, late.

    Its files are read from the installed package without importing it: `import underthesea` also imports transformers
    and torch where they are installed, which costs seconds. joblib unpickles files that underthesea ships and itself
    unpickles the same way; nothing of the user's is ever unpickled.

    Raises:
        ModelError: the installed underthesea does not hold the files.
    """
    import joblib
    from underthesea_core import CRFFeaturizer, CRFTagger

    spec = find_spec("underthesea")
    pipeline = Path((spec.submodule_search_locations or [""])[0] if spec else "") / "pipeline"
    words = max((pipeline / "word_tokenize" / "models").glob("ws_crf_*"), default=None)
    rules = max((pipeline / "text_normalize").glob("tn_rules_*.bin"), default=None)
    if words is None or rules is None:
        raise ModelError(
            "C301",
            "underthesea's word segmentation model is not where this version expects it",
            place=str(pipeline),
            remedy="install a supported release: pip install 'underthesea>=9.1,<10'",
        )
    dictionary: set[str] = joblib.load(words / "dictionary.bin")
    templates: list[str] = joblib.load(words / "features.bin")
    featurizer = CRFFeaturizer(templates, dictionary)

    def describe(pieces: Sequence[str]) -> list[list[str]]:
        features: list[list[str]] = featurizer.process([[[piece] for piece in pieces]])[0]
        return features

    inside: Callable[[Sequence[Sequence[str]]], list[list[bool]]]
    try:
        inside = WordTagger((words / "models.bin").read_bytes(), templates, dictionary, describe)
    except UnknownFormatError:  # a release whose model can't be laid out as tables: slower, the same words
        tagger = CRFTagger()
        tagger.load(str(words / "models.bin"))

        def inside(lines: Sequence[Sequence[str]]) -> list[list[bool]]:
            return [[tag == INSIDE for tag in tagger.tag(describe(line))] for line in lines]

    syllables = frozenset(syllable for word in dictionary for syllable in word.lower().split())
    return _WordModel(inside, frozenset(word.lower() for word in dictionary), joblib.load(rules)["token"], syllables)


@lru_cache(maxsize=65_536)
def _spelling(piece: str) -> str:
    """A piece as the word model knows it: composed, with the tone mark where the modern spelling puts it."""
    composed = unicodedata.normalize("NFC", piece)
    # underthesea's table, too, is asked for short tokens only; no Vietnamese syllable is longer
    return _word_model().spellings.get(composed, composed) if len(composed) <= 7 else composed


@lru_cache(maxsize=65_536)
def word_norm(word: str) -> str:
    """The form under which a word is looked up: modern spelling, lower case, `_` between syllables, digits shaped.

    >>> word_norm("Hợp tác xã"), word_norm("1.183"), word_norm("2021")
    ('hợp_tác_xã', '0.000', 'yyyy')
    """
    if word[0].isdecimal():
        return "yyyy" if _YEAR.fullmatch(word) else _DIGIT.sub("0", word)
    return "_".join(_spelling(syllable).lower() for syllable in word.split()) or word


@lru_cache(maxsize=65_536)
def _unglued(piece: str) -> tuple[int, ...]:
    """Lengths of the syllables that a slip of the pen glued together; one length where none was."""
    composed = unicodedata.normalize("NFC", piece)
    if composed != piece:
        return _stored_lengths(piece, composed)
    if len(piece) <= _LONGEST_UNGLUED:
        return (len(piece),)
    for change in _CASE_CHANGE.finditer(piece):
        at = change.start()
        if unicodedata.combining(piece[at]) == 0:
            return (*_unglued(piece[:at]), *_unglued(piece[at:]))
    syllables = _word_model().syllables
    if piece.isascii() or _spelling(piece).lower() in syllables:
        return (len(piece),)
    acronym = _ACRONYM.match(piece)
    if acronym and acronym.end() < len(piece) and _spelling(piece[acronym.end() :]) in syllables:
        return (acronym.end(), len(piece) - acronym.end())
    cuts = [
        at
        for at in range(2, min(len(piece) - 1, 16))
        if unicodedata.combining(piece[at]) == 0
        and _spelling(piece[:at]).lower() in syllables
        and _spelling(piece[at:]) in syllables
    ]
    # a first syllable as long as possible: `giữ|tổng`, not `gi|ữtổng`
    return (cuts[-1], len(piece) - cuts[-1]) if cuts else (len(piece),)


def _stored_lengths(piece: str, composed: str) -> tuple[int, ...]:
    """The cuts of a composed piece, counted in the characters of the piece as stored."""
    letters, stored = _LETTER.findall(composed), _LETTER.findall(piece)
    lengths = _unglued(composed)
    if len(lengths) == 1 or len(letters) != len(stored):
        return (len(piece),)
    ends = list(accumulate(map(len, letters), initial=0))
    stored_ends = list(accumulate(map(len, stored), initial=0))
    cuts = [stored_ends[ends.index(at)] for at in accumulate(lengths, initial=0)]
    return tuple(end - start for start, end in pairwise(cuts))


_Piece = tuple[int, int, str]


def _lines(text: str) -> Iterator[list[_Piece]]:
    """The pieces of each line with their offsets, white space left out."""
    line: list[_Piece] = []
    start = 0
    for piece in _PIECE.findall(text):
        size = len(piece)
        end = start + size
        if piece == " " or piece.isspace():
            if line and (len(line) >= _LONGEST_LINE or "\n" in piece):
                yield line
                line = []
        elif size > _LONGEST_UNGLUED and piece[0].isalpha() and len(lengths := _unglued(piece)) > 1:
            for length in lengths:
                line.append((start, start + length, text[start : start + length]))
                start += length
        else:
            line.append((start, end, piece))
        start = end
    if line:
        yield line


def segment(text: str) -> Iterator[tuple[int, int]]:
    """Offsets of the words of a text, in order; what lies between them is white space.

    A word spans no line break, holds no white space but single spaces, and keeps numerals, signs and letters apart.
    """
    model = _word_model()
    for lines in _together(_lines(text)):
        spelt = [[_spelling(piece) for _, _, piece in line] for line in lines]
        for line, inside in zip(lines, model.inside(spelt), strict=True):
            yield from _words(text, line, inside, model.dictionary)


def _together(lines: Iterable[list[_Piece]]) -> Iterator[list[list[_Piece]]]:
    """Lines that are tagged at once."""
    group: list[list[_Piece]] = []
    pieces = 0
    for line in lines:
        group.append(line)
        pieces += len(line)
        if pieces >= _TAGGED_AT_ONCE:
            yield group
            group, pieces = [], 0
    if group:
        yield group


def _words(text: str, line: list[_Piece], inside: list[bool], dictionary: frozenset[str]) -> Iterator[tuple[int, int]]:
    """The words of a line, given which of its pieces the field takes for continuing one."""
    first = 0
    counts = False
    for at, joins in enumerate(inside):
        if at == first:
            continue
        last = line[at - 1]
        if (
            joins
            and line[at][2][0].isalpha()
            and last[2][0].isalpha()
            and line[at][0] == last[1] + 1
            and text[last[1]] == " "
            and at - first < _LONGEST_WORD
            and not _ends_a_name(line, at, dictionary)
        ):
            continue
        if at - first > 1:
            yield from _dictionary_words(line[first:at], counts, dictionary)
        else:
            yield last[:2]
        counts = last[2][0].isdecimal() or (counts and last[2].lower() in _SCALES)
        first = at
    if len(line) - first > 1:
        yield from _dictionary_words(line[first:], counts, dictionary)
    else:
        yield line[first][:2]


def _ends_a_name(line: list[_Piece], at: int, dictionary: frozenset[str]) -> bool:
    """Whether a name ends before a piece, which begins a word with the next: `Hậu Thành | công bố`, no `thành công`."""
    if at < 2 or at + 1 >= len(line) or not line[at][2].islower() or not line[at - 1][2][0].isupper():
        return False
    before, last, piece, after = (_spelling(line[index][2]) for index in range(at - 2, at + 2))
    return (
        before.istitle()
        and last.istitle()
        and after.islower()
        and f"{piece} {after}" in dictionary
        and f"{before} {last}".lower() not in dictionary
        and f"{last} {piece} {after}".lower() not in dictionary
    )


def _dictionary_words(word: list[_Piece], counts: bool, dictionary: frozenset[str]) -> Iterator[tuple[int, int]]:
    """A word of several syllables as it stands, or cut into the longest words, from the left, that may be joined."""
    spelt = [_spelling(piece) for _, _, piece in word]
    lowered = [syllable.lower() for syllable in spelt]
    start = 0
    if counts and (lowered[0] in _UNITS or lowered[0] in _SCALES):
        yield word[0][:2]
        start = 1
    while start < len(word):
        end = len(word)
        while end > start + 1:
            joined, parts = " ".join(lowered[start:end]), spelt[start:end]
            known = joined in dictionary and not _gains_capital(parts)
            if joined not in _NEVER_JOINED and (known or all(map(str.istitle, parts))):
                break
            end -= 1
        yield word[start][0], word[end - 1][1]
        start = end


def _gains_capital(syllables: Sequence[str]) -> bool:
    """Whether a word that begins small goes on with a capital: a name begins there, as in `giao | Ban Giám đốc`."""
    return syllables[0][0].islower() and any(syllable[0].isupper() for syllable in syllables[1:])


def _of_composed(getter: Callable[[str], Any], word: str) -> Any:
    """A lexical attribute of a word in composed letters."""
    return getter(unicodedata.normalize("NFC", word))


def _norm(word: str) -> str:
    """The norm of a lexeme, and so of its tokens; spaCy may ask for that of nothing."""
    return word_norm(word) if word else word


class VietnameseTokenizer:
    """spaCy tokenizer: `doc.text == text` for every string; `token.norm_` is `word_norm` of the word.

    White space other than the single space behind a word becomes tokens of its own, as spaCy's own tokenizers do.
    """

    def __init__(self, vocab: Vocab) -> None:
        self.vocab = vocab
        # what a model is told of a word's letters must not hang on how they are stored
        getters: dict[int, Callable[[str], Any]] = vocab.lex_attr_getters  # type: ignore[attr-defined] # its stub lacks it
        for attribute in (IS_TITLE, SHAPE, SUFFIX):
            getters[attribute] = partial(_of_composed, getters[attribute])
        getters[NORM] = _norm

    def __call__(self, text: str) -> Doc:
        """Tokenise a text."""
        words: list[str] = []
        spaces: list[bool] = []
        at = 0
        for start, end in segment(text):
            if start > at:
                if start == at + 1 and words and text[at] == " ":
                    spaces[-1] = True
                else:
                    _add_white_space(text[at:start], words, spaces)
            words.append(text[start:end])
            spaces.append(False)
            at = end
        if at < len(text):
            _add_white_space(text[at:], words, spaces)
        return Doc(self.vocab, words=words, spaces=spaces)

    def pipe(self, texts: Iterable[str], batch_size: int = 50) -> Iterator[Doc]:  # noqa: ARG002 - spaCy's protocol
        """Docs of a stream of texts."""
        yield from map(self, texts)

    # Nothing is learned here, so there is nothing to store; spaCy asks all the same.
    def to_disk(self, path: str | Path, **kwargs: Any) -> None:
        """Stores nothing."""

    def from_disk(self, path: str | Path, **kwargs: Any) -> VietnameseTokenizer:  # noqa: ARG002
        """Returns itself; see `_look_up_by_norm`."""
        self._look_up_by_norm()
        return self

    def to_bytes(self, **kwargs: Any) -> bytes:  # noqa: ARG002
        """No bytes."""
        return b""

    def from_bytes(self, data: bytes, **kwargs: Any) -> VietnameseTokenizer:  # noqa: ARG002
        """Returns itself; see `_look_up_by_norm`."""
        self._look_up_by_norm()
        return self

    def _look_up_by_norm(self) -> None:
        """Word vectors are keyed by norm, which spaCy 3.8 forgets when it writes them (`Vectors._get_cfg`).

        A pipeline reads its tokenizer after its vocabulary, whether it is loaded as a model or for its vectors only.
        """
        from spacy.vectors import Vectors  # type: ignore[import-not-found]  # compiled, without types

        read = self.vocab.vectors
        if read.attr == NORM or not read.key2row:
            return
        vectors = Vectors(strings=self.vocab.strings, data=read.data, name=read.name, attr="NORM")
        for key, row in read.key2row.items():
            vectors.add(key, row=row)
        self.vocab.vectors = vectors


def _add_white_space(gap: str, words: list[str], spaces: list[bool]) -> None:
    """Notes a gap: a leading single space belongs to the word before it, the rest is a token."""
    if gap[0] == " " and words:
        spaces[-1] = True
        gap = gap[1:]
    if gap:
        words.append(gap)
        spaces.append(False)
