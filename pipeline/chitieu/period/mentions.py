"""Finding the time expressions that could date a figure."""

from __future__ import annotations

import re

from chitieu.period.folding import fold
from chitieu.period.wording import BRANCHES, COUNTED, MONTH_NAME, NUMBER, QUARTER_NAME, STEMS, YEAR

_YEAR = rf"{YEAR}(?!\d|[.,]\d)"
_BARE = rf"{YEAR}(?![\d%]|[.,]\d){COUNTED}"
_JOIN = r"(?: ?[-/] ?| đến (?:năm )?| tới (?:năm )?| và (?:năm )?|, )"
_SECOND = rf"(?:{_JOIN}(?:{_YEAR}|\d\d(?![\d%.,/-])(?! \w)))?"
_YEARS = rf"{_YEAR}{_SECOND}"
_DEICTIC = (
    r"(?:nay|này|ngoái|rồi|(?:vừa )?qua|vừa rồi|(?:liền |ngay )?trước(?: đó| liền kề)?"
    r"|tới(?! (?:ngày|tháng|hết|nay|\d))|sau|kế tiếp|tiếp theo)(?!\w)"
)
_NAMED = rf"(?:{YEAR}|{_DEICTIC})"
_FISCAL = r"(?:học|tài chính|tài khóa|ngân sách|kế hoạch|kinh doanh|sản xuất)"
_ANNUM = rf"(?:năm (?:{_FISCAL} )?(?:{_YEARS}|{_DEICTIC})|{_BARE}{_SECOND})"
# A year told after a part of it: ` năm 2020`, `/2020`, `-2020`, ` 2020`, ` của năm nay`.
_OF_YEAR = rf"(?:(?: của| trong)? {_ANNUM}| ?[/.-] ?(?:năm )?{YEAR}(?!\d)| ?/ ?\d\d(?![\d/]))"
_TAIL = r"(?: (?:vừa )?qua(?!\w)| vừa rồi| gần đây| gần nhất| tới(?! \w)| này| quá(?!\w))"
_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_DAY_MONTH = rf"(?<![\d.,/]){_DAY} ?[/-] ?(?:0?[1-9]|1[0-2])"
_DATE = (
    rf"(?:ngày {_DAY} tháng {MONTH_NAME}(?:,? năm {YEAR})?"
    rf"|(?:ngày )?{_DAY_MONTH}(?:(?: ?[/-] ?(?:{YEAR}|\d\d))|(?: năm {YEAR}))?(?![\d/%]|[.,]\d)"
    rf"|(?:ngày )?(?<![\d.,/]){_DAY}\.(?:0?[1-9]|1[0-2])\.{YEAR}(?!\d)"
    rf"|ngày {_DAY}\.(?:0?[1-9]|1[0-2])(?!\d))"
)
_MONTHS = (
    rf"{NUMBER}(?: ?(?:-|đến|và) ?{NUMBER})? ?tháng(?! (?!năm){MONTH_NAME}(?!\w))"
    rf"(?: (?:đầu tiên|đầu|cuối|chót|còn lại)(?: của)?(?: năm(?!\w)(?! {_NAMED}))?)?"
)
_MONTH = (
    rf"tháng ?(?!năm {_NAMED}){MONTH_NAME}(?!\w)"
    rf"(?: ?(?:-|và|đến|,) ?(?:tháng )?{MONTH_NAME}(?![\w/%]|/(?! ?{YEAR})))?"
)
_QUARTER = (
    rf"(?:quý {QUARTER_NAME}(?!\w)(?: ?(?:-|và|,) ?(?:quý )?{QUARTER_NAME}(?!\w))?"
    rf"|quý cuối(?: cùng)?(?: của)?(?: năm(?! {YEAR}))?|{NUMBER} quý(?: đầu| cuối)?(?: năm(?! {YEAR}))?)"
)
_HALF = (
    rf"(?:nửa (?:đầu|cuối)(?: của)?(?: năm(?! {_NAMED})| {_MONTH}| niên độ)?"
    rf"|bán niên|(?:kỳ|đợt) \d {_MONTH})"
)
_TERSE = r"(?:(?<!\w)(?:\d{1,2}t|q[1-4]|h[12]|\d{1,2}m)(?= ?[/-]? ?(?:20\d\d|\d\d(?!\d))))"
_PART = rf"(?:(?:{_MONTHS}|{_HALF}|(?:(?:đầu|cuối|giữa) )?(?:{_MONTH}|{_QUARTER})|{_TERSE})(?:{_OF_YEAR})?{_TAIL}?)"
_SEASON = r"vụ(?: mùa| đông xuân| hè thu| thu đông| xuân)?(?! năm)"
_STRETCH = (
    rf"(?:(?:giai đoạn|nhiệm kỳ|thời kỳ|niên độ(?: tài chính)?|niên vụ|niên khóa|{_SEASON})"
    rf" (?:từ )?(?:năm )?(?:{_YEARS}|này|trước(?: đó)?|tới|trên|đó|nay|vừa qua|sau)(?!\w)"
    rf"|(?:sau|trong) {NUMBER} năm(?! (?:{YEAR}|qua|tới|vừa|gần|trở|tiếp|trước))(?: thực hiện| đầu)?(?!\w)"
    rf"|{NUMBER} năm"
    rf"(?: {_YEARS}| (?:qua|tới|vừa qua|gần đây|gần nhất|trở lại đây|tiếp theo|trước(?: đây)?|thực hiện)(?!\w)))"
)
# `hiện` inside a word of two syllables (`thực hiện`, `hiện đại`) is no time.
_NOT_BEFORE = "".join(rf"(?<!{word}\x20)" for word in ["thực", "thể", "phát", "xuất", "cải", "tái", "biểu", "sự", "ẩn"])
_NOT_AFTER = r"(?! (?:đại|hành|thực|tượng|vật|trường|trạng|diện|hữu|hình|thân|sinh|kim)(?!\w))"
_NOW = (
    rf"(?:thời điểm (?:này|hiện tại|hiện nay)|hiện (?:nay|tại)(?!\w)|giờ đây|bây giờ"
    rf"|{_NOT_BEFORE}hiện(?!\w){_NOT_AFTER}"
    r"|(?<=[.;:,\n]\x20)nay(?!\w)|mới đây|gần đây|trước đây|trước kia|vừa rồi|tới đây|đến giờ|tới giờ"
    r"|thời gian (?:vừa )?qua|thời gian tới)"
)
_NEW_YEAR = (
    r"(?:hồi đầu|thời điểm đầu|đầu|hết|cuối|giữa|cả|kết thúc|trong|toàn)(?: của)?"
    rf" (?:năm(?: {_FISCAL})?(?! {_NAMED}|\w)|kỳ(?! \d)|niên độ)(?!\w)"
)
# `trong tháng` alone only where a clause starts: before a number it would swallow `trong tháng 7`.
_CLAUSE = r"(?= ?[,.;:)\n]| (?:đã|là|đạt|có|tăng|giảm|ước|cả|toàn|đơn|tỉnh|xuất|nhập|thu))"
_UNIT = (
    r"(?:tháng|quý|kỳ|tuần) (?:này|nay|trước(?: đó)?|vừa qua|qua|tới|sau)(?!\w)"
    rf"|trong (?:tháng|quý|kỳ){_CLAUSE}|hôm (?:qua|nay)|sáng nay|sang năm|mỗi năm|hàng năm|hằng năm"
)
_SAME = (
    r"cùng (?:kỳ|thời điểm|giai đoạn|thời gian|thời kỳ|quãng)(?!\w)"
    rf"(?:(?: của)? (?:{_PART}|{_ANNUM}|(?:niên độ|tháng|quý|vụ) trước|trước|các năm trước)|[/-]{YEAR})?"
)
_CROP = r"(?:vụ|mùa)(?: mùa| đông xuân| hè thu| thu đông| xuân| hè| đông)?"
# Years counted from what the article has told: `năm cũ`, `năm thứ hai`, `tám năm sau`, `cuối nhiệm kỳ`, `vụ này`.
_TOLD = (
    rf"(?:năm (?:cũ|kia|mới|(?:đầu|cuối)(?: của)? nhiệm kỳ|cuối|đầu(?: tiên)?|thứ {NUMBER})"
    rf"|(?:đầu|cuối|giữa|nửa(?: đầu| cuối)?|kết thúc) nhiệm kỳ|nhiệm kỳ (?:mới|qua)"
    rf"|{NUMBER} năm sau|{_CROP} (?:này|(?:vừa )?qua|(?:liền )?trước)|(?:nửa|trọn) năm(?: còn lại)?"
    rf"|(?:những|các|mấy) tháng (?:còn lại|cuối)(?:(?: của| trong)? năm(?! {_NAMED}))?"
    r"|năm học (?:này|nay|mới|tới|sau|(?:vừa )?qua|vừa rồi|trước)"
    rf"|năm (?:{'|'.join(STEMS)}) (?:{'|'.join(BRANCHES)})"
    r"|(?:lúc|khi|hồi) mới (?:sáp nhập|hợp nhất|thành lập|tái lập|chia tách|ra đời))(?!\w)"
)
# What was told before: `ba năm ấy`, `quãng thời gian đó`, `khi ấy`; `trong khi đó` says no time.
_BACK = (
    rf"(?:(?:trong |suốt |cả )?{NUMBER} năm|(?:trong |cùng |cũng )?(?:quãng|khoảng)(?: thời gian)?"
    r"|(?<!trong\x20)(?:khi|lúc|hồi)|năm|quý|tháng|vụ) (?:ấy|đó)(?!\w)"
)
_TET = rf"(?:dịp )?tết(?: nguyên đán)?(?: (?:giáp|ất|bính|đinh|mậu|kỷ|canh|tân|nhâm|quý) \w+)?(?: {YEAR})?"
_EDGE = rf"(?:(?:đầu|cuối|giữa|cả|hồi đầu|hồi cuối|những tháng cuối|những tháng đầu) {_ANNUM})"
# Alternatives stand in the order of preference: a stretch before a point, a point before what it is a part of.
_CORE = rf"(?:{_BACK}|{_SAME}|{_STRETCH}|{_TOLD}|{_DATE}|{_PART}|{_EDGE}|{_ANNUM}|{_NEW_YEAR}|{_UNIT}|{_NOW})"
_START = rf"(?:đầu năm(?: {YEAR}| {_DEICTIC})?|{_DATE}|{_PART}|{_ANNUM}|nay)"
_END = rf"(?:hết |nay(?!\w)|cuối |giữa |thời điểm )*(?:{_CORE})?"
_FROM = rf"từ (?:đầu )?{_START} ?(?:đến|tới|-) ?{_END}|từ đầu năm(?!\w)"
_UNTIL = (
    rf"(?:đến|tới) (?:hết |cuối |đầu |giữa |thời điểm |trước )*(?:{_CORE}|{_DATE}|nay(?!\w))"
    rf"|hết {_CORE}|(?:đầu|cuối) {_YEAR}"
)
_ANY = re.compile(
    rf"(?<!\w)(?:{_FROM}|{_UNTIL}|{_CORE}|{_TET})".replace(" ", r"[ ]+").replace("[ ]+?", "[ ]*"),
)


def find_periods(text: str) -> list[tuple[int, int]]:
    """Find every time expression that could date a figure.

    Args:
        text: an article as stored, in any Unicode normalisation.

    Returns:
        (start, end) in code points of `text`, in order, disjoint, never empty.
    """
    folded = fold(text)
    found: list[tuple[int, int]] = []
    for match in _ANY.finditer(folded.text):
        start, end = match.span()
        while end > start and folded.text[end - 1].isspace():
            end -= 1
        if end > start:
            found.append((folded.stored(start), folded.stored(end)))
    return found
