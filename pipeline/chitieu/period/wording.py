"""The words of time expressions, as patterns over folded text."""

from __future__ import annotations

import re

YEAR = r"(?:19|20)\d\d"
# `2000 hộ` is a count; only measures and head nouns that real articles count by the thousand are listed.
COUNTED = (
    r"(?!\s(?:tỷ|tỉ|triệu|nghìn|ngàn|đồng|ha|tấn|tạ|kg|km|m2|m3|usd|hộ|người|lượt|lao động|hội viên|thành viên|htx"
    r"|hợp tác xã|doanh nghiệp|dự án|mô hình|con|cây|căn|suất|tổ|vụ|sản phẩm|cơ sở|trường hợp|công nhân|học sinh"
    r"|đảng viên)\b)"
)
_NUMBERS = {
    "một": 1,
    "đầu": 1,
    "giêng": 1,
    "hai": 2,
    "ba": 3,
    "bốn": 4,
    "tư": 4,
    "năm": 5,
    "sáu": 6,
    "bảy": 7,
    "bẩy": 7,
    "tám": 8,
    "chín": 9,
    "mười": 10,
    "mười một": 11,
    "mười hai": 12,
    "chạp": 12,
    "mươi": 10,
    "i": 1,
    "ii": 2,
    "iii": 3,
    "iv": 4,
}
_WORD = r"mười hai|mười một|mười|hai|ba|bốn|tư|năm|sáu|bảy|bẩy|tám|chín|một"
NUMBER = rf"(?:\d{{1,2}}|{_WORD})"
MONTH_NAME = rf"(?:0?[1-9]|1[0-2]|{_WORD}|giêng|chạp)"
QUARTER_NAME = r"(?:0?[1-4]|iv|i{1,3}|một|hai|ba|bốn|tư|đầu)"


def number(word: str) -> int:
    """Return the value of a number word, a Roman numeral to iv, or digits; 0 for anything else."""
    return int(word) if word.isdecimal() else _NUMBERS.get(" ".join(word.split()), 0)


def _re(pattern: str) -> re.Pattern[str]:
    """Compile a pattern in which a blank stands for any white space, and `blank?`, `blank*` for as much as they say."""
    return re.compile(re.sub(r" (?![?*])", r"\\s+", pattern).replace(" ", r"\s"))


YEARS = _re(rf"(?<!\d){YEAR}(?!\d)(?!\.\d)")
SHORT_RANGE = _re(rf"(?<!\d)({YEAR}) ?[-/] ?(\d\d)(?![\d/.-])")
# `tháng 9-10` are two months, `tháng 9-20` is one of 2020.
TERSE_YEAR = _re(
    r"(?:quý \w+|tháng \d+(?=\s?/)|tháng \d+(?=\s?-\s?(?:1[3-9]|2))|\bq[1-4]|\d+t) ?[/-] ?([012]\d)(?!\d|[/.-])"
)
DATE = _re(
    r"(?<![\d.,])(?<!tháng\x20)(0?[1-9]|[12]\d|3[01])\s?([/.-])"
    r"\s?(0?[1-9]|1[0-2])(?:\s?\2\s?((?:19|20)\d\d|\d\d)(?!\d))?(?!\d|[.,]\d)"
)
DATE_WORDS = _re(r"ngày (0?[1-9]|[12]\d|3[01]) tháng (0?[1-9]|1[0-2])")
_CROP = r"(?:vụ|mùa)(?: mùa| đông xuân| hè thu| thu đông| xuân| hè| đông)?"
SAME = _re(r"cùng\s*(?:kỳ|thời điểm|giai đoạn|thời gian|thời kỳ|quãng|quý|tháng|vụ)|so cùng kỳ")
BEFORE = _re(rf"(?:năm|niên độ|niên vụ|{_CROP}) (?:liền |ngay )?trước(?: đó)?")
NEXT = _re(r"(?:năm|niên vụ|vụ) (?:tới(?! *(?:ngày|tháng|hết|nay|\d))|sau|kế tiếp|tiếp theo)|sang năm")
THIS = _re(rf"năm nay|năm này|năm mới|(?:niên vụ|niên độ|{_CROP}) này")
SINCE = _re(r"đầu năm(?! \d)|còn lại")
LAST_TIME = _re(r"(?<!\w)(?<!nhiệm\x20)(?<!thời\x20)kỳ trước")
YEARS_AGO = _re(rf"(?<!quý\x20)(?<!tháng\x20)({NUMBER}) năm (?:về )?trước(?! đó)(?: đây)?")
YEARS_LATER = _re(rf"(?<!quý\x20)(?<!tháng\x20)({NUMBER}) năm sau")
PAST = _re(rf"năm (?:vừa )?qua|năm vừa rồi|năm cũ|{_CROP} (?:vừa )?qua")
NTH_YEAR = _re(rf"năm (?:đầu(?: tiên)?|thứ ({NUMBER}))(?! nhiệm| của nhiệm)")
NOW = _re(
    r"\bhiện\b|\bnay\b|\bhôm\b|giờ đây|bây giờ|hiện tại|thời điểm này|đến giờ|thực tại|\bđang\b"
    r"|mới đây|gần đây|thời gian qua|vừa rồi"
)
CUMULATED = _re(
    rf"(?<![\d/.,])({NUMBER}|{NUMBER} ?(?:-|đến|và) ?{NUMBER}) ?tháng"
    rf"(?! *(?:{MONTH_NAME})(?:\s*[/,-]|$))( cuối| chót| còn lại| tới| sau)?"
)
TERSE = _re(r"(?<![a-z\d])(?:(\d{1,2})t|q([1-4])|h([12])|(\d{1,2})m)(?=\s*[/-]?\s*(?:\d|năm|$))")
SCHOOL_YEAR = _re(r"năm học (?:(này|nay|mới)|((?:vừa )?qua|vừa rồi|trước)|(tới|sau))")
HALF = _re(
    r"nửa (đầu|cuối)(?: của)? (?:năm|niên|(?=(?:19|20)\d\d))|(bán niên|nửa năm(?! còn))"
    r"|(?:6|sáu) tháng (cuối|chót)|nửa năm (còn lại)"
)
QUARTER = _re(rf"quý ({QUARTER_NAME})(?![\w])")
QUARTERS = _re(rf"({NUMBER}) quý( cuối)?")
LAST_QUARTER = _re(r"quý cuối")
MONTH = _re(rf"tháng ?({MONTH_NAME})(?![\w])")
MONTHS = _re(
    rf"tháng ?({MONTH_NAME}) ?(?:-|và|đến|,) ?(?:tháng )?({MONTH_NAME})(?!\w|/(?! ?{YEAR}))",
)
MONTH_SLASH = _re(r"(?<![\d/.,-])(0?[1-9]|1[0-2])\s?[/.-]\s?(?=(?:19|20)\d\d)")
PART_OF_MONTH = _re(
    r"(?:đầu|cuối|giữa|nửa|trung tuần|thượng tuần|hạ tuần|tuần|ngày|kỳ \d|\d+ ngày)(?: \w+){0,3}? tháng"
)
EDGE_OF_MONTH = _re(r"(?:đầu|cuối|giữa|nửa|tuần) tháng|tuần (?:\w+ )?của tháng")
THROUGH = _re(r"\bhết|kết sổ")
UNTIL = _re(r"(?:đến|tới|trước|từ)\b")
FROM_NEW_YEAR = _re(rf"từ đầu năm|từ tháng 0?1\b|(?:từ )?tháng (?:0?1|một|giêng) (?:đến|-)|đầu năm(?: {YEAR})? đến")
UNIT = _re(
    r"(tháng|quý|(?<!nhiệm\x20)(?<!thời\x20)kỳ|tuần|ngày)"
    r" (này|nay|trước(?: đó)?|qua|vừa qua|tới|sau|vừa rồi|liền trước|kế tiếp)"
    r"|trong (tháng|quý)\b|(?:hôm|ngày) (qua|nay)"
)
N_YEARS = _re(
    rf"(?:(\d{{1,2}}|{_WORD}) năm)"
    r" ?(qua|vừa qua|gần đây|gần nhất|trước đây|trở lại đây|tới|tiếp theo|sau|nay|thực hiện|liên tiếp|đầu|thành lập)?"
)
# `hai năm 2021, 2022` is one stretch.
COUNTED_YEARS = _re(rf"({NUMBER}) năm (?={YEAR})")
TO_YEAR_END = _re(rf"từ tháng ({MONTH_NAME}) (?:đến|tới) (?:hết|cuối) năm")
TERM = _re(r"giai đoạn|nhiệm kỳ|thời kỳ|năm học|niên độ|niên vụ|niên khóa|năm tài chính|\bvụ\b")
SPAN = _re(rf"({YEAR}) ?(?:-|/|đến|tới|đến năm|đến hết năm|đến cuối năm) ?({YEAR})")
STEMS = ("giáp", "ất", "bính", "đinh", "mậu", "kỷ", "canh", "tân", "nhâm", "quý")
BRANCHES = ("tý", "sửu", "dần", "mão", "thìn", "tỵ", "ngọ", "mùi", "thân", "dậu", "tuất", "hợi")
CYCLE = _re(rf"({'|'.join(STEMS)}) ({'|'.join(BRANCHES)})")
TERM_BACK = _re(r"(?:giai đoạn|nhiệm kỳ|thời kỳ) (?:này|trên|đó|nói trên|vừa qua|qua|trước|mới|tới|sau)")
# What points back to a time told before: `ba năm ấy`, `quãng thời gian đó`, `khi ấy`, `năm đó`, `cùng thời gian`.
_POINTING = r"(?:ấy|đó|nói trên|kể trên|nêu trên)"
POINTS_BACK = _re(rf"(?<!trước)(?<!sau)\s{_POINTING}$")
BACK_YEARS = _re(rf"(?:(?:cả|trong|suốt|sau) )?({NUMBER}) năm(?: {_POINTING})?")
BACK_STRETCH = _re(r"(?:cùng )?(?:quãng|khoảng|thời gian|thời kỳ|giai đoạn|những năm)")
BACK_WHOLE = _re(r"năm |khi |lúc |hồi |thời điểm |dạo ")
AT_ONCE = _re(r"(?:cùng|cũng)\s(?:thời gian|thời điểm|giai đoạn|thời kỳ|quãng|khoảng thời gian)(?:\s(?:này|đó|ấy))?")
TERM_AHEAD = _re(r"(?:giai đoạn|nhiệm kỳ|thời kỳ) (?:mới|tới|sau)")
TET = _re(r"(?<!\w)tết(?!\w)")
TERM_EDGE = _re(r"(đầu|cuối) (?:của )?(?:nhiệm kỳ|giai đoạn|kỳ)(?! \w)|năm cuối|kết thúc (?:nhiệm kỳ|giai đoạn)")
# An event that the article dates elsewhere: `lúc mới sáp nhập`.
EVENT = _re(
    r"(?:lúc|khi|hồi|thời điểm|ngày)(?: mới)? (?:\w+ )?(sáp nhập|hợp nhất|thành lập|tái lập|chia tách|khởi công|ra đời)"
)
NEW_YEAR = _re(r"(?:(?:so )?với |hồi |thời điểm |từ )?đầu (?:năm|kỳ)")
CONTEXT_YEAR = _re(r"\bnăm\b|\bkỳ\b|\bvụ\b|niên độ|giai đoạn|\bquý\b|\btháng\b|thời điểm đó|\btết\b|\bxuân\b")
