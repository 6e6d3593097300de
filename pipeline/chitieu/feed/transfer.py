"""One batch into the tables, inside a transaction that is somebody else's: all of it is written, or nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table, bindparam, delete, func, insert, literal, select, text, update

from chitieu.feed import schema
from chitieu.feed.item import Found
from chitieu.feed.outcome import Batch, Copy, Failure, Reader, Reading
from chitieu.feed.rows import fact_row, search_row

_AT_ONCE = 500  # keys or ids in one statement; SQLite's oldest limit on bound values is 999

_SEARCH_INSERT = text(
    "insert into facts_search (rowid, org, metric, sentence, plain) values (:rowid, :org, :metric, :sentence, :plain)"
)


@dataclass(slots=True)
class Numbers:
    """The next free row ids. Only one run writes at a time, so counting here is safe, and the same on any database."""

    article: int
    fact: int
    error: int

    @classmethod
    def read(cls, connection: Connection) -> Numbers:
        """Count on from what the tables hold."""

        def following(*tables: Table) -> int:
            return 1 + max(connection.execute(select(func.max(table.c.id))).scalar() or 0 for table in tables)

        return cls(following(schema.articles), following(schema.facts, schema.past_facts), following(schema.errors))


@dataclass(frozen=True, slots=True)
class _Row:
    """What stands of an article before a batch."""

    id: int
    digest: str
    state: str


class Transfer:
    """Writes one batch for one run."""

    def __init__(self, connection: Connection, run: str, reader: Reader, numbers: Numbers, now: str) -> None:
        self._connection = connection
        self._run = run
        self._reader = reader
        self._numbers = numbers
        self._now = now

    def write(self, batch: Batch) -> None:
        """Articles, facts, spans, copies and errors, in the place of what earlier runs said of the same articles."""
        readings, copies = batch.readings, batch.copies
        replacing: list[Reading | Copy] = [*readings, *copies]
        failed = [failure for failure in batch.failures if failure.found is not None]
        keys = [item.found.key for item in replacing] + [failure.key for failure in failed]
        standing = self._standing([*keys, *(copy.copy_of for copy in copies)])
        self._retire([item for item in replacing if item.found.key in standing], standing)
        rows = [self._reading_row(item) for item in readings]
        rows += [_article_row(item.found, item.digest, item.signature, "copy", self._run) for item in copies]
        rows += [
            _article_row(failure.found, failure.digest, failure.signature, "failed", self._run)
            for failure in failed
            # What an earlier run said of it still stands: this run could say nothing.
            if failure.found and failure.digest and standing.get(failure.key, _UNREAD).state == "failed"
        ]
        ids = self._put_articles(rows, standing)
        self._put_facts(readings, ids)
        self._put_copies(copies, ids)
        self._put_errors(batch.failures)

    # -- what stood before -------------------------------------------------------------------------------------------

    def _standing(self, keys: Sequence[str]) -> dict[str, _Row]:
        table = schema.articles
        found: dict[str, _Row] = {}
        for some in _slices(keys):
            query = select(table.c.key, table.c.id, table.c.digest, table.c.state).where(table.c.key.in_(some))
            found.update({key: _Row(id_, digest, state) for key, id_, digest, state in self._connection.execute(query)})
        return found

    def _retire(self, items: Sequence[Reading | Copy], standing: Mapping[str, _Row]) -> None:
        """Move what is replaced into the past."""
        changed = [
            standing[item.found.key].id
            for item in items
            if standing[item.found.key].digest != item.digest and standing[item.found.key].state == "tagged"
        ]
        replaced = [standing[item.found.key].id for item in items]
        names = [column.name for column in schema.facts.columns]
        articles, facts, past_texts = schema.articles, schema.facts, schema.past_texts
        for some in _slices(changed):
            kept = (
                select(
                    articles.c.id,
                    articles.c.digest,
                    articles.c.title,
                    articles.c.published,
                    articles.c.text,
                    literal(self._run),
                )
                .where(articles.c.id.in_(some))
                # A text that comes and goes is kept once.
                .where(
                    ~select(past_texts.c.article)
                    .where(past_texts.c.article == articles.c.id, past_texts.c.digest == articles.c.digest)
                    .exists()
                )
            )
            columns = ["article", "digest", "title", "published", "text", "replaced_by"]
            self._connection.execute(insert(past_texts).from_select(columns, kept))
        for some in _slices(replaced):
            moved = (
                select(*facts.columns, articles.c.digest, literal(self._run))
                .join(articles, articles.c.id == facts.c.article)
                .where(facts.c.article.in_(some))
            )
            self._connection.execute(insert(schema.past_facts).from_select([*names, "digest", "replaced_by"], moved))
            for table in (facts, schema.spans, schema.duplicates):
                self._connection.execute(delete(table).where(table.c.article.in_(some)))

    # -- what stands now ---------------------------------------------------------------------------------------------

    def _reading_row(self, reading: Reading) -> dict[str, Any]:
        return {
            **_article_row(reading.found, reading.digest, reading.signature, "tagged", self._run),
            "facts": len(reading.facts),
            "model_digest": self._reader.model_digest,
            "min_confidence": self._reader.min_confidence,
        }

    def _put_articles(self, rows: Sequence[dict[str, Any]], standing: Mapping[str, _Row]) -> dict[str, int]:
        """Insert or update articles; gives the row id of every key that is on record."""
        ids = {key: row.id for key, row in standing.items()}
        new = []
        for row in rows:
            if row["key"] not in ids:
                ids[row["key"]] = self._numbers.article
                new.append({**row, "id": self._numbers.article})
                self._numbers.article += 1
        old = [{**row, "row": standing[row["key"]].id} for row in rows if row["key"] in standing]
        self._insert(schema.articles, new)
        if old:
            table = schema.articles
            names: dict[str, Any] = {name: bindparam(name) for name in rows[0] if name != "key"}
            self._connection.execute(update(table).where(table.c.id == bindparam("row")).values(names), old)
        return ids

    def _put_facts(self, readings: Sequence[Reading], ids: Mapping[str, int]) -> None:
        facts, spans = [], []
        for reading in readings:
            owner = {"article": ids[reading.found.key], "run": self._run}
            for position, fact in enumerate(reading.facts):
                facts.append({**fact_row(fact, position), **owner, "id": self._numbers.fact})
                self._numbers.fact += 1
            content = reading.found.article.text
            spans += [
                {
                    **owner,
                    "position": position,
                    "label": label,
                    "start_char": start,
                    "end_char": end,
                    "surface": content[start:end],
                }
                for position, (start, end, label) in enumerate(reading.spans)
            ]
        self._insert(schema.facts, facts)
        self._insert(schema.spans, spans)
        if facts:
            self._connection.execute(_SEARCH_INSERT, [search_row(row) for row in facts])

    def _put_copies(self, copies: Sequence[Copy], ids: Mapping[str, int]) -> None:
        rows = [
            {
                "article": ids[copy.found.key],
                "copy_of": ids[copy.copy_of],
                "similarity": copy.similarity,
                "run": self._run,
            }
            for copy in copies
        ]
        self._insert(schema.duplicates, rows)

    def _put_errors(self, failures: Iterable[Failure]) -> None:
        rows = []
        for failure in failures:
            rows.append(
                {
                    "id": self._numbers.error,
                    "run": self._run,
                    "at": self._now,
                    "key": failure.key,
                    "place": failure.place,
                    "code": failure.code,
                    "reason": failure.reason,
                    "feed": failure.feed,
                    "again": failure.again,
                }
            )
            self._numbers.error += 1
        self._insert(schema.errors, rows)

    def _insert(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        if rows:
            self._connection.execute(insert(table), rows)


_UNREAD = _Row(0, "", "failed")


def _article_row(
    found: Found | None, digest: str | None, signature: str | None, state: str, run: str
) -> dict[str, Any]:
    assert found is not None
    article = found.article
    return {
        "key": found.key,
        "article_id": article.id,
        "title": article.title,
        "published": article.published,
        "url": found.url or article.url,
        "source": article.source,
        "feed": found.feed,
        "language": found.language,
        "province": found.province,
        "section": found.section,
        "state": state,
        "facts": 0,
        "run": run,
        "model_digest": None,
        "min_confidence": None,
        "digest": digest,
        "signature": signature,
        "text": article.text,
    }


def _slices(items: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (items[start : start + _AT_ONCE] for start in range(0, len(items), _AT_ONCE))
