"""Sources cut into units that machines can read side by side, and what a unit gives cut into shards."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from chitieu.errors import ArticleError, OutputError
from chitieu.feed.digest import content_digest
from chitieu.feed.files import files_in, kind_of
from chitieu.feed.item import Found, Missing
from chitieu.feed.read import read_sources
from chitieu.feed.refusal import clean_key, clean_text, refusal_of
from chitieu.feed.seen import Seen
from chitieu.feed.shard import Item, ShardTerms, dump
from chitieu.feed.shard_files import report_on
from chitieu.feed.source import LISTS, STANDARD_INPUT, Source

_SHARD_CHARACTERS = 2_000_000  # an actor holds a shard in memory, and it is what a kill costs
_SINGLE = ("text", "html", "json")  # files of one article, or few: read some at a time


@dataclass(frozen=True, slots=True)
class Unit:
    """Files that are read one after the other: one pile of articles, or some files of one article each.

    Attributes:
        sources: with absolute paths, which mean the same on every machine.
        named: the path as the user gave it, of a file that was named itself: what is wrong with it bears that name.
    """

    sources: tuple[Source, ...]
    named: str | None = None

    def dump(self) -> str:
        """As JSON."""
        return json.dumps({"sources": [asdict(source) for source in self.sources], "named": self.named})

    @classmethod
    def load(cls, text: str) -> Unit:
        """From `dump`."""
        record = json.loads(text)
        return cls(tuple(Source(**source) for source in record["sources"]), record["named"])


def units_of(sources: Iterable[Source], articles: int) -> Iterator[Unit]:
    """Cut sources into units; a path that is met again is passed over.

    Args:
        sources: files and folders.
        articles: files of one article each that make a unit.

    Raises:
        OutputError: C450 for a source that can't be read side by side.
    """
    met: set[Path] = set()
    for source in sources:
        check_source(source)
        path = Path(source.location).resolve()
        here = replace(source, location=str(path), name=clean_text(source.name or source.location))
        try:
            folder = (source.kind or kind_of(path)) == "folder"
            files = list(files_in(path)) if folder else []
        except ArticleError:
            folder, files = False, []  # it is told, with its reason, where it is read
        if not files:
            if path not in met:
                met.add(path)
                yield Unit((here,), source.location)
            continue
        held: list[Source] = []
        for file, kind in files:
            if file in met:
                continue
            met.add(file)
            one = replace(here, location=str(file), kind=kind)
            if kind in _SINGLE:
                held.append(one)
            if held and (len(held) == articles or kind not in _SINGLE):
                yield Unit(tuple(held))
                held = []
            if kind not in _SINGLE:
                yield Unit((one,))
        if held:
            yield Unit(tuple(held))


def check_source(source: Source) -> None:
    """Refuse what only one process can read in turn.

    Raises:
        OutputError: C450.
    """
    if source.on_web or source.kind in LISTS:
        reason = "a feed or page is fetched at its server's pace, which more machines don't quicken"
    elif source.location == STANDARD_INPUT:
        reason = "standard input can be read once, and by one process"
    elif source.limit is not None:
        reason = "a limit of articles would depend on who is faster"
    else:
        return
    remedy = "leave out --engine ray for it, or name files and folders"
    raise OutputError("C450", f"can't be read by --engine ray: {reason}", place=source.location, remedy=remedy)


def shards_of(unit: Unit, terms: ShardTerms) -> Iterator[tuple[str, str, str]]:
    """Read a unit.

    Yields:
        Name, items and report of each shard, in their order; of one that is done the report alone, else the items.
    """
    held: list[Item] = []
    characters = 0
    with closing(_items(unit)) as items:
        for item in items:
            held.append(item)
            characters += len(item.article.text) if isinstance(item, Found) else 0
            if len(held) >= terms.articles or characters >= _SHARD_CHARACTERS:
                yield _shard(held, terms)
                held, characters = [], 0
    if held:
        yield _shard(held, terms)


def _shard(items: list[Item], terms: ShardTerms) -> tuple[str, str, str]:
    text = dump(items)
    name = terms.digest(text)
    done = report_on(terms, name)
    return (name, text, "") if done is None else (name, "", done.dump())


def _items(unit: Unit) -> Generator[Item, None, None]:
    """What a unit gives; as `chitieu.feed.run.Run` takes it: no text that no table takes, and each key once."""
    seen = Seen()
    try:
        for source in unit.sources:
            for item in read_sources([source]):
                kept = _checked(item, seen) if isinstance(item, Found) else _named(item, source, unit)
                if kept is not None:
                    yield kept
    finally:
        seen.close()


def _checked(found: Found, seen: Seen) -> Item | None:
    refusal = refusal_of(found)
    if refusal is not None:
        return Missing(refusal.key, refusal.place, refusal.code, refusal.reason, feed=refusal.feed)
    digest = content_digest(found.article)
    before = seen.before(found.key, digest)
    if before is None:
        return found
    if before == digest:
        return None
    reason = "another text came under this key in the same run; the first one counts"
    return Missing(found.key, found.key, "C443", reason, feed=found.feed)


def _named(missing: Missing, source: Source, unit: Unit) -> Missing:
    itself = unit.named is not None and missing.key == source.location
    key = clean_key(unit.named or "" if itself else missing.key)
    return replace(missing, key=key, place=clean_text(missing.place), reason=clean_text(missing.reason))
