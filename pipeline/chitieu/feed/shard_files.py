"""The files of shards: written whole or not at all, known again, read back."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from chitieu.feed.crew import Answer
from chitieu.feed.digest import content_digest
from chitieu.feed.failure import shorten
from chitieu.feed.item import Missing
from chitieu.feed.refusal import clean_text
from chitieu.feed.shard import Item, Report, ShardTerms, dump, load

TABLES = ("facts", "errors", "articles")
"""Folders of a pile. A shard's file among the articles is written last: it says that the shard is done."""

NAME = re.compile(r"[0-9a-f]{40}\.parquet")
"""Files of shards; whatever else lies in their folders is somebody else's."""


def report_on(terms: ShardTerms, name: str) -> Report | None:
    """The report of a shard that is done; None for one that is missing, was torn by a power cut, or is worth a try."""
    from pyarrow import ArrowException, parquet

    path = terms.path("articles", name)
    try:
        if not path.is_file():
            return None
        report = Report.load(parquet.read_schema(path).metadata[b"chitieu"])
    except (OSError, ArrowException, ValueError, TypeError, KeyError):
        return None
    return report if report.final else None


def write_shard(
    terms: ShardTerms, name: str, items: Sequence[Item], said: Mapping[int, Answer], worker_deaths: int = 0
) -> Report:
    """Write what came of a shard. An article that Parquet refuses (a number beyond its range) is set down as an error.

    Args:
        terms: of the run.
        name: of the shard.
        items: as they were read.
        said: the answers of workers, by the place of their article among the items.
        worker_deaths: that it took.

    Returns:
        What came of it all, as it is written.

    Raises:
        OutputError: C401 or C402 where a file can't be written.
    """
    try:
        return _write_shard(terms, name, items, said, worker_deaths)
    except _refusals():
        kept = {place: _as_refused(items[place], answer) for place, answer in said.items()}
        return _write_shard(terms, name, items, kept, worker_deaths)


def _write_shard(
    terms: ShardTerms, name: str, items: Sequence[Item], said: Mapping[int, Answer], worker_deaths: int
) -> Report:
    import pyarrow as pa

    report = Report(worker_deaths=worker_deaths, errors=list(_errors(items, said)))
    for answer in said.values():
        report.articles += answer.code is None
        report.facts += len(answer.facts)
    if terms.replayed:
        rows = [
            {"item": dump([item]), "answer": _answer_json(said[place]) if place in said else None}
            for place, item in enumerate(items)
        ]
        columns = pa.schema([pa.field("item", pa.string()), pa.field("answer", pa.string())])
        _write(terms.path("articles", name), rows, columns, report)
        return report
    if report.facts:
        _write(terms.path("facts", name), _fact_rows(items, said), facts_schema())
    if report.errors:
        _write(terms.path("errors", name), report.errors, errors_schema())
    _write(terms.path("articles", name), _article_rows(items, said), articles_schema(), report)
    return report


def _errors(items: Sequence[Item], said: Mapping[int, Answer]) -> Iterator[dict[str, Any]]:
    for place, item in enumerate(items):
        if isinstance(item, Missing):
            yield _error(item.key, item.place, item.code, item.reason, item.feed)
        elif (code := said[place].code) is not None:
            yield _error(item.key, item.key, code, said[place].reason, item.feed)


def _error(key: str, place: str, code: str, reason: str, feed: str | None) -> dict[str, Any]:
    return {
        "key": clean_text(key),
        "place": clean_text(place),
        "code": code,
        "reason": clean_text(reason),
        "feed": feed,
    }


def _refusals() -> tuple[type[Exception], ...]:
    import pyarrow as pa

    return (pa.ArrowException, UnicodeError, OverflowError, TypeError, ValueError)


def _as_refused(item: Item, answer: Answer) -> Answer:
    """An answer, or the failure in its place where Parquet doesn't take it."""
    import pyarrow as pa

    try:
        pa.Table.from_pylist(_fact_rows([item], {0: answer}), schema=facts_schema())
        pa.Table.from_pylist(_article_rows([item], {0: answer}), schema=articles_schema())
    except _refusals() as refusal:
        return Answer(answer.number, code="C445", reason=f"Parquet refuses it: {shorten(str(refusal))}")
    return answer


def read_replayed(terms: ShardTerms, name: str) -> Iterator[tuple[Item, dict[str, Any] | None]]:
    """The items of a shard that is to be replayed, each with what a worker answered."""
    from pyarrow import parquet

    with parquet.ParquetFile(terms.path("articles", name)) as file:
        for batch in file.iter_batches(batch_size=64):
            for row in batch.to_pylist():
                (item,) = load(row["item"])
                yield item, None if row["answer"] is None else json.loads(row["answer"])


def facts_schema() -> Any:
    """Columns of `facts`: those of `chitieu tag --to facts.parquet`, and the key of the article."""
    import pyarrow as pa

    from chitieu.writing.sinks import parquet_schema

    return parquet_schema().append(pa.field("key", pa.string()))


def articles_schema() -> Any:
    """Columns of `articles`: all that are on record, but for their texts."""
    import pyarrow as pa

    span = pa.struct([pa.field("label", pa.string()), pa.field("start", pa.int64()), pa.field("end", pa.int64())])
    text = ("key", "article_id", "title", "url", "source", "feed", "language", "province", "section", "state", "digest")
    return pa.schema(
        [
            *(pa.field(name, pa.string()) for name in text),
            pa.field("published", pa.date32()),
            pa.field("facts", pa.int32()),
            pa.field("spans", pa.list_(span)),
        ]
    )


def errors_schema() -> Any:
    """Columns of `errors`."""
    import pyarrow as pa

    return pa.schema([pa.field(name, pa.string()) for name in ("key", "place", "code", "reason", "feed")])


def _fact_rows(items: Sequence[Item], said: Mapping[int, Answer]) -> list[dict[str, Any]]:
    from chitieu.writing.sinks import parquet_row

    return [
        {**parquet_row(fact), "key": items[place].key}
        for place, answer in sorted(said.items())
        for fact in answer.facts
    ]


def _article_rows(items: Sequence[Item], said: Mapping[int, Answer]) -> list[dict[str, Any]]:
    rows = []
    for place, item in enumerate(items):
        if isinstance(item, Missing):
            continue
        article, answer = item.article, said[place]
        rows.append(
            {
                **{name: getattr(item, name) for name in ("key", "feed", "language", "province", "section")},
                **{name: getattr(article, name) for name in ("title", "source", "published")},
                "article_id": article.id,
                "url": item.url,
                "state": "tagged" if answer.code is None else "failed",
                "digest": content_digest(article),
                "facts": len(answer.facts),
                "spans": [{"label": label, "start": start, "end": end} for start, end, label in answer.spans],
            }
        )
    return rows


def _answer_json(answer: Answer) -> str:
    if answer.code is not None:
        return json.dumps({"code": answer.code, "reason": answer.reason}, ensure_ascii=False)
    return json.dumps({"facts": list(answer.facts), "spans": list(answer.spans)}, ensure_ascii=False)


def _write(path: Path, rows: list[dict[str, Any]], schema: Any, report: Report | None = None) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    from chitieu.writing.replacing import make_folder, replacing

    make_folder(path.parent)
    if report is not None:
        schema = schema.with_metadata({b"chitieu": report.dump().encode("utf-8")})
    with replacing(path) as stream:
        parquet.write_table(pa.Table.from_pylist(rows, schema=schema), stream, compression="zstd")


def feeds_of(folder: Path, name: str) -> set[str]:
    """The sources of a shard's articles, as they are named; none of a shard that is missing or torn."""
    from pyarrow import ArrowException, parquet

    try:
        table = parquet.read_table(folder / "articles" / f"{name}.parquet", columns=["feed"])
    except (OSError, ArrowException, ValueError, KeyError):
        return set()
    return set(table.column("feed").to_pylist()) - {None}


def names_in(folder: Path) -> Iterable[Path]:
    """Files of shards in a folder, and what was left of those that were being written."""
    for table in TABLES:
        if (folder / table).is_dir():
            for path in (folder / table).iterdir():
                if NAME.fullmatch(path.name) or (path.name.startswith(".") and path.name.endswith(".tmp")):
                    yield path
