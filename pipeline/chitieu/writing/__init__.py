"""Sinks: facts to JSON Lines, CSV or Parquet, articles to JSON Lines; never half-written."""

from __future__ import annotations

from chitieu.writing.sinks import Format, Sink, format_of, json_line, open_sink, writing_to

__all__ = ["Format", "Sink", "format_of", "json_line", "open_sink", "writing_to"]
