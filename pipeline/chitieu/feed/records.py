"""Records of files: lines of JSON, rows of Parquet, responses of WARC; one bad record never stops the others."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import IO, Any, cast

from chitieu.article import Article
from chitieu.errors import ArticleError
from chitieu.feed.entry import local_date
from chitieu.feed.extra import need
from chitieu.feed.failure import SourceError, shorten
from chitieu.feed.pages import article_of_page, extract_page, vietnamese
from chitieu.feed.url import canonical_url
from chitieu.reading.encoding import decode
from chitieu.reading.html import MAX_HTML
from chitieu.reading.records import MAX_TEXT, check_text, parse_article, parse_json, too_large

Record = tuple[str, Article | ArticleError]
"""The place of a record and what it holds; the article's id is its own."""

_MAX_LINE = 3 * MAX_TEXT  # JSON may spend six bytes on a character that takes two or three in UTF-8
_ROWS = 64  # rows of Parquet in memory at a time; what is read from disk at once is a page of each column
_MAX_ROW_GROUP = 4 * 2**30
# What pyarrow raises is derived from these.
_PYARROW = (OSError, ValueError, TypeError, KeyError, OverflowError, NotImplementedError, MemoryError)
_COLUMNS = ("id", "text", "title", "published", "source", "url")
_OK = "200"
_DRAINED = 2**20  # bytes of a record that are read at once where nobody wants them


def read_lines(stream: IO[bytes], place: str, first: bytes = b"", *, passing: bool = False) -> Iterator[Record]:
    """Articles of JSON Lines, one line in memory at a time.

    Args:
        stream: whose line breaks are single bytes: UTF-8 or a legacy encoding.
        place: its name, for errors.
        first: bytes that have been taken from the stream already.
        passing: the stream is no file, whose third line is the same article the next time: an article without an id or
            address of its own is known by its content.
    """
    encoding = None
    for number, line in enumerate(_lines(stream, first), 1):
        here = f"{place}:{number}"
        try:
            if line is None:
                raise too_large("a line", here)
            decoded = decode(line, here, expected=encoding)
            if decoded.encoding != "utf-8":  # what a legacy file's short lines are read with
                encoding = decoded.encoding
            text = decoded.text.strip(" \t\r\n\ufeff")
            if text:
                otherwise = (
                    f"text-{short_digest(text.encode('utf-8', 'surrogatepass'))}" if passing else f"line-{number}"
                )
                record = _identified(parse_json(text, here), otherwise)
                yield here, vietnamese(parse_article(record, here))
        except ArticleError as failure:
            yield here, failure


def short_digest(data: bytes) -> str:
    """Of what has no name of its own."""
    return hashlib.blake2b(data, digest_size=8).hexdigest()


def _identified(record: object, otherwise: str) -> object:
    """A record with an id: its own (a number is written out), else its address, else its place in the file."""
    if not isinstance(record, dict):
        return record
    own = record.get("id")
    if own is None:
        own = record.get("url") or otherwise
    elif isinstance(own, int) and not isinstance(own, bool):
        own = str(own)
    return {**record, "id": own}


def _lines(stream: IO[bytes], first: bytes) -> Iterator[bytes | None]:
    """Lines with their breaks; None for one that is too long."""
    rest = first
    while True:
        cut = rest.find(b"\n") + 1
        if cut:
            line, rest = rest[:cut], rest[cut:]
        else:
            line, rest = rest + stream.readline(_MAX_LINE + 1), b""
        if not line:
            return
        if len(line) <= _MAX_LINE or line.endswith(b"\n"):
            yield line
            continue
        while line and not line.endswith(b"\n"):
            line = stream.readline(_MAX_LINE + 1)
        yield None


def read_parquet(path: Path) -> Iterator[Record]:
    """Articles of a Parquet file with a column `text`, and `id`, `title`, `published`, `source`, `url` if any.

    Raises:
        SourceError: C146 where the file as a whole, or the rest of it, can't be read.
    """
    parquet = need("pyarrow.parquet")
    place, number = str(path), 0
    try:
        with parquet.ParquetFile(path) as file:
            names = [name for name in _COLUMNS if name in file.schema_arrow.names]
            if "text" not in names:
                shown = shorten(", ".join(file.schema_arrow.names), 80)
                raise _no_parquet(place, f'has no column "text", only {shown}')
            for group in range(file.metadata.num_row_groups):
                if file.metadata.row_group(group).total_byte_size > _MAX_ROW_GROUP:
                    raise _no_parquet(place, f"has a row group over the limit of 4 GB (row {number + 1})")
            for batch in file.iter_batches(batch_size=_ROWS, columns=names):
                for row in _rows(batch):
                    number += 1
                    here = f"{place}:{number}"
                    yield here, (row if isinstance(row, ArticleError) else _row(row, here, f"{path.stem}-{number}"))
    except SourceError:
        raise
    except _PYARROW as failure:
        raise _no_parquet(place, f"can't be read after row {number}: {shorten(str(failure))}") from failure


def _rows(batch: Any) -> Iterator[dict[str, Any] | ArticleError]:
    """The rows of a batch; a value that Python has no room for (a date in the year 300,000) spoils its row only."""
    try:
        yield from batch.to_pylist()
    except _PYARROW:
        for start in range(batch.num_rows):
            try:
                yield batch.slice(start, 1).to_pylist()[0]
            except _PYARROW as failure:
                yield SourceError("C146", f"is a row that can't be read: {shorten(str(failure))}")


def _row(row: dict[str, Any], place: str, otherwise: str) -> Article | ArticleError:
    published = row.get("published")
    if isinstance(published, datetime):
        day = local_date(published) if published.tzinfo else published.date()
        row["published"] = day.isoformat() if day else None
    elif isinstance(published, date):
        row["published"] = published.isoformat()
    try:
        return vietnamese(parse_article(_identified(row, otherwise), place))
    except ArticleError as failure:
        return failure


def read_warc(stream: IO[bytes], place: str) -> Iterator[Record]:
    """Articles of a WARC file, gzipped or not: its HTML responses and resources, and the texts of a WET file.

    The article's id is the canonical URL.

    Raises:
        SourceError: C147 where the archive is broken, after the records that stand before the break.
    """
    archives = need("warcio.archiveiterator")
    number = 0
    try:
        for record in archives.ArchiveIterator(stream):
            number += 1
            read = _warc_record(record, f"{place}, record {number}")
            _check_whole(record, place, number)
            if read is not None:
                yield read
    except SourceError:
        raise
    except Exception as failure:  # warcio raises what it meets: its own errors, zlib's, KeyErrors of broken headers
        message = f"is broken after {number} records: {shorten(f'{type(failure).__name__}: {failure}')}"
        raise SourceError("C147", message, place=place, remedy="repair it, or write it anew") from failure
    if not number:
        raise SourceError("C147", "holds no records", place=place, remedy="check that it is a WARC file")


def _check_whole(record: Any, place: str, number: int) -> None:
    """Refuse a record of which only a part is there, and which would pass for the whole.

    Raises:
        SourceError: C147 where the archive ends before the record does: warcio, which counts down, says nothing of it.
    """
    stream = record.raw_stream
    while stream.read(_DRAINED):
        pass
    if getattr(stream, "limit", 0) > 0:
        message = f"breaks off in record {number}, as a download does that was not finished"
        raise SourceError("C147", message, place=place, remedy="fetch it anew")


def _warc_record(record: Any, place: str) -> Record | None:
    kind = record.rec_type
    if kind is None:
        return place, SourceError("C147", "is a broken record", place=place, remedy="write the archive anew")
    if kind not in ("response", "resource", "conversion"):
        return None
    if kind == "response" and (record.http_headers is None or record.http_headers.get_statuscode() != _OK):
        return None
    headers = record.http_headers if kind == "response" else record.rec_headers
    media_type = (headers.get_header("Content-Type") or "").partition(";")[0].strip().lower()
    wanted = ("text/plain",) if kind == "conversion" else ("text/html", "application/xhtml+xml")
    if media_type not in wanted:
        return None
    try:
        url = canonical_url(record.rec_headers.get_header("WARC-Target-URI") or "")
        data = record.content_stream().read(MAX_HTML + 1)
        if kind != "conversion":
            return place, article_of_page(extract_page(data), url, url)
        text = decode(data, place).text
        check_text(text, place)
        return place, vietnamese(Article(id=url, text=text, url=url))
    except ArticleError as failure:
        return place, failure


def packed(stream: io.BufferedReader) -> IO[bytes]:
    """The stream, unpacked on the way where it is gzip, xz or bzip2."""
    start = stream.peek(6)
    if start.startswith(b"\x1f\x8b"):
        import gzip

        return cast("IO[bytes]", gzip.GzipFile(fileobj=stream))
    if start.startswith(b"\xfd7zXZ"):
        import lzma

        return lzma.LZMAFile(stream)
    if start.startswith(b"BZh"):
        import bz2

        return bz2.BZ2File(stream)
    return stream


def _no_parquet(place: str, message: str) -> SourceError:
    return SourceError("C146", message, place=place, remedy='write it anew, with the columns "id" and "text"')
