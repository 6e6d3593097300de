"""Shards: stretches of what sources give, each tagged by one actor and written to one file, whole or not at all.

A shard is named by a digest of everything that its facts depend on: the articles, in their order, and what reads them.
A file of that name that can be read is the shard's result, whenever and by whomever it was written; so a run that was
cut off goes on with those that are missing, and comes to what an uninterrupted one would have come to.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from chitieu.article import Article
from chitieu.feed.item import Found, Missing
from chitieu.feed.outcome import Reader
from chitieu.reading.records import article_to_dict

Item = Found | Missing

TABLES = ("facts", "errors", "articles")
"""Folders of a pile. A shard's file among the articles is written last: it says that the shard is done."""

NAME = re.compile(r"[0-9a-f]{40}\.parquet")
"""Files of shards; whatever else lies in their folders is somebody else's."""

_LAYOUT = 1  # raised whenever the files change, so that older ones are written anew
_WORTH_ANOTHER_TRY = ("C440", "C444")  # workers died over it, or it took too long: the machine's doing, as may be


@dataclass(frozen=True, slots=True)
class ShardTerms:
    """What all shards of a run have in common; travels to every machine.

    Attributes:
        folder: where shards are written, the same path on every machine.
        reader: model and threshold.
        model: the model's folder on every machine; None for the one shipped with the package there.
        loader: `module:function` that makes a tagger.
        patience: seconds that one article may take.
        articles: of a shard, at most.
        replayed: shards are to be replayed into a database, and keep everything that takes.
    """

    folder: str
    reader: Reader
    model: str | None
    loader: str
    patience: float
    articles: int
    replayed: bool

    def digest(self, items: str) -> str:
        """The name of a shard, from its items as `dump` writes them."""
        terms = [_LAYOUT, self.reader.model_digest, self.reader.min_confidence, self.replayed]
        return hashlib.sha256(f"{json.dumps(terms)}\n{items}".encode()).hexdigest()[:40]

    def path(self, table: str, name: str) -> Path:
        """A shard's file."""
        return Path(self.folder) / table / f"{name}.parquet"


@dataclass(slots=True)
class Report:
    """What came of a shard.

    Attributes:
        articles: that were read.
        facts: found in them.
        errors: what could not be read: key, place, code, reason, feed.
        worker_deaths: of processes that tagged, and of the actor that watched over them.
    """

    articles: int = 0
    facts: int = 0
    errors: list[dict[str, Any]] = field(default_factory=list)
    worker_deaths: int = 0

    def dump(self) -> str:
        """As JSON."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def load(cls, text: str | bytes) -> Report:
        """From `dump`."""
        return cls(**json.loads(text))

    @property
    def final(self) -> bool:
        """Whether another try would say the same."""
        return not any(error["code"] in _WORTH_ANOTHER_TRY for error in self.errors)


def dump(items: Sequence[Item]) -> str:
    """What sources gave, as lines of JSON."""
    return "".join(json.dumps(_to_dict(item), ensure_ascii=False) + "\n" for item in items)


def load(text: str) -> Iterator[Item]:
    """From `dump`."""
    # Not splitlines: it breaks at characters that JSON leaves as they are.
    return (_from_dict(json.loads(line)) for line in text.split("\n") if line)


def _to_dict(item: Item) -> dict[str, Any]:
    if isinstance(item, Missing):
        return {"missing": asdict(item)}
    labels = {name: getattr(item, name) for name in ("key", "url", "feed", "language", "province", "section")}
    return {"article": article_to_dict(item.article), **labels}


def _from_dict(record: dict[str, Any]) -> Item:
    if "missing" in record:
        return Missing(**record["missing"])
    article = record.pop("article")
    published = article.pop("published")
    return Found(
        article=Article(**article, published=None if published is None else date.fromisoformat(published)), **record
    )


# -- files -----------------------------------------------------------------------------------------------------------


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


def write_shard(terms: ShardTerms, name: str, items: Sequence[Item], said: Mapping[int, Any], report: Report) -> None:
    """Write what came of a shard.

    Args:
        terms: of the run.
        name: of the shard.
        items: as they were read.
        said: the answers of workers, `chitieu.feed.crew.Answer`, by the place of their article among the items.
        report: what came of it all.

    Raises:
        OutputError: C401 or C402 where a file can't be written.
    """
    import pyarrow as pa

    if terms.replayed:
        rows = [
            {"item": dump([item]), "answer": _answer_json(said[place]) if place in said else None}
            for place, item in enumerate(items)
        ]
        columns = pa.schema([pa.field("item", pa.string()), pa.field("answer", pa.string())])
        _write(terms.path("articles", name), rows, columns, report)
        return
    if report.facts:
        _write(terms.path("facts", name), _fact_rows(items, said), facts_schema())
    if report.errors:
        _write(terms.path("errors", name), report.errors, errors_schema())
    _write(terms.path("articles", name), _article_rows(items, said), articles_schema(), report)


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


def _fact_rows(items: Sequence[Item], said: Mapping[int, Any]) -> list[dict[str, Any]]:
    from chitieu.writing.sinks import parquet_row

    return [
        {**parquet_row(fact), "key": items[place].key}
        for place, answer in sorted(said.items())
        for fact in answer.facts
    ]


def _article_rows(items: Sequence[Item], said: Mapping[int, Any]) -> list[dict[str, Any]]:
    from chitieu.feed.digest import content_digest

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


def _answer_json(answer: Any) -> str:
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


def names_in(folder: Path) -> Iterable[Path]:
    """Files of shards in a folder, and what was left of those that were being written."""
    for table in TABLES:
        if (folder / table).is_dir():
            for path in (folder / table).iterdir():
                if NAME.fullmatch(path.name) or (path.name.startswith(".") and path.name.endswith(".tmp")):
                    yield path
