"""The gold format: an article, its marked spans and its linked facts, to and from JSON Lines (fact-schema.md §1)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar

from chitieu.article import Article
from chitieu.errors import AnnotationError, OutputError
from chitieu.labels import Bound, Direction, Kind, Label, Status

MAX_LINE_CHARACTERS = 32_000_000  # an article of 5 MB with all its spans is far below; more is not an annotated article

_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}\Z")
_E = TypeVar("_E", bound=Enum)


@dataclass(frozen=True, slots=True)
class AnnotatedSpan:
    """A marked stretch of text: `start` inclusive, `end` exclusive, in code points of the text as stored."""

    id: str
    label: Label
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class GoldFact:
    """One fact as annotated; `value metric of org year base cue` are ids of spans.

    Attributes:
        metric: ids of the METRIC pieces, none to three, in text order.
        years: the acceptable calendar years; empty where the year can't be known.
        period: the normalised period, for example `2022-H1`.
        base_years: the years that a change may compare with; empty where a base stands but its year can't be known,
            None where there is no base.
        optional: counts neither for nor against a system.
    """

    value: str
    metric: tuple[str, ...]
    of: str | None
    org: str | None
    year: str | None
    base: str | None
    cue: str | None
    status: Status
    kind: Kind
    dir: Direction | None
    bound: Bound
    years: tuple[int, ...]
    period: str | None
    base_years: tuple[int, ...] | None
    optional: bool

    def references(self) -> Iterator[tuple[str, str, tuple[Label, ...]]]:
        """Each link of the fact: the role's name, the span id, and the labels that the span may have."""
        yield "value", self.value, (Label.VALUE,)
        for piece in self.metric:
            yield "metric", piece, (Label.METRIC,)
        for role, span_id, labels in (
            ("of", self.of, (Label.VALUE,)),
            ("org", self.org, (Label.ORG,)),
            ("year", self.year, (Label.YEAR,)),
            ("base", self.base, (Label.YEAR,)),
            ("cue", self.cue, (Label.TARGET, Label.ACTUAL)),
        ):
            if span_id is not None:
                yield role, span_id, labels

    def to_dict(self) -> dict[str, Any]:
        """The JSON object of the public format, in its key order."""
        return {
            "value": self.value,
            "metric": list(self.metric),
            "of": self.of,
            "org": self.org,
            "year": self.year,
            "base": self.base,
            "cue": self.cue,
            "status": self.status.value,
            "kind": self.kind.value,
            "dir": None if self.dir is None else self.dir.value,
            "bound": self.bound.value,
            "years": list(self.years),
            "period": self.period,
            "base_years": None if self.base_years is None else list(self.base_years),
            "optional": self.optional,
        }


@dataclass(frozen=True, slots=True)
class AnnotatedArticle:
    """An article with its spans and facts. An article without facts is a valid one, and training data."""

    article: Article
    spans: tuple[AnnotatedSpan, ...] = ()
    facts: tuple[GoldFact, ...] = ()
    split: str | None = None
    genre: str | None = None

    @property
    def id(self) -> str:
        """The article's id."""
        return self.article.id

    def spans_by_id(self) -> dict[str, AnnotatedSpan]:
        """Each span under its id."""
        return {span.id: span for span in self.spans}

    def surface(self, span: AnnotatedSpan) -> str:
        """The marked characters, as stored."""
        return self.article.text[span.start : span.end]

    def canonical(self) -> AnnotatedArticle:
        """The same annotation in its one order: spans as they stand in the text, facts as their values stand.

        A base whose year can't be known has `base_years` (), no base and no year has None; an empty title, source or
        url is none.
        """
        start = {span.id: (span.start, span.end) for span in self.spans}
        facts = [
            replace(
                fact, base_years=tuple(sorted(set(fact.base_years or ()))) if fact.base or fact.base_years else None
            )
            for fact in sorted(self.facts, key=lambda fact: start[fact.value])
        ]
        spans = sorted(self.spans, key=lambda span: (span.start, span.end, span.id))
        article = self.article
        article = replace(article, title=article.title or None, source=article.source or None, url=article.url or None)
        return replace(self, article=article, spans=tuple(spans), facts=tuple(facts))

    def to_dict(self) -> dict[str, Any]:
        """The JSON object of the public format, in its key order; `genre` stands only where it is known."""
        article = self.article
        return {
            "id": article.id,
            "title": article.title,
            "text": article.text,
            "published": None if article.published is None else article.published.isoformat(),
            "source": article.source,
            "url": article.url,
            "split": self.split,
            **({} if self.genre is None else {"genre": self.genre}),
            "spans": [
                {"id": span.id, "label": span.label.value, "start": span.start, "end": span.end} for span in self.spans
            ],
            "facts": [fact.to_dict() for fact in self.facts],
        }

    @classmethod
    def from_dict(cls, data: object, place: str | None = None) -> AnnotatedArticle:
        """Read the JSON object of the public format.

        Args:
            data: the parsed JSON; `spans` and `facts` may be missing (a bare article).
            place: where it came from (`file:line`), for the errors.

        Raises:
            AnnotationError: C202 a key is missing or of the wrong type; C203 spans and facts do not hold together.
        """
        top = _Object(data, place or "article")
        article_id = top.text("id")
        top = _Object(data, f"{place}: {article_id}" if place else article_id)
        published = top.optional_text("published")
        try:
            if published is not None and not _ISO_DATE.match(published):
                raise ValueError(published)  # noqa: TRY301 - both ways of being no date meet in one message
            day = None if published is None else date.fromisoformat(published)
        except ValueError:
            raise top.error(f"published is no ISO date: {published!r}", "write it as 2022-01-24, or null") from None
        annotated = cls(
            article=Article(
                id=article_id,
                text=top.text("text"),
                title=top.optional_text("title"),
                published=day,
                source=top.optional_text("source"),
                url=top.optional_text("url"),
            ),
            spans=tuple(_span(item) for item in top.objects("spans")),
            facts=tuple(_fact(item) for item in top.objects("facts")),
            split=top.optional_text("split"),
            genre=top.optional_text("genre"),
        )
        for message in integrity_problems(annotated):
            raise AnnotationError("C203", message, place=top.place, remedy="see fact-schema.md §1")
        return annotated


def integrity_problems(article: AnnotatedArticle) -> Iterator[str]:
    """What makes spans and facts unusable: offsets outside the text, ids twice, links to nothing or a wrong label."""
    length = len(article.article.text)
    by_id: dict[str, AnnotatedSpan] = {}
    for span in article.spans:
        if not 0 <= span.start < span.end <= length:
            yield f"span {span.id} [{span.start}, {span.end}) is empty or outside the text of {length} characters"
        if span.id in by_id:
            yield f"two spans have the id {span.id}"
        by_id[span.id] = span
    seen: set[str] = set()
    for fact in article.facts:
        if fact.value in seen:
            yield f"two facts on the value {fact.value}: a VALUE gives at most one fact"
        seen.add(fact.value)
        for role, span_id, labels in fact.references():
            linked = by_id.get(span_id)
            if linked is None:
                yield f"fact on {fact.value}: {role} names {span_id}, which is no span of the article"
            elif linked.label not in labels:
                wanted = " or ".join(label.value for label in labels)
                yield f"fact on {fact.value}: {role} names {span_id}, a {linked.label.value}; it must be a {wanted}"


def read_annotated(path: Path | str) -> Iterator[AnnotatedArticle]:
    """Read annotated articles from a JSON Lines file, one at a time; blank lines are skipped.

    Raises:
        AnnotationError: C201 the file or a line can't be read as JSON; C202, C203 as in `AnnotatedArticle.from_dict`;
            C204 an id stands twice in the file.
    """
    path = Path(path)
    seen: dict[str, int] = {}
    for number, line in _numbered_lines(path):
        place = f"{path}:{number}"
        try:
            data = json.loads(line, parse_constant=_no_constant)
        except (ValueError, RecursionError) as error:
            reason = "nested too deeply" if isinstance(error, RecursionError) else str(error)
            raise AnnotationError(
                "C201", f"not a JSON object: {reason}", place=place, remedy="one article a line"
            ) from None
        article = AnnotatedArticle.from_dict(data, place)
        if article.id in seen:
            raise AnnotationError(
                "C204",
                f"article id {article.id!r} stands on line {seen[article.id]} too",
                place=place,
                remedy="rename one",
            )
        seen[article.id] = number
        yield article


def write_annotated(path: Path | str, articles: Iterable[AnnotatedArticle]) -> int:
    """Write annotated articles as JSON Lines, all or nothing, and return how many.

    Raises:
        OutputError: C401 the file can't be written.
    """
    path = Path(path)
    part = path.with_name(f".{path.name}.part")
    count = 0
    try:
        with part.open("w", encoding="utf-8", newline="\n") as file:
            for article in articles:
                file.write(json.dumps(article.to_dict(), ensure_ascii=False) + "\n")
                count += 1
        part.replace(path)
    except OSError as error:
        raise OutputError(
            "C401", f"can't write: {error.strerror}", place=str(path), remedy="choose another path"
        ) from error
    finally:
        part.unlink(missing_ok=True)
    return count


def _numbered_lines(path: Path) -> Iterator[tuple[int, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="\n") as file:
            number = 0
            while line := file.readline(MAX_LINE_CHARACTERS):
                number += 1
                if len(line) >= MAX_LINE_CHARACTERS:
                    raise AnnotationError(
                        "C201", f"line longer than {MAX_LINE_CHARACTERS} characters", place=f"{path}:{number}"
                    )
                if line.strip():
                    yield number, line
    except UnicodeDecodeError as error:
        raise AnnotationError(
            "C201", f"not UTF-8 at byte {error.start}", place=str(path), remedy="save the file as UTF-8"
        ) from None
    except OSError as error:
        raise AnnotationError(
            "C201", f"can't read: {error.strerror}", place=str(path), remedy="check the path"
        ) from None


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is no JSON number")


class _Object:
    """A JSON object whose values are taken out by type, with errors that name the place and the key."""

    def __init__(self, data: object, place: str) -> None:
        self.place = place
        if not isinstance(data, Mapping):
            raise self.error(f"expected an object, found {_shown(data)}")
        self.data: Mapping[str, object] = data

    def error(self, message: str, remedy: str | None = "see fact-schema.md §1") -> AnnotationError:
        return AnnotationError("C202", message, place=self.place, remedy=remedy)

    def required(self, key: str) -> object:
        if key not in self.data:
            raise self.error(f"the key {key!r} is missing")
        return self.data[key]

    def text(self, key: str) -> str:
        value = self.required(key)
        if not isinstance(value, str):
            raise self.error(f"{key} must be a string, found {_shown(value)}")
        try:
            value.encode("utf-8")
        except UnicodeEncodeError:
            raise self.error(f"{key} holds half of a surrogate pair, which is no character") from None
        return value

    def optional_text(self, key: str) -> str | None:
        return None if self.data.get(key) is None else self.text(key)

    def whole(self, key: str) -> int:
        return self._whole(key, self.required(key))

    def _whole(self, key: str, value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise self.error(f"{key} must be a whole number, found {_shown(value)}")
        return value

    def _items(self, key: str) -> list[object]:
        value = self.data.get(key)
        if not isinstance(value, list):
            raise self.error(f"{key} must be a list, found {_shown(value)}")
        return value

    def objects(self, key: str) -> list[_Object]:
        """The objects of a list that may be missing."""
        if key not in self.data:
            return []
        return [_Object(item, f"{self.place}: {key}[{i}]") for i, item in enumerate(self._items(key))]

    def texts(self, key: str) -> tuple[str, ...]:
        items = self._items(key)
        if not all(isinstance(item, str) for item in items):
            raise self.error(f"{key} must be a list of strings, found {_shown(items)}")
        return tuple(str(item) for item in items)

    def wholes(self, key: str) -> tuple[int, ...]:
        return tuple(self._whole(key, item) for item in self._items(key))

    def choice(self, key: str, choices: type[_E]) -> _E:
        value = self.required(key)
        try:
            return choices(value)
        except ValueError:
            names = ", ".join(str(choice.value) for choice in choices)
            raise self.error(f"{key} is {_shown(value)}", f"one of {names}") from None


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _span(item: _Object) -> AnnotatedSpan:
    return AnnotatedSpan(item.text("id"), item.choice("label", Label), item.whole("start"), item.whole("end"))


def _fact(item: _Object) -> GoldFact:
    optional = item.data.get("optional", False)
    if not isinstance(optional, bool):
        raise item.error(f"optional must be true or false, found {_shown(optional)}")
    return GoldFact(
        value=item.text("value"),
        metric=item.texts("metric"),
        of=item.optional_text("of"),
        org=item.optional_text("org"),
        year=item.optional_text("year"),
        base=item.optional_text("base"),
        cue=item.optional_text("cue"),
        status=item.choice("status", Status),
        kind=item.choice("kind", Kind),
        dir=None if item.data.get("dir") is None else item.choice("dir", Direction),
        bound=item.choice("bound", Bound),
        years=item.wholes("years"),
        period=item.optional_text("period"),
        base_years=None if item.data.get("base_years") is None else item.wholes("base_years"),
        optional=optional,
    )
