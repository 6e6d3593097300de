"""Questions to a database of facts: articles to read again, facts in order, and the whole in a form to compare."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from sqlalchemy import Select, or_, select

from chitieu.article import Article
from chitieu.facts.fact import Fact
from chitieu.feed import schema
from chitieu.feed.item import Found
from chitieu.feed.outcome import Reader
from chitieu.feed.rows import fact_dict, row_fact
from chitieu.feed.store import Store

_AT_ONCE = 200  # articles held at a time


def row_found(row: Mapping[str, Any]) -> Found:
    """An article on record, as its source gave it."""
    article = Article(
        id=row["article_id"],
        text=row["text"],
        title=row["title"],
        published=row["published"],
        source=row["source"],
        url=row["url"],
    )
    labels = {name: row[name] for name in ("url", "feed", "language", "province", "section")}
    return Found(row["key"], article, **labels)


def unread(store: Store, reader: Reader) -> Iterator[Found]:
    """Articles on record that this reader has not read: other readers', and those that failed."""
    table = schema.articles
    other = (
        (table.c.state == "failed")
        | (table.c.state == "tagged") & or_(
            table.c.model_digest != reader.model_digest, table.c.min_confidence != reader.min_confidence
        )
    )  # fmt: skip
    last = 0
    while True:
        query = select(table).where(table.c.id > last).where(other).order_by(table.c.id).limit(_AT_ONCE)
        rows = store.query(query)
        if not rows:
            return
        last = rows[-1].id
        for row in rows:
            yield row_found(row._mapping)


class Asked(Protocol):
    """What answers queries: the store of a run, or a database that is only looked into."""

    def query(self, statement: Select[Any]) -> list[Any]:
        """Rows of a query."""
        ...


def stored_facts(store: Asked) -> Iterator[tuple[Article, list[Fact]]]:
    """Every article that was read, with its facts; in the order of keys, which no kill or number of workers changes."""
    table = schema.articles
    last = ""
    while True:
        query = select(table).where(table.c.key > last, table.c.state == "tagged").order_by(table.c.key).limit(_AT_ONCE)
        rows = store.query(query)
        if not rows:
            return
        last = rows[-1].key
        facts: dict[int, list[Any]] = {row.id: [] for row in rows}
        columns = schema.facts.c
        for fact in store.query(
            select(schema.facts).where(columns.article.in_(list(facts))).order_by(columns.article, columns.position)
        ):
            facts[fact.article].append(fact)
        for row in rows:
            yield (
                row_found(row._mapping).article,
                [row_fact(fact._mapping, row.article_id) for fact in facts[row.id]],
            )


def canonical(store: Store) -> list[str]:
    """All that a database says now, as sorted lines of JSON without row ids, runs or moments.

    Two databases that were filled from the same sources by the same model give the same lines, however often the
    filling was cut off.
    """
    articles, facts, spans = schema.articles, schema.facts, schema.spans
    key_of = {row.id: row.key for row in store.query(select(articles.c.id, articles.c.key))}
    lines: list[dict[str, Any]] = []
    names = [column.name for column in articles.columns if column.name not in ("id", "run")]
    for row in store.query(select(articles)):
        lines.append({"table": "articles", **{name: row._mapping[name] for name in names}})
    for row in store.query(select(facts, articles.c.article_id).join(articles)):
        fact = fact_dict(row._mapping, row.article_id)
        lines.append({"table": "facts", "key": key_of[row.article], "position": row.position, **fact})
    for row in store.query(select(spans)):
        where = {"key": key_of[row.article], "position": row.position}
        lines.append({"table": "spans", **where, "span": [row.start_char, row.end_char, row.label, row.surface]})
    for row in store.query(select(schema.duplicates)):
        pair = {"key": key_of[row.article], "copy_of": key_of[row.copy_of], "similarity": row.similarity}
        lines.append({"table": "duplicates", **pair})
    for row in store.query(select(schema.errors)):
        # An article that was read in the end is no error; what was tried in two runs failed twice.
        lines.append({"table": "errors", "key": row.key, "code": row.code, "reason": row.reason})
    read = {row.key for row in store.query(select(articles.c.key).where(articles.c.state != "failed"))}
    kept = (line for line in lines if not (line["table"] == "errors" and line["key"] in read))
    return sorted({json.dumps(line, ensure_ascii=False, sort_keys=True, default=str) for line in kept})
