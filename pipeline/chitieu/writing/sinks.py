"""Where facts are written: one interface, one class for each format."""

from __future__ import annotations

import codecs
import csv
import io
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Protocol

from chitieu.errors import OutputError
from chitieu.facts.fact import Fact
from chitieu.writing.replacing import replacing
from chitieu.writing.rows import COLUMNS, flat_row

if TYPE_CHECKING:
    import pyarrow

# Line breaks of Unicode that are none in JSON; escaped, a line of the file is a line to every program that reads it.
_BREAKS = str.maketrans({"\u2028": "\\u2028", "\u2029": "\\u2029", "\x85": "\\u0085"})

_ROW_GROUP = 10_000  # facts; a few MB, so that memory stays bounded and readers can skip groups


class Format(str, Enum):
    """The file formats of facts."""

    JSONL = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"


class Sink(Protocol):
    """Takes facts, an article's at a time."""

    def write(self, facts: Sequence[Fact]) -> None:
        """Append facts."""
        ...

    def finish(self) -> None:
        """Write what is still held; the stream stays open."""
        ...


def format_of(path: Path) -> Format:
    """The format that a file's suffix names.

    Raises:
        OutputError: C403 for another suffix.
    """
    try:
        return Format(path.suffix.lower().removeprefix("."))
    except ValueError as unknown:
        raise OutputError(
            "C403",
            f"has no known suffix: {path.suffix!r}",
            place=str(path),
            remedy="end it in .jsonl, .csv or .parquet",
        ) from unknown


@contextmanager
def writing_to(destination: Path | None) -> Iterator[IO[bytes]]:
    """A stream of bytes to a file that is replaced at the end of the block, or to standard output."""
    if destination is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    else:
        with replacing(destination) as stream:
            yield stream


@contextmanager
def open_sink(destination: Path | None, file_format: Format) -> Iterator[Sink]:
    """A sink that is complete when the block ends well, and leaves nothing behind when it does not.

    Args:
        destination: the file; None for standard output.
        file_format: how facts are written.

    Raises:
        OutputError: C401 or C402, where the destination can't be written.
    """
    with writing_to(destination) as stream:
        sink = _SINKS[file_format](stream)
        yield sink
        sink.finish()


def json_line(record: Mapping[str, Any]) -> bytes:
    """One line of JSON Lines, its break included."""
    return (json.dumps(record, ensure_ascii=False, allow_nan=False).translate(_BREAKS) + "\n").encode("utf-8")


class JsonlSink:
    """The public format: one fact a line."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream

    def write(self, facts: Sequence[Fact]) -> None:
        """Append facts, and pass them on at once where another program is listening."""
        for fact in facts:
            self._stream.write(json_line(fact.to_dict()))
        if facts and self._stream is sys.stdout.buffer:
            self._stream.flush()

    def finish(self) -> None:
        """Nothing is held back."""


class CsvSink:
    """One fact a row, evidence in flat columns.

    It begins with a byte order mark, without which spreadsheets garble Vietnamese.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._stream.write(codecs.BOM_UTF8)
        self._write_rows([COLUMNS])

    def write(self, facts: Sequence[Fact]) -> None:
        """Append rows."""
        self._write_rows([flat_row(fact) for fact in facts])

    def finish(self) -> None:
        """Nothing is held back."""

    def _write_rows(self, rows: Sequence[Sequence[str | int]]) -> None:
        text = io.StringIO(newline="")
        csv.writer(text).writerows(rows)
        self._stream.write(text.getvalue().encode("utf-8"))


class ParquetSink:
    """Typed columns that nest as the JSON does, written in row groups."""

    def __init__(self, stream: IO[bytes]) -> None:
        from pyarrow import parquet

        self._schema = parquet_schema()
        self._writer = parquet.ParquetWriter(stream, self._schema)
        self._held: list[dict[str, Any]] = []

    def write(self, facts: Sequence[Fact]) -> None:
        """Append facts, a row group at a time."""
        self._held.extend(fact.to_dict() for fact in facts)
        while len(self._held) >= _ROW_GROUP:
            self._write_group(self._held[:_ROW_GROUP])
            del self._held[:_ROW_GROUP]

    def finish(self) -> None:
        """Write the last group and the footer."""
        if self._held:
            self._write_group(self._held)
            self._held = []
        self._writer.close()

    def _write_group(self, records: list[dict[str, Any]]) -> None:
        import pyarrow

        rows = [parquet_row(record) for record in records]
        self._writer.write_table(pyarrow.Table.from_pylist(rows, schema=self._schema))


def parquet_schema() -> pyarrow.Schema:
    """The columns of a Parquet file of facts: the public format's keys; values as doubles, offsets as pairs."""
    import pyarrow as pa

    text, year, offsets = pa.string(), pa.int32(), pa.list_(pa.int64())
    evidence = pa.struct(
        [
            pa.field("value", offsets),
            pa.field("metric", pa.list_(offsets)),
            *(pa.field(role, offsets) for role in ("of", "org", "year", "base", "cue")),
        ]
    )
    columns = {
        **dict.fromkeys(("article_id", "fact_id", "org", "metric"), text),
        "value": pa.float64(),
        "value_high": pa.float64(),
        **dict.fromkeys(("unit", "bound"), text),
        "year": year,
        "period": text,
        "base_year": year,
        **dict.fromkeys(("status", "kind", "dir"), text),
        "confidence": pa.float64(),
        "derived": pa.struct([pa.field("rule", text), pa.field("from", pa.list_(text))]),
        "sentence": text,
        "evidence": evidence,
    }
    return pa.schema(list(columns.items()))


def parquet_row(fact: Mapping[str, Any]) -> dict[str, Any]:
    """A fact, as a JSON object of the public format, as a row of `parquet_schema`."""
    return {**fact, "value": float(fact["value"]), "value_high": _float_or_none(fact["value_high"])}


def _float_or_none(value: float | None) -> float | None:
    return None if value is None else float(value)


_SINKS: dict[Format, Callable[[IO[bytes]], Sink]] = {
    Format.JSONL: JsonlSink,
    Format.CSV: CsvSink,
    Format.PARQUET: ParquetSink,
}
