"""What a quantity is, and the error of a text that is none."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from chitieu.errors import ChitieuError


class QuantityError(ChitieuError):
    """A text that does not read, from its first character to its last, as one quantity.

    Codes: C501 nothing there, or too long; C502 does not start with a number; C503 a numeral whose marks fit no way of
    writing; C504 a slash pair, which is two values; C505 scale words that do not add up; C506 what follows the number
    is no unit; C507 the two ends of a range do not agree.
    """


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with its unit, as one VALUE span states it.

    Attributes:
        value: the number with its scale words folded in (`3,24 tỷ` is 3240000000), exact, never negative: the
            guidelines keep `âm` and `lỗ` out of the value. The lower end of a range.
        value_high: the upper end of a range, else None.
        unit: the unit as written, composed, white space collapsed, scale words removed; None where there is none.
        canonical_unit: one spelling for each unit (`hecta` is `ha`, `VND` is `đồng`, `hợp tác xã` is `HTX`); None
            where there is no unit. `5 triệu/tháng` names no currency, and is read as `đồng/tháng`.
        is_measure: whether the unit only measures (`%`, `đồng/kg`, `ha`, `người`), so that it is no part of a metric's
            name; False for a counted noun (`HTX`, `hộ`), for a measure of something named (`tấn nhôm`), and for none.
    """

    value: Decimal
    value_high: Decimal | None
    unit: str | None
    canonical_unit: str | None
    is_measure: bool

    @property
    def is_range(self) -> bool:
        """Whether the text gives two ends (`6 - 8%`)."""
        return self.value_high is not None
