"""What every annotation tool is told of an article, and how an article is put together from what a tool gives back.

A fact travels as links that run from its VALUE (`metric of org year base cue`) and as attributes of that VALUE. What
comes back was drawn by hand: each piece that does not fit is left out and listed, with its article and position.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chitieu.annotation.gold import AnnotatedArticle, GoldFact
from chitieu.annotation.inline import LETTERS
from chitieu.errors import AnnotationError
from chitieu.labels import Bound, Direction, Kind, Label, Role, Status
from chitieu.period import Period, PeriodError

ROLE_LABELS: dict[str, tuple[Label, ...]] = {
    Role.METRIC.value: (Label.METRIC,),
    Role.OF.value: (Label.VALUE,),
    Role.ORG.value: (Label.ORG,),
    Role.YEAR.value: (Label.YEAR,),
    Role.BASE.value: (Label.YEAR,),
    Role.CUE.value: (Label.TARGET, Label.ACTUAL),
}
"""What each link may point to; it always runs from a VALUE."""

CHOICES: dict[str, tuple[str, ...]] = {
    "status": tuple(choice.value for choice in Status),
    "kind": tuple(choice.value for choice in Kind),
    "dir": tuple(choice.value for choice in Direction),
    "bound": tuple(choice.value for choice in Bound),
    "optional": ("optional",),
}
"""The attributes with a closed list of values."""

FREE = ("period", "years", "base_years")
"""The attributes that are written out: a normalised period, and years with commas between them."""

METADATA = ("id", "title", "published", "source", "url", "genre", "split")

_DEFAULTS = {"kind": Kind.LEVEL.value, "bound": Bound.EXACT.value}
_STANDARD_ID = re.compile(r"([VMOYTA])[1-9][0-9]{0,8}\Z")
_YEARS = re.compile(r"(?:-?[0-9]{1,9}(?:,-?[0-9]{1,9})*)?\Z")
_LETTER = {label: letter for letter, label in LETTERS.items()}
_LONGEST_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that a tool gave back and that could not be taken over, or only with a doubt.

    Attributes:
        position: offset in the article's text; None where it has none.
    """

    article_id: str
    message: str
    position: int | None = None


# -- out ---------------------------------------------------------------------------------------------------------------


def metadata(article: AnnotatedArticle, *, keeps_ids: bool = False) -> dict[str, Any]:
    """What an article has besides text and marks, every key present.

    `span_ids` lists `[id, label, start, end]` in text order, so that a mark has its id again when it comes back.

    Args:
        article: in canonical order.
        keeps_ids: the tool gives span ids back; then `span_ids` stands only where they can't be counted anew.
    """
    data = article.to_dict()
    kept = {key: data.get(key) for key in METADATA}
    counted = dict.fromkeys(Label, 0)
    standard = keeps_ids
    for span in article.spans:
        counted[span.label] += 1
        standard = standard and span.id == f"{_LETTER[span.label]}{counted[span.label]}"
    if not standard:
        kept["span_ids"] = [[span.id, span.label.value, span.start, span.end] for span in article.spans]
    return kept


def links_of(fact: GoldFact) -> Iterator[tuple[str, str]]:
    """The role and the span id of each link, METRIC pieces in their order."""
    return ((role, span_id) for role, span_id, _ in fact.references() if role != "value")


def attributes_of(fact: GoldFact) -> dict[str, str]:
    """The attributes of a fact that are not what an unmarked VALUE would have anyway.

    Raises:
        AnnotationError: C231 a year of more than nine digits.
    """
    years, base_years = (",".join(map(str, numbers or ())) for numbers in (fact.years, fact.base_years))
    if not (_YEARS.match(years) and _YEARS.match(base_years)):
        raise AnnotationError("C231", f"the fact on {fact.value} has a year that is none", remedy="mend it first")
    given = {
        "status": fact.status.value,
        "kind": fact.kind.value,
        "dir": None if fact.dir is None else fact.dir.value,
        "bound": fact.bound.value,
        "period": fact.period,
        "years": None if fact.years == _period_years(fact.period) else years,
        "base_years": base_years or None,
        "optional": "optional" if fact.optional else None,
    }
    return {name: value for name, value in given.items() if value is not None and _DEFAULTS.get(name) != value}


def _period_years(period: str | None) -> tuple[int, ...]:
    try:
        return () if period is None else (Period.parse(period).year,)
    except PeriodError:
        return ()


# -- back --------------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Mark:
    """A span as the tool gave it; `span_id` is settled when all are known."""

    label: Label
    start: int
    end: int
    hint: str
    span_id: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    links: list[tuple[str, _Mark]] = field(default_factory=list)


class Draft:
    """An article being put together: spans first, then attributes and links under the tool's own keys.

    Args:
        data: the article's metadata as the tool kept it (untrusted), `text` among it.
        place: file, or file and line, for the errors.
        findings: what can't be taken over is added here.
        hints: the tool's keys are span ids that this project gave, where they look like one.
    """

    def __init__(self, data: Mapping[str, object], place: str, findings: list[Finding], *, hints: bool = False) -> None:
        bare = {key: data.get(key) for key in (*METADATA, "text") if data.get(key) is not None}
        if not bare.get("published"):
            bare.pop("published", None)  # tools show an empty string where there is no date
        self.bare: dict[str, Any] = bare
        article = AnnotatedArticle.from_dict(bare, place)
        self.article_id, self.text = article.id, article.article.text
        self.place = place
        self.findings = findings
        self._hints = hints
        self._known = _known_ids(data.get("span_ids"))
        self._marks: dict[Hashable, _Mark] = {}
        self._lost: set[Hashable] = set()

    def note(self, message: str, position: int | None = None) -> None:
        """List something that was not taken over."""
        self.findings.append(Finding(self.article_id, message, position))

    def has(self, key: Hashable) -> bool:
        """Whether a span of that key was taken over."""
        return key in self._marks

    def lose(self, key: Hashable) -> None:
        """Remember a span that was left out, and listed, before it came here."""
        self._lost.add(key)

    def position(self, key: Hashable) -> int | None:
        """Where a span that was taken over starts."""
        return self._marks[key].start if key in self._marks else None

    def span(self, key: Hashable, label: object, start: object, end: object, surface: str | None = None) -> None:
        """Take a span over, if its label is known, its offsets lie in the text, and its words are those given."""
        first, last = _offset(start), _offset(end)
        length = len(self.text)
        wrong = None
        if not isinstance(label, str) or label not in LETTERS.values():
            wrong = f"unknown label {_shown(label)}"
        elif first is None or last is None or not first < last <= length:
            wrong = f"{label} [{_shown(start)}, {_shown(end)}) is empty or outside the text of {length} characters"
        elif key in self._marks or key in self._lost:
            wrong = f"a second span under the key {_shown(key)}"
        elif surface is not None and _words(surface) != _words(self.text[first:last]):
            found = _shown(self.text[first:last])
            wrong = f"{label} is misaligned: the tool says {_shown(surface)}, the text {found}"
        else:
            self._marks[key] = _Mark(Label(label), first, last, str(key) if self._hints else "")
        if wrong is not None:
            self._lost.add(key)
            self.note(wrong, first if first is not None and first < length else None)

    def attribute(self, key: Hashable, name: object, value: object) -> None:
        """Take an attribute of a VALUE over."""
        mark = self._marks.get(key)
        if mark is None:
            self.note(f"{_shown(name)} of {self._missing(key)}")
        elif mark.label is not Label.VALUE:
            self.note(f"{_shown(name)} stands on a {mark.label}; only a VALUE has it", mark.start)
        elif not isinstance(name, str) or not isinstance(value, str) or not _fits(name, value):
            self.note(f"unknown attribute {_shown(name)}: {_shown(value)}", mark.start)
        elif mark.attributes.get(name, value) != value:
            self.note(f"{name} given twice: {mark.attributes[name]!r} and {_shown(value)}", mark.start)
        else:
            mark.attributes[name] = value

    def link(self, role: object, head: Hashable, target: Hashable) -> None:
        """Take a link over; it must run from a VALUE to what its role may name."""
        value, other = self._marks.get(head), self._marks.get(target)
        if value is None or other is None:
            place = value or other
            missing = self._missing(head if value is None else target)
            self.note(f"link {_shown(role)}: {missing}", place.start if place else None)
        elif not isinstance(role, str) or role not in ROLE_LABELS:
            self.note(f"unknown link {_shown(role)}", value.start)
        elif value.label is not Label.VALUE or other.label not in ROLE_LABELS[role]:
            wanted = " or ".join(label.value for label in ROLE_LABELS[role])
            runs = f"runs from {value.label} to {other.label}"
            self.note(f"link {role} {runs}; it must run from VALUE to {wanted}", value.start)
        elif role != Role.METRIC.value and any(role == given for given, _ in value.links):
            self.note(f"a second {role} on one VALUE", value.start)
        else:
            value.links.append((role, other))

    def _missing(self, key: Hashable) -> str:
        return f"the span {_shown(key)} " + ("was left out" if key in self._lost else "does not exist")

    def build(self) -> AnnotatedArticle:
        """The article in canonical order.

        Raises:
            AnnotationError: C202, C203 as in `AnnotatedArticle.from_dict`.
        """
        marks = sorted(self._marks.values(), key=lambda mark: (mark.start, mark.end))
        self._name(marks)
        spans = [{"id": m.span_id, "label": m.label.value, "start": m.start, "end": m.end} for m in marks]
        facts = [fact for mark in marks if (fact := self._fact(mark)) is not None]
        return AnnotatedArticle.from_dict({**self.bare, "spans": spans, "facts": facts}, self.place).canonical()

    def _name(self, marks: Sequence[_Mark]) -> None:
        """Give every span its id: the one it had before, or the next free number of its label."""
        taken: set[str] = set()
        for mark in marks:
            before = self._known.get((mark.label.value, mark.start, mark.end), [])
            hint = _STANDARD_ID.match(mark.hint)
            if before:
                mark.span_id = before.pop(0)
            elif hint and hint.group(1) == _LETTER[mark.label]:
                mark.span_id = mark.hint
            if mark.span_id in taken:
                mark.span_id = ""
            taken.add(mark.span_id)
        numbers = dict.fromkeys(Label, 0)
        for mark in marks:
            while not mark.span_id:
                numbers[mark.label] += 1
                name = f"{_LETTER[mark.label]}{numbers[mark.label]}"
                if name not in taken:
                    mark.span_id = name

    def _fact(self, mark: _Mark) -> dict[str, Any] | None:
        given = mark.attributes
        if "status" not in given:
            if given or mark.links:
                what = ", ".join(dict.fromkeys([*given, *(role for role, _ in mark.links)]))
                surface = _shown(self.text[mark.start : mark.end])
                self.note(f"the VALUE {surface} has {what} but no status: no fact", mark.start)
            return None
        period = given.get("period")
        linked = {role: other.span_id for role, other in mark.links}
        return {
            "value": mark.span_id,
            "metric": [other.span_id for role, other in mark.links if role == Role.METRIC.value],
            **{role: linked.get(role) for role in ROLE_LABELS if role != Role.METRIC.value},
            "status": given["status"],
            "kind": given.get("kind", _DEFAULTS["kind"]),
            "dir": given.get("dir"),
            "bound": given.get("bound", _DEFAULTS["bound"]),
            "years": _numbers(given["years"]) if "years" in given else list(_period_years(period)),
            "period": period,
            "base_years": _numbers(given["base_years"]) if "base_years" in given else None,
            "optional": "optional" in given,
        }


def _fits(name: str, value: str) -> bool:
    if name in CHOICES:
        return value in CHOICES[name]
    if name == "period":
        try:
            Period.parse(value)
        except PeriodError:
            return False
        return True
    return name in FREE and _YEARS.match(value.replace(" ", "")) is not None


def _numbers(years: str) -> list[int]:
    return [int(year) for year in years.replace(" ", "").split(",") if year]


def _known_ids(value: object) -> dict[tuple[str, int, int], list[str]]:
    """The ids that spans had when they were sent out; only names, so what is malformed is passed over."""
    known: dict[tuple[str, int, int], list[str]] = {}
    for item in value if isinstance(value, list) else ():
        match item:
            case [str(span_id), str(label), int(start), int(end)]:
                known.setdefault((label, start, end), []).append(span_id)
    return known


def _offset(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _words(text: str) -> str:
    """Letters alone: tools show line breaks as spaces, as escapes, or not at all."""
    return "".join(text.replace("\\n", " ").split())


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 3] + "..."
