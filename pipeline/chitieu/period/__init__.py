"""Time expressions + publication date + discourse → normalised periods."""

from __future__ import annotations

from chitieu.period.mentions import find_periods
from chitieu.period.present import Present, article_present
from chitieu.period.resolve import resolve_base, resolve_periods
from chitieu.period.value import Period, PeriodError

__all__ = ["Period", "PeriodError", "Present", "article_present", "find_periods", "resolve_base", "resolve_periods"]
