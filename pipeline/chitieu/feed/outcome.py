"""What a run hands to the store, and what the store answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chitieu.feed.item import Found


@dataclass(frozen=True, slots=True)
class Reader:
    """What reads articles: two readings of one text by equal readers are the same reading."""

    model_digest: str
    min_confidence: float


@dataclass(frozen=True, slots=True)
class Stored:
    """What is on record of an article.

    Attributes:
        digest: of its content (`content_digest`).
        state: `tagged`, `copy` (of another article, and not read) or `failed`.
        reader: who read it; None unless it is tagged.
    """

    digest: str
    state: str
    reader: Reader | None

    def settled(self, digest: str, reader: Reader) -> bool:
        """Whether reading content of this digest with this reader would change nothing."""
        if self.digest != digest:
            return False
        return self.state == "copy" or (self.state == "tagged" and self.reader == reader)


@dataclass(frozen=True, slots=True)
class Reading:
    """An article that was read: its facts as JSON objects of the public format, its spans as (start, end, label)."""

    found: Found
    digest: str
    signature: str | None
    facts: Sequence[Mapping[str, Any]]
    spans: Sequence[tuple[int, int, str]]


@dataclass(frozen=True, slots=True)
class Copy:
    """An article whose text is nearly that of another, which stands for both."""

    found: Found
    digest: str
    signature: str | None
    copy_of: str
    similarity: float | None


@dataclass(frozen=True, slots=True)
class Failure:
    """Something that could not be read; with the article, where there is one, so that it can be tried again."""

    key: str
    place: str
    code: str
    reason: str
    feed: str | None = None
    again: bool = False
    found: Found | None = None
    digest: str | None = None
    signature: str | None = None


@dataclass(slots=True)
class Batch:
    """What is written in one transaction."""

    readings: list[Reading] = field(default_factory=list)
    copies: list[Copy] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    unchanged: int = 0
    worker_deaths: int = 0
    refused: bool = False
    """Whether it stands in the place of what the database refused."""

    def __bool__(self) -> bool:
        return bool(self.readings or self.copies or self.failures or self.unchanged or self.worker_deaths)

    @property
    def items(self) -> int:
        """Articles and failures."""
        return len(self.readings) + len(self.copies) + len(self.failures)

    @property
    def facts(self) -> int:
        """Facts of the articles that were read."""
        return sum(len(reading.facts) for reading in self.readings)

    def parts(self) -> list[Batch]:
        """The same, an article at a time; counts go with the first."""
        parts = [Batch(readings=[reading]) for reading in self.readings]
        parts += [Batch(copies=[copy]) for copy in self.copies]
        parts += [Batch(failures=[failure]) for failure in self.failures]
        if parts:
            parts[0].unchanged, parts[0].worker_deaths = self.unchanged, self.worker_deaths
        return parts

    def as_failure(self, code: str, reason: str) -> Batch:
        """The same with its articles told as failures, without their text: it may be what was refused."""
        unread: list[Reading | Copy] = [*self.readings, *self.copies]
        failures = [Failure(item.found.key, item.found.key, code, reason, item.found.feed) for item in unread]
        failures += [Failure(item.key, item.place, code, reason, item.feed) for item in self.failures]
        return Batch(failures=failures, unchanged=self.unchanged, worker_deaths=self.worker_deaths, refused=True)
