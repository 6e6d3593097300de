"""Shards: stretches of what sources give, each tagged by one actor and written to one file, whole or not at all.

A shard is named by a digest of everything that its facts depend on: the articles, in their order, and what reads them.
A file of that name that can be read is the shard's result, whenever and by whomever it was written; so a run that was
cut off goes on with those that are missing, and comes to what an uninterrupted one would have come to.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from chitieu.article import Article
from chitieu.feed.item import Found, Missing
from chitieu.feed.outcome import Reader
from chitieu.reading.records import article_to_dict

Item = Found | Missing

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
