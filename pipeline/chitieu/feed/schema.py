"""The tables of a database of facts, the same in SQLite and PostgreSQL.

`facts` holds what is held true now: of each article, what the last run that read it said. What earlier runs said moves
to `past_facts`, so that a query that knows nothing of history is right, and history can still be asked (`all_facts`).
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Numeric,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine, UserDefinedType

from chitieu.facts.fact import json_number

SCHEMA_VERSION = 1
"""Raised whenever tables change so that an older or newer version of chitieu would misread them."""

_LARGEST_INTEGER = 2**63 - 1  # of SQLite; beyond it a number is stored as a double


class _SqliteNumeric(UserDefinedType[Any]):
    """A column that keeps integers exact up to 63 bits, and everything else as a double."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        """The type's name in `create table`."""
        return "NUMERIC"


class JsonNumber(TypeDecorator[Any]):
    """A number as JSON has it, an int or a float; exact in PostgreSQL, as exact as a column can be in SQLite."""

    impl = Numeric
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Numeric, or in SQLite a column whose values are passed through."""
        return dialect.type_descriptor(_SqliteNumeric() if dialect.name == "sqlite" else Numeric())

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        """What the driver is given."""
        if value is None:
            return None
        if dialect.name != "sqlite":
            return Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
        number = json_number(value) if isinstance(value, Decimal) else value
        return float(number) if isinstance(number, int) and abs(number) > _LARGEST_INTEGER else number

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:  # noqa: ARG002 - the framework's signature
        """What a query gives: int where it is whole, else float."""
        return (
            None if value is None else json_number(Decimal(repr(value)) if isinstance(value, float) else Decimal(value))
        )


# PostgreSQL's ordinary index refuses values beyond 2,700 bytes, and untrusted text may be longer.
_ANY_LENGTH: dict[str, Any] = {"postgresql_using": "hash"}
LONGEST_KEY = 2_000
"""Bytes of UTF-8 that an article's key may have: it must be unique, which only an ordinary index can see to."""

metadata = MetaData()

about = Table("about", metadata, Column("key", Text, primary_key=True), Column("value", Text, nullable=False))

runs = Table(
    "runs",
    metadata,
    Column("id", Text, primary_key=True),
    Column("started", Text, nullable=False),  # moments are UTC, as 2025-01-31T22:15:00.000Z: they sort as text
    Column("ended", Text),
    Column("seconds", Float),
    Column("state", Text, nullable=False),
    Column("continues", Text, ForeignKey("runs.id")),  # the run that was cut off before this one
    Column("sources", Text, nullable=False),  # a JSON list, as given
    Column("workers", Integer, nullable=False),
    Column("model", Text, nullable=False),
    Column("model_digest", Text, nullable=False),
    Column("min_confidence", Float, nullable=False),
    Column("version", Text, nullable=False),
    # Number of the last batch written: a commit whose answer was lost with the connection is not done twice.
    Column("batches", Integer, nullable=False, default=0),
    Column("articles", Integer, nullable=False, default=0),
    Column("unchanged", Integer, nullable=False, default=0),
    Column("copies", Integer, nullable=False, default=0),
    Column("facts", Integer, nullable=False, default=0),
    Column("errors", Integer, nullable=False, default=0),
    Column("worker_deaths", Integer, nullable=False, default=0),
    Column("message", Text),
    CheckConstraint("state in ('running', 'finished', 'interrupted', 'stopped')", name="runs_state"),
)

articles = Table(
    "articles",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("key", Text, nullable=False, unique=True),  # canonical URL, or file and id: the identity
    Column("article_id", Text, nullable=False),
    Column("title", Text),
    Column("published", Date),
    Column("url", Text),
    Column("source", Text),
    Column("feed", Text),
    Column("language", Text),
    Column("province", Text),
    Column("section", Text),
    Column("state", Text, nullable=False),
    Column("facts", Integer, nullable=False, default=0),
    Column("run", Text, ForeignKey("runs.id"), nullable=False),  # the run that said what is said of it now
    Column("model_digest", Text),
    Column("min_confidence", Float),
    Column("digest", Text, nullable=False),
    Column("signature", Text),
    Column("text", Text, nullable=False),
    CheckConstraint("state in ('tagged', 'copy', 'failed')", name="articles_state"),
    Index("articles_run", "run"),
    Index("articles_feed", "feed", **_ANY_LENGTH),
    Index("articles_published", "published"),
    Index("articles_model", "model_digest", "min_confidence"),
)

past_texts = Table(
    "past_texts",
    metadata,
    Column("article", BigInteger, ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True),
    Column("digest", Text, primary_key=True),
    Column("title", Text),
    Column("published", Date),
    Column("text", Text, nullable=False),
    Column("replaced_by", Text, ForeignKey("runs.id"), nullable=False),
)

duplicates = Table(
    "duplicates",
    metadata,
    Column("article", BigInteger, ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True),
    Column("copy_of", BigInteger, ForeignKey("articles.id", ondelete="CASCADE"), nullable=False),
    Column("similarity", Float),
    Column("run", Text, ForeignKey("runs.id"), nullable=False),
    Index("duplicates_copy_of", "copy_of"),
    Index("duplicates_run", "run"),
)


def _fact_columns() -> list[Column[Any]]:
    """The public format's keys in its order, evidence as JSON; before them the article's row and the run."""
    return [
        Column("id", BigInteger, primary_key=True, autoincrement=False),
        Column("article", BigInteger, ForeignKey("articles.id", ondelete="CASCADE"), nullable=False),
        Column("run", Text, ForeignKey("runs.id"), nullable=False),
        Column("position", Integer, nullable=False),  # among the article's facts, from 0
        Column("fact_id", Text, nullable=False),
        Column("org", Text),
        Column("metric", Text),
        Column("value", JsonNumber, nullable=False),
        Column("value_high", JsonNumber),
        Column("unit", Text),
        Column("bound", Text, nullable=False),
        Column("year", Integer),
        Column("period", Text),
        Column("base_year", Integer),
        Column("status", Text, nullable=False),
        Column("kind", Text, nullable=False),
        Column("dir", Text),
        Column("confidence", Float),
        Column("derived_rule", Text),
        Column("derived_from", Text),  # a JSON list of fact_ids
        Column("sentence", Text, nullable=False),
        Column("value_start", Integer, nullable=False),
        Column("value_end", Integer, nullable=False),
        Column("evidence", Text, nullable=False),  # JSON, as in the public format
    ]


facts = Table(
    "facts",
    metadata,
    *_fact_columns(),
    UniqueConstraint("article", "position", name="facts_article_position"),
    Index("facts_run", "run"),
    Index("facts_fact_id", "fact_id", **_ANY_LENGTH),
    Index("facts_year_status", "year", "status"),
    Index("facts_org", "org", **_ANY_LENGTH),
    Index("facts_metric", "metric", **_ANY_LENGTH),
)

past_facts = Table(
    "past_facts",
    metadata,
    *_fact_columns(),
    Column("digest", Text, nullable=False),  # of the text that its offsets count
    Column("replaced_by", Text, ForeignKey("runs.id"), nullable=False),
    Index("past_facts_article", "article"),
    Index("past_facts_run", "run"),
)

spans = Table(
    "spans",
    metadata,
    Column("article", BigInteger, ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("run", Text, ForeignKey("runs.id"), nullable=False),
    Column("label", Text, nullable=False),
    Column("start_char", Integer, nullable=False),
    Column("end_char", Integer, nullable=False),
    Column("surface", Text, nullable=False),
    Index("spans_label", "label"),
    Index("spans_run", "run"),
)

errors = Table(
    "errors",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("run", Text, ForeignKey("runs.id"), nullable=False),
    Column("at", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("feed", Text),
    Column("again", Boolean, nullable=False),  # the reason may pass: a later run tries anew
    Index("errors_run", "run"),
    Index("errors_key", "key", **_ANY_LENGTH),
)

fetches = Table(
    "fetches",
    metadata,
    Column("url", Text, primary_key=True),
    Column("etag", Text),
    Column("last_modified", Text),
    Column("status", Integer, nullable=False),
    Column("at", Text, nullable=False),
    Column("run", Text, ForeignKey("runs.id"), nullable=False),
)

TABLES = (about, runs, articles, past_texts, duplicates, facts, past_facts, spans, errors, fetches)

_FACTS_IN_CONTEXT = (
    "select f.*, a.title, a.url, a.published, a.feed, a.province, a.section"
    " from facts f join articles a on a.id = f.article"
)

VIEWS = {
    "fact_list": _FACTS_IN_CONTEXT,
    "targets": _FACTS_IN_CONTEXT + " where f.status = 'target'",
    "actuals": _FACTS_IN_CONTEXT + " where f.status = 'actual'",
    # What was planned beside what was reached: the same org, metric, unit and period, whichever articles said so.
    "targets_against_actuals": (
        "select t.org, t.metric, t.period, t.year, t.unit, t.value as target, t.bound as target_bound,"
        " r.value as actual, case when t.value <> 0 then round(1.0 * r.value / t.value, 4) end as reached,"
        " t.confidence as target_confidence, r.confidence as actual_confidence,"
        " t.id as target_fact, r.id as actual_fact"
        " from facts t join facts r on r.org = t.org and r.metric = t.metric and r.period = t.period"
        " and coalesce(r.unit, '') = coalesce(t.unit, '')"
        " where t.status = 'target' and r.status = 'actual' and t.kind = 'level' and r.kind = 'level'"
    ),
    # Of each thing that could not be read, the last error; what was read since, or before, is no longer open.
    "open_errors": (
        "select e.* from errors e"
        " where e.id = (select max(o.id) from errors o where o.key = e.key)"
        " and not exists (select 1 from articles a where a.key = e.key and a.state <> 'failed')"
    ),
    "all_facts": (
        "select {columns}, null as replaced_by from facts union all select {columns}, replaced_by from past_facts"
    ).replace("{columns}", ", ".join(column.name for column in facts.columns)),
}
"""Answers to common questions, in SQL that both databases read."""

# Words are kept with their marks, since `thu`, `thứ` and `thủ` are different words; the column `plain` holds the same
# words without them, so that whoever types `hop tac xa` finds `hợp tác xã` too. unicode61 alone offers either one:
# with remove_diacritics every search would be the coarse one, and `đ`, which is no letter with a mark, would stay out.
SEARCH = {
    "sqlite": (
        "create virtual table facts_search using fts5"
        " (org, metric, sentence, plain, tokenize = 'unicode61 remove_diacritics 0')",
        "create trigger facts_search_delete after delete on facts begin"
        " delete from facts_search where rowid = old.id; end",
    ),
    "postgresql": (
        "create table facts_search (rowid bigint primary key references facts (id) on delete cascade,"
        " org text, metric text, sentence text, plain text,"
        " words tsvector generated always as (to_tsvector('simple', coalesce(org, '') || ' ' || coalesce(metric, '')"
        " || ' ' || coalesce(sentence, '') || ' ' || coalesce(plain, ''))) stored)",
        "create index facts_search_words on facts_search using gin (words)",
    ),
}
"""Full-text search over the facts' sentences, orgs and metrics; `rowid` is the fact's id."""
