"""Articles written with inline marks (annotations/GUIDE.md), to and from offsets."""

from __future__ import annotations

import re
from datetime import date

from chitieu.annotation.gold import AnnotatedArticle, AnnotatedSpan, GoldFact, integrity_problems
from chitieu.article import Article
from chitieu.errors import AnnotationError
from chitieu.labels import Bound, Direction, Kind, Label, Status
from chitieu.period import Period, PeriodError

LETTERS = {
    "V": Label.VALUE,
    "M": Label.METRIC,
    "O": Label.ORG,
    "Y": Label.YEAR,
    "T": Label.TARGET,
    "A": Label.ACTUAL,
}
HEADER_KEYS = ("id", "title", "published", "source", "url", "genre", "split")
RULE = "==="
ATTRIBUTES = {
    **{choice.value: "status" for choice in Status},
    **{choice.value: "kind" for choice in Kind},
    **{choice.value: "dir" for choice in Direction},
    **{choice.value: "bound" for choice in Bound},
    "optional": "optional",
}

_SPAN_ID = re.compile(r"[VMOYTA][0-9]+\Z")
_MARK = re.compile(r"\[\[(?!\[)|\]\]")  # of three opening brackets, the last two open the mark
_MARK_ID = re.compile(r"([^\s|\[\]]*)\|")
_PERIOD_LIKE = re.compile(r"[0-9]{4}[-/0-9HQM]*\Z")
_YEARS = re.compile(r"(?:[0-9]{4}(?:,[0-9]{4})*)?\Z")


def parse_inline(text: str, name: str = "text") -> AnnotatedArticle:
    """Compile one article from its inline form.

    Args:
        text: header, marked text and facts, parted by `===` lines.
        name: file name, for the errors.

    Returns:
        The article in canonical order; ids of the spans are those of the marks.

    Raises:
        AnnotationError: C211 header, C212 marks, C213 fact lines; each names the line and what is wrong.
    """
    lines = text.removeprefix("\ufeff").split("\n")
    rules = [number for number, line in enumerate(lines) if line.rstrip() == RULE]
    if len(rules) < 2:
        raise AnnotationError(
            "C211", f"{len(rules)} lines that are just ===", place=name, remedy="one ends the header, one ends the text"
        )
    first, last = rules[0], rules[-1]
    header = _header(lines[:first], name)
    body, spans = _marks("\n".join(lines[first + 1 : last]), name, first + 2)
    labels = {span.id: span.label for span in spans}
    facts = [
        _fact_line(line.strip(), labels, f"{name}:{number}")
        for number, line in enumerate(lines[last + 1 :], last + 2)
        if line.strip()
    ]
    article = Article(
        id=header["id"],
        text=body,
        title=header.get("title"),
        published=_published(header.get("published"), name),
        source=header.get("source"),
        url=header.get("url"),
    )
    annotated = AnnotatedArticle(article, tuple(spans), tuple(facts), header.get("split"), header.get("genre"))
    for message in integrity_problems(annotated):
        raise AnnotationError("C213", message, place=name)
    return annotated.canonical()


def format_inline(article: AnnotatedArticle) -> str:
    """Write one article in its inline form; `parse_inline` gives back its canonical form.

    Spans whose ids do not follow the inline form (a letter for the label, then a number) are numbered anew.

    Raises:
        AnnotationError: C214 the article can't be written inline (spans overlap, or the text holds `[[` or `]]`).
    """
    article = _with_inline_ids(article.canonical())
    text = article.article.text
    parts, at = [], 0
    for span in article.spans:
        parts += [text[at : span.start], f"[[{span.id}|{text[span.start : span.end]}]]"]
        at = span.end
    values = {
        "id": article.id,
        "title": article.article.title,
        "published": article.article.published,
        "source": article.article.source,
        "url": article.article.url,
        "genre": article.genre,
        "split": article.split,
    }
    header = [f"{key}: {value}" for key, value in values.items() if value is not None]
    marked = "".join([*parts, text[at:]])
    written = "\n".join([*header, RULE, marked, RULE, *map(_format_fact, article.facts), ""])
    try:
        if parse_inline(written) == article:
            return written
        reason = "it would read back differently (overlapping spans, or line breaks in the header)"
    except AnnotationError as error:
        reason = error.message
    raise AnnotationError(
        "C214", f"can't be written inline: {reason}", place=article.id, remedy="keep it as JSON Lines"
    )


def _header(lines: list[str], name: str) -> dict[str, str]:
    header: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        key, colon, value = line.partition(":")
        key = key.strip()
        if not colon or key not in HEADER_KEYS:
            raise AnnotationError(
                "C211",
                f"header line {line.strip()!r}",
                place=f"{name}:{number}",
                remedy=f"keys: {', '.join(HEADER_KEYS)}",
            )
        if key in header:
            raise AnnotationError("C211", f"header key {key!r} twice", place=f"{name}:{number}")
        if value.strip():
            header[key] = value.strip()
    if "id" not in header:
        raise AnnotationError("C211", "the header has no id", place=f"{name}:1", remedy="add a line `id: …`")
    return header


def _published(value: str | None, name: str) -> date | None:
    try:
        if value is not None and not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
            raise ValueError(value)  # noqa: TRY301 - both ways of being no date meet in one message
        return None if value is None else date.fromisoformat(value)
    except ValueError:
        raise AnnotationError(
            "C211", f"published is no ISO date: {value!r}", place=name, remedy="write it as 2022-01-24"
        ) from None


def _marks(marked: str, name: str, first_line: int) -> tuple[str, list[AnnotatedSpan]]:
    """Take the marks out: the text without them, and the spans; `first_line` is the line of the file it begins on."""
    spans: list[AnnotatedSpan] = []
    seen: set[str] = set()
    out: list[str] = []
    length = at = 0
    opened: tuple[str, int] | None = None  # id and start of the mark that is open

    def error(message: str, remedy: str | None = None) -> AnnotationError:
        line = first_line + marked.count("\n", 0, match.start())
        return AnnotationError("C212", message, place=f"{name}:{line}", remedy=remedy)

    for match in _MARK.finditer(marked):
        plain = marked[at : match.start()]
        out.append(plain)
        length += len(plain)
        at = match.end()
        if match.group() == "]]":
            if opened is None:
                raise error("]] without an open mark", "write marks as [[V1|52 HTX]]")
            spans.append(AnnotatedSpan(opened[0], LETTERS[opened[0][0]], opened[1], length))
            if not plain or plain != plain.strip():
                raise error(f"mark {opened[0]} {plain!r} is empty, or starts or ends with white space")
            opened = None
            continue
        if opened is not None:
            raise error(f"a mark opens inside mark {opened[0]}", f"close {opened[0]} with ]] first: marks do not nest")
        name_match = _MARK_ID.match(marked, at)
        span_id = name_match.group(1) if name_match else marked[at : at + 12]
        if name_match is None or not _SPAN_ID.match(span_id):
            raise error(f"unknown mark id {span_id!r}", "a letter of V M O Y T A and a number, then |")
        if span_id in seen:
            raise error(f"mark id {span_id} twice", "ids are unique in an article")
        seen.add(span_id)
        opened = (span_id, length)
        at = name_match.end()
    if opened is not None:
        match = list(_MARK.finditer(marked))[-1]
        raise error(f"mark {opened[0]} is never closed", "end it with ]]")
    return "".join([*out, marked[at:]]), spans


class _FactLine:
    """The tokens of one fact line, each taken once."""

    def __init__(self, labels: dict[str, Label], place: str) -> None:
        self.labels = labels
        self.place = place
        self.metric: list[str] = []
        self.values: dict[str, str] = {}

    def error(self, message: str, remedy: str | None = None) -> AnnotationError:
        return AnnotationError("C213", message, place=self.place, remedy=remedy)

    def known(self, span_id: str, *labels: Label) -> str:
        if span_id not in self.labels:
            raise self.error(f"no mark {span_id!r} in the text", "name a mark, or mark the words")
        if self.labels[span_id] not in labels:
            raise self.error(
                f"{span_id} is a {self.labels[span_id]}", f"{' or '.join(label.value for label in labels)} here"
            )
        return span_id

    def put(self, key: str, value: str) -> None:
        if key in self.values:
            raise self.error(f"{key} given twice: {self.values[key]!r} and {value!r}")
        self.values[key] = value

    def take(self, token: str) -> None:
        key, equals, value = token.partition("=")
        if equals and key == "of":
            self.put("of", self.known(value, Label.VALUE))
        elif equals and key == "base":
            span_id, _, years = value.partition("@")
            if span_id:
                self.put("base", self.known(span_id, Label.YEAR))
            self.put("base_years", self.years(years))
        elif equals and key == "years":
            self.put("years", self.years(value))
        elif _SPAN_ID.match(token):
            self.take_span(token)
        elif _PERIOD_LIKE.match(token):
            try:
                Period.parse(token)
            except PeriodError as error:
                raise self.error(error.message, error.remedy) from None
            self.put("period", token)
        elif token in ATTRIBUTES:
            self.put(ATTRIBUTES[token], token)
        else:
            raise self.error(f"unknown token {token!r}", "see the table of tokens in annotations/GUIDE.md")

    def take_span(self, span_id: str) -> None:
        label = LETTERS[span_id[0]]
        self.known(span_id, label)
        if label is Label.VALUE:
            raise self.error(f"a second VALUE {span_id} on the line", f"of={span_id} where its noun is meant")
        if label is Label.METRIC:
            if span_id in self.metric:
                raise self.error(f"{span_id} twice")
            self.metric.append(span_id)
        else:
            role = {Label.ORG: "org", Label.YEAR: "year"}.get(label, "cue")
            self.put(role, span_id)

    def years(self, text: str) -> str:
        if not _YEARS.match(text):
            raise self.error(f"no list of years: {text!r}", "years=2021,2022")
        return text


def _fact_line(line: str, labels: dict[str, Label], place: str) -> GoldFact:
    value, colon, rest = line.partition(":")
    taken = _FactLine(labels, place)
    if not colon:
        raise taken.error(f"no fact line: {line!r}", "VALUE-ID: tokens")
    taken.known(value.strip(), Label.VALUE)
    for token in rest.split():
        taken.take(token)
    given = taken.values
    if "status" not in given:
        raise taken.error(f"the fact on {value.strip()} has no status", "add target or actual")
    period = given.get("period")
    return GoldFact(
        value=value.strip(),
        metric=tuple(taken.metric),
        of=given.get("of"),
        org=given.get("org"),
        year=given.get("year"),
        base=given.get("base"),
        cue=given.get("cue"),
        status=Status(given["status"]),
        kind=Kind(given.get("kind", Kind.LEVEL.value)),
        dir=Direction(given["dir"]) if "dir" in given else None,
        bound=Bound(given.get("bound", Bound.EXACT.value)),
        years=_numbers(given["years"]) if "years" in given else _default_years(period),
        period=period,
        base_years=_numbers(given["base_years"]) if "base_years" in given else None,
        optional="optional" in given,
    )


def _default_years(period: str | None) -> tuple[int, ...]:
    try:
        return () if period is None else (Period.parse(period).year,)
    except PeriodError:
        return ()


def _numbers(years: str) -> tuple[int, ...]:
    return tuple(int(year) for year in years.split(",") if year)


def _format_fact(fact: GoldFact) -> str:
    years = ",".join(map(str, fact.years))
    base_years = ",".join(map(str, fact.base_years or ()))
    tokens = [
        *fact.metric,
        fact.of and f"of={fact.of}",
        fact.org,
        fact.year,
        fact.cue,
        fact.base_years is not None and f"base={fact.base or ''}{'@' if base_years else ''}{base_years}",
        fact.period,
        fact.years != _default_years(fact.period) and f"years={years}",
        fact.status.value,
        fact.kind is not Kind.LEVEL and fact.kind.value,
        fact.dir and fact.dir.value,
        fact.bound is not Bound.EXACT and fact.bound.value,
        fact.optional and "optional",
    ]
    return f"{fact.value}: " + " ".join(token for token in tokens if token)


def _with_inline_ids(article: AnnotatedArticle) -> AnnotatedArticle:
    letter = {label: key for key, label in LETTERS.items()}
    if all(_SPAN_ID.match(span.id) and span.id[0] == letter[span.label] for span in article.spans):
        return article
    counts = dict.fromkeys(LETTERS, 0)
    names: dict[str, str] = {}
    for span in article.spans:
        counts[letter[span.label]] += 1
        names[span.id] = f"{letter[span.label]}{counts[letter[span.label]]}"
    data = article.to_dict()
    for item in data["spans"]:
        item["id"] = names[item["id"]]
    for item in data["facts"]:
        for role in ("value", "of", "org", "year", "base", "cue"):
            item[role] = names.get(item[role])
        item["metric"] = [names[piece] for piece in item["metric"]]
    return AnnotatedArticle.from_dict(data, article.id)
