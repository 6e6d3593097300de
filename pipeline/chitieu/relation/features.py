"""What the relation model is told of a value, of a candidate, and of the two together.

Every feature is one of a few classes, written as ones and zeros; the widths are fixed, so that a model knows which
features it was trained with. Nothing here decides anything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from spacy.tokens import Doc

from chitieu.labels import Label
from chitieu.period import Period
from chitieu.quantity import Quantity
from chitieu.relation.layout import BETWEEN, Layout
from chitieu.relation.mentions import Mention

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]

_DISTANCES = np.array([1, 2, 3, 4, 6, 9, 13, 21, 41, 81, 161])
_SENTENCES = np.array([1, 2, 3, 6, 11])
_COUNTS = np.array([1, 2, 3, 4, 6])
_FAR = 40  # tokens; beyond this the words between two places say nothing of the two

# Words beside a mention that tell what it is to its neighbours; index 0 stands for any other, 1 for the edge of a line.
NEIGHBOURS = {
    word: index
    for index, word in enumerate(
        "đạt tăng giảm chiếm còn có là từ lên xuống hơn trên gần khoảng bằng vượt gấp của và với so trong đó cho tại đến thu "
        "ước được đã sẽ dưới tới thêm mức theo kế_hoạch dự_toán tổng trở_lên trở năm tháng quý cùng_kỳ cùng kỳ hay hoặc "
        "khi do ở về vào , . ; : ( ) - – / % “ \" phấn_đấu dự_kiến chỉ_tiêu hiện riêng gồm bình_quân mỗi một số các những "
        "người hộ đồng tỷ triệu ha tấn xuất_khẩu doanh_thu lợi_nhuận thu_ngân_sách toàn cả tỉnh huyện nhất đối_với".split(),
        start=2,
    )
}
_GENERIC_ORGS = (
    ("toàn tỉnh", "cả tỉnh", "toàn huyện", "toàn thành phố", "toàn xã", "địa bàn", "trên địa bàn", "toàn ngành"),
    ("cả nước", "việt nam", "nước ta", "toàn quốc", "chính phủ"),
    ("tỉnh", "huyện", "thành phố", "tp", "xã", "thị xã", "địa phương"),
    ("công ty", "doanh nghiệp", "đơn vị", "ngân hàng", "tập đoàn", "hợp tác xã", "htx", "quỹ", "ngành", "liên minh"),
)
_CUES = {
    cue: index
    for index, cue in enumerate(
        "đạt|có|đã|ước đạt|ước|là|thực hiện|được|đã đạt|còn|thu được|hoàn thành|ghi nhận|hiện có|báo lãi|đạt được|phấn đấu|"
        "mục tiêu|chỉ tiêu|kế hoạch|dự kiến|được giao|sẽ|dự toán|đặt mục tiêu|dự báo|kỳ vọng|đề ra|cần|theo kế hoạch|"
        "đặt kế hoạch|giao|đến năm|phải|dự thu|đăng ký|trình".split("|"),
        start=1,
    )
}


def one_hot(classes: Ints, width: int) -> Floats:
    """Ones and zeros of shape (rows, width); a class beyond the width counts as the last."""
    rows = np.zeros((len(classes), width), dtype=np.float32)
    rows[np.arange(len(classes)), np.clip(classes, 0, width - 1)] = 1
    return rows


class Place:
    """Where the mentions of one list stand, as arrays of shape (mentions,)."""

    def __init__(self, mentions: Sequence[Mention], layout: Layout) -> None:
        self.first = np.array([mention.first for mention in mentions], dtype=np.int64)
        self.last = np.array([mention.last for mention in mentions], dtype=np.int64)
        self.line = layout.line[self.first]
        self.sentence = layout.sentence[self.first]
        self.clause = layout.clause[self.first]
        self.depth = layout.depth[self.first]


class Features:
    """The features of one doc: per mention, and per pair of a value and a candidate."""

    def __init__(self, doc: Doc, layout: Layout, values: Sequence[Mention], present: int | None) -> None:
        self.words = [token.norm_ for token in doc]
        self.doc = doc
        self.layout = layout
        self.values = values
        self.present = present
        self.value_place = Place(values, layout)

    def mention(self, mentions: Sequence[Mention], kind: str) -> Floats:
        """Features of each mention alone, shape (mentions, `MENTION_WIDTHS[kind]`)."""
        if not mentions:
            return np.zeros((0, MENTION_WIDTHS[kind]), dtype=np.float32)
        place = Place(mentions, self.layout)
        columns = [self._common(place), *_OWN[kind](self, mentions, place)]
        return np.concatenate(columns, axis=1)

    def _common(self, place: Place) -> Floats:
        starts = self.layout.line_start[place.line]
        values_in_sentence = np.array([int((self.value_place.sentence == s).sum()) for s in place.sentence], dtype=np.int64)
        values_before = np.array(
            [
                int(((self.value_place.sentence == s) & (self.value_place.first < f)).sum())
                for s, f in zip(place.sentence, place.first, strict=True)
            ],
            dtype=np.int64,
        )
        flags = np.stack(
            [
                place.depth > 0,
                self.layout.bullet[place.line] > 0,
                place.first == starts,
                place.line <= 1,
                self.layout.heading[place.line] != place.line,
            ],
            axis=1,
        ).astype(np.float32)
        return np.concatenate(
            [
                flags,
                one_hot(self._neighbour(place.first - 1), len(NEIGHBOURS) + 2),
                one_hot(self._neighbour(place.first - 2), len(NEIGHBOURS) + 2),
                one_hot(self._neighbour(place.last), len(NEIGHBOURS) + 2),
                one_hot(self._neighbour(place.last + 1), len(NEIGHBOURS) + 2),
                one_hot(np.searchsorted(_COUNTS, values_in_sentence, side="right"), 6),
                one_hot(np.searchsorted(_COUNTS, values_before, side="right"), 6),
                one_hot(np.searchsorted(_COUNTS, place.last - place.first, side="right"), 6),
            ],
            axis=1,
        )

    def _neighbour(self, at: Ints) -> Ints:
        size = len(self.words)
        return np.array(
            [
                1 if not 0 <= index < size or "\n" in self.words[index] else NEIGHBOURS.get(self.words[index], 0)
                for index in at
            ],
            dtype=np.int64,
        )

    def pair(self, left: Ints, right: Ints, candidates: Sequence[Mention]) -> Floats:
        """Features of pairs of a value and a candidate, shape (pairs, `PAIR_WIDTH`)."""
        if not len(left):
            return np.zeros((0, PAIR_WIDTH), dtype=np.float32)
        layout, values = self.layout, self.value_place
        place = Place(candidates, layout)
        v_first, v_last, c_first, c_last = values.first[left], values.last[left], place.first[right], place.last[right]
        before = c_first < v_first
        low, high = np.where(before, c_last, v_last), np.maximum(np.where(before, v_first, c_first), np.where(before, c_last, v_last))
        gap = high - low
        side = before.astype(np.int64)
        values_between = np.searchsorted(values.first, high) - np.searchsorted(values.first, low)
        own = np.sort(place.first)
        same_between = np.searchsorted(own, high) - np.searchsorted(own, low)
        near = gap <= _FAR
        counts = (layout.between[:, high] - layout.between[:, low]).T * near[:, None]
        sentences = np.abs(values.sentence[left] - place.sentence[right])
        lines = values.line[left] - place.line[right]
        heading = layout.heading[values.line[left]]
        flags = np.stack(
            [
                values.clause[left] == place.clause[right],
                lines == 0,
                lines == 1,
                lines > 1,
                lines < 0,
                (heading == place.line[right]) & (lines != 0),
                layout.heading[heading] == place.line[right],
                layout.heading[values.line[left]] == layout.heading[place.line[right]],
                values.depth[left] == place.depth[right],
                (layout.bullet[values.line[left]] > 0) & (layout.bullet[place.line[right]] > 0),
                near,
            ],
            axis=1,
        ).astype(np.float32)
        other = self._other_side(place, right, before)
        return np.concatenate(
            [
                flags,
                one_hot(np.searchsorted(_DISTANCES, gap, side="right") + 12 * side, 24),
                one_hot(np.searchsorted(_SENTENCES, sentences, side="right") + 6 * side, 12),
                one_hot(np.searchsorted(_COUNTS, values_between, side="right") + 6 * side, 12),
                one_hot(np.searchsorted(_COUNTS, same_between, side="right") + 6 * side, 12),
                one_hot(np.searchsorted(_COUNTS, counts[:, 0], side="right"), 6),
                (counts > 0).astype(np.float32),
                one_hot(other + 6 * side, 12),
            ],
            axis=1,
        )

    def _other_side(self, place: Place, right: Ints, before: npt.NDArray[np.bool_]) -> Ints:
        """How near a value stands to each candidate on the side away from the pair's own value, in classes 0 to 5."""
        first, last = self.value_place.first, self.value_place.last
        at = np.searchsorted(first, place.first)
        left_gap = np.where(at > 0, place.first - last[np.maximum(at - 1, 0)], 999)
        at = np.searchsorted(first, place.last)
        right_gap = np.where(at < len(first), first[np.minimum(at, len(first) - 1)] - place.last, 999)
        gap = np.where(before, left_gap[right], right_gap[right])
        return np.searchsorted(np.array([1, 2, 4, 8, 20]), np.maximum(gap, 0), side="right")


PAIR_WIDTH = 11 + 24 + 12 * 3 + 6 + len(BETWEEN) + 12


def unit_class(quantity: Quantity | None) -> int:
    """0 none, 1 per cent, 2 money, 3 times, 4 people, 5 weight, area or volume, 6 any other measure, 7 a counted noun."""
    unit = quantity.canonical_unit if quantity else None
    if not unit:
        return 0
    if unit.startswith(("%", "điểm")):
        return 1
    if unit.startswith(("đồng", "USD", "EUR", "euro")):
        return 2
    if unit.startswith("lần"):
        return 3
    if unit.startswith(("người", "lao động", "lượt")):
        return 4
    if unit.startswith(("tấn", "ha", "kg", "m", "tạ", "km", "lít")) and quantity is not None and quantity.is_measure:
        return 5
    return 6 if quantity is not None and quantity.is_measure else 7


def _own_value(features: Features, mentions: Sequence[Mention], place: Place) -> list[Floats]:
    classes = np.array([unit_class(mention.quantity) for mention in mentions], dtype=np.int64)
    previous = np.concatenate([[8], classes[:-1]]) if len(classes) else classes
    numbers = [mention.quantity.value if mention.quantity else 0 for mention in mentions]
    magnitude = np.array([min(max(number.adjusted(), -1), 12) + 1 if number else 0 for number in numbers], dtype=np.int64)
    yearlike = np.array([[float(1990 <= number <= 2050)] for number in numbers], dtype=np.float32).reshape(-1, 1)
    ranges = np.array([[float(mention.quantity is not None and mention.quantity.is_range)] for mention in mentions], dtype=np.float32)
    return [
        one_hot(classes, 8),
        one_hot(previous, 9),
        one_hot(magnitude, 14),
        yearlike,
        ranges.reshape(-1, 1),
        features._near_words(place),
    ]


# Words near a value, within its own sentence, that bear on its status and kind.
_TELLING = (
    "kế_hoạch", "dự_toán", "chỉ_tiêu", "mục_tiêu", "phấn_đấu", "dự_kiến", "so", "cùng_kỳ", "kỳ", "tăng", "giảm", "chiếm", "đạt",
    "vượt", "bằng", "sẽ", "đã", "ước", "giao", "trở_lên", "gấp", "tỷ_lệ", "tăng_trưởng", "tỷ_trọng", "tốc_độ", "hoàn_thành", "cơ_cấu",
    "tổng_số", "lên", "xuống", "còn", "dự_báo", "hiện", "đến",
)  # fmt: skip


def _near_words(features: Features, place: Place) -> Floats:
    """Which telling words stand up to 8 tokens before, up to 8 behind, and in the heading line, shape (mentions, 3 × words)."""
    row = {word: index for index, word in enumerate(_TELLING)}
    size = len(_TELLING)
    out = np.zeros((len(place.first), 3 * size), dtype=np.float32)
    words, sentence, layout = features.words, features.layout.sentence, features.layout
    for index, (first, last) in enumerate(zip(place.first, place.last, strict=True)):
        for shift, window in ((0, range(max(0, first - 8), first)), (size, range(last, min(len(words), last + 8)))):
            for at in window:
                found = row.get(words[at])
                if found is not None and sentence[at] == sentence[first]:
                    out[index, shift + found] = 1
        head = layout.heading[place.line[index]]
        if head != place.line[index]:
            start = layout.line_start[head]
            stop = layout.line_start[head + 1] if head + 1 < len(layout.line_start) else len(words)
            for at in range(max(start, stop - 40), stop):
                found = row.get(words[at])
                if found is not None:
                    out[index, 2 * size + found] = 1
    return out


Features._near_words = _near_words  # type: ignore[attr-defined]


def _own_metric(features: Features, mentions: Sequence[Mention], place: Place) -> list[Floats]:
    return []


def _own_org(features: Features, mentions: Sequence[Mention], place: Place) -> list[Floats]:
    names = [mention.text.lower() for mention in mentions]
    counts = Counter(names)
    first = {name: index for index, name in reversed(list(enumerate(names)))}
    order = {name: rank for rank, (name, _) in enumerate(counts.most_common())}
    generic = [next((rank + 1 for rank, group in enumerate(_GENERIC_ORGS) if name in group), 0) for name in names]
    return [
        one_hot(np.array(generic, dtype=np.int64), 5),
        one_hot(np.searchsorted(_COUNTS, np.array([counts[name] for name in names], dtype=np.int64), side="right"), 6),
        one_hot(np.array([order[name] for name in names], dtype=np.int64), 5),
        one_hot(np.array([min(index, 4) for index in range(len(names))], dtype=np.int64), 5),
        np.array([[float(first[name] == index), float(name[:1] != mention.text[:1])] for index, (name, mention) in enumerate(zip(names, mentions, strict=True))], dtype=np.float32).reshape(-1, 2),
    ]


def _own_year(features: Features, mentions: Sequence[Mention], place: Place) -> list[Floats]:
    texts = [mention.text.lower() for mention in mentions]
    return [
        one_hot(np.array([_granularity(mention.period) for mention in mentions], dtype=np.int64), 7),
        one_hot(np.array([_offset(mention.period, features.present) for mention in mentions], dtype=np.int64), 9),
        np.array(
            [
                [
                    float(any(character.isdigit() for character in text)),
                    float("cùng kỳ" in text or "cùng kì" in text),
                    float("hiện" in text or "nay" in text),
                    float("trong" in text),
                    float("trước" in text or "ngoái" in text),
                    float("đến" in text),
                    float("giai đoạn" in text or "nhiệm kỳ" in text),
                ]
                for text in texts
            ],
            dtype=np.float32,
        ).reshape(-1, 7),
    ]


def _granularity(period: Period | None) -> int:
    """0 unknown, 1 year, 2 half, 3 quarter, 4 month, 5 cumulated months, 6 several years."""
    text = str(period) if period else ""
    if not text:
        return 0
    if "/" in text:
        return 6
    tail = text[5:]
    return 1 if not tail else 2 if tail[0] == "H" else 3 if tail[0] == "Q" else 5 if tail.endswith("M") else 4


def _offset(period: Period | None, present: int | None) -> int:
    """How far a period's year lies from the year in which the article speaks: 0 unknown, 1 to 8 for ≤-4 … ≥+3."""
    if period is None or present is None:
        return 0
    return int(np.clip(period.year - present, -4, 3)) + 5


def _own_cue(features: Features, mentions: Sequence[Mention], place: Place) -> list[Floats]:
    target = np.array([[float(mention.span.label is Label.TARGET)] for mention in mentions], dtype=np.float32)
    return [
        target.reshape(-1, 1),
        one_hot(np.array([_CUES.get(mention.text.lower(), 0) for mention in mentions], dtype=np.int64), len(_CUES) + 1),
    ]


_OWN = {"values": _own_value, "metrics": _own_metric, "orgs": _own_org, "years": _own_year, "cues": _own_cue}
_COMMON_WIDTH = 5 + 4 * (len(NEIGHBOURS) + 2) + 18
MENTION_WIDTHS = {
    "values": _COMMON_WIDTH + 8 + 9 + 14 + 2 + 3 * len(_TELLING),
    "metrics": _COMMON_WIDTH,
    "orgs": _COMMON_WIDTH + 23,
    "years": _COMMON_WIDTH + 23,
    "cues": _COMMON_WIDTH + 1 + len(_CUES) + 1,
}
