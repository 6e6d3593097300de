"""Targets and results from Vietnamese articles: org, metric, value, year, target or actual."""

from __future__ import annotations

__version__ = "0.1.0"
