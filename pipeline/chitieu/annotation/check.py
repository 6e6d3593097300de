"""Checks that text, spans, facts and guidelines agree: errors must be mended, warnings looked at."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from chitieu.annotation.gold import AnnotatedArticle, AnnotatedSpan, GoldFact, integrity_problems
from chitieu.annotation.likeness import SHINGLE_WORDS, LikenessIndex, shared_shingles
from chitieu.annotation.readings import quantity_problems, time_problems
from chitieu.annotation.repetition import repetitions
from chitieu.labels import Kind, Label, Status

GENRES = ("cooperative", "socioeconomic", "company", "agriculture", "labour", "trade", "none")
MAX_METRIC_PIECES = 3

_ARTICLE_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\Z")
_YEAR_MENTION = re.compile(
    r"(?<!\w)(?:(?:giai đoạn|nhiệm kỳ)\s+(?:19|20)\d\d\s*[-–—]\s*(?:19|20)\d\d"
    r"|quý\s+(?:[IVX]+|[1-4])\s*/\s*(?:19|20)\d\d"
    r"|(?:\d+\s+tháng\s+(?:đầu|cuối)\s+)?năm\s+(?:19|20)\d\d)(?!\w)",
    re.IGNORECASE,
)
_DATE_BEFORE = re.compile(
    r"(?:ngày\s+\d{1,2}\s*(?:/|-|\.|tháng)\s*\d{1,2}|khóa\s+\w+|số\s+\S+)\s*,?\s*\Z", re.IGNORECASE
)


class Severity(str, Enum):
    """An error makes the corpus wrong; a warning may be right, and asks for a second look."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding: what is wrong, in which article, and at which offset (None where it concerns the whole article)."""

    severity: Severity
    code: str
    article_id: str
    message: str
    position: int | None = None


def check(articles: Iterable[AnnotatedArticle]) -> list[Problem]:
    """Every problem of each article, and of the articles together, in the order of the articles.

    Codes: C203 integrity, C221 marks, C222 use of marks, C223 status and kind, C224 quantity, C225 time, C226 article,
    C227 mentions left unmarked, C228 shared sentences, C229 wordings in more than three articles, C230 near-duplicates
    in different splits.
    """
    articles = list(articles)
    problems = [problem for article in articles for problem in check_article(article)]
    for article_id, count in Counter(article.id for article in articles).items():
        if count > 1:
            problems.append(Problem(Severity.ERROR, "C226", article_id, f"{count} articles have this id"))
    return [*problems, *_near_duplicates(articles), *_repetitions(articles), *_straddling(articles)]


def check_article(article: AnnotatedArticle) -> list[Problem]:
    """The problems of one article alone; where it does not hold together (C203), only those are told."""
    broken = [Problem(Severity.ERROR, "C203", article.id, message) for message in integrity_problems(article)]
    if broken:
        return broken
    found = [*_article_level(article), *_marks(article), *_use(article), *_mentions(article)]
    spans = article.spans_by_id()
    for fact in article.facts:
        found += _status_and_kind(article, fact, spans)
        value = spans[fact.value]
        for code, reader in (("C224", quantity_problems), ("C225", time_problems)):
            for is_error, message in reader(article, fact, spans):
                severity = Severity.ERROR if is_error else Severity.WARNING
                found.append(Problem(severity, code, article.id, _of_fact(article, fact, spans, message), value.start))
    return sorted(found, key=lambda problem: (problem.position is not None, problem.position or 0))


def _of_fact(article: AnnotatedArticle, fact: GoldFact, spans: dict[str, AnnotatedSpan], message: str) -> str:
    return f"{fact.value} {article.surface(spans[fact.value])!r}: {message}"


def _article_level(article: AnnotatedArticle) -> Iterator[Problem]:
    def error(message: str) -> Problem:
        return Problem(Severity.ERROR, "C226", article.id, message)

    if not _ARTICLE_ID.match(article.id):
        yield error("the id must be lower-case letters, digits and single hyphens")
    if not article.article.text.strip():
        yield error("the text is empty")
    if article.genre is not None and article.genre not in GENRES:
        yield error(f"unknown genre {article.genre!r}; one of {', '.join(GENRES)}")
    if article.genre == "none" and any(not fact.optional for fact in article.facts):
        yield error("genre `none` means no facts, but facts are annotated")
    if article.genre not in (None, "none") and not article.facts:
        yield Problem(Severity.WARNING, "C226", article.id, "no facts: the genre should be `none`")


def _marks(article: AnnotatedArticle) -> Iterator[Problem]:
    before: AnnotatedSpan | None = None
    for span in sorted(article.spans, key=lambda span: (span.start, span.end)):
        surface = article.surface(span)
        if surface != surface.strip():
            message = f"{span.id} {surface!r} starts or ends with white space"
            yield Problem(Severity.ERROR, "C221", article.id, message, span.start)
        if before is not None and span.start < before.end:
            yield Problem(Severity.ERROR, "C221", article.id, f"{before.id} and {span.id} overlap", span.start)
        inside_word = [
            edge
            for edge in (span.start, span.end)
            if 0 < edge < len(article.article.text)
            and article.article.text[edge - 1].isalpha()
            and article.article.text[edge].isalpha()
        ]
        if inside_word:
            message = f"{span.id} {surface!r} starts or ends inside a word"
            yield Problem(Severity.WARNING, "C221", article.id, message, span.start)
        before = span


def _use(article: AnnotatedArticle) -> Iterator[Problem]:
    used = {span_id for fact in article.facts for _, span_id, _ in fact.references()}
    for span in article.spans:
        if span.id not in used and span.label not in (Label.ORG, Label.YEAR):
            why = (
                "needs a fact, unless it is the `of` of one" if span.label is Label.VALUE else "marked where used only"
            )
            message = f"{span.id} {article.surface(span)!r} is a {span.label} that no fact uses: {why}"
            yield Problem(Severity.ERROR, "C222", article.id, message, span.start)
    spans = article.spans_by_id()
    for fact in article.facts:
        starts = [spans[piece].start for piece in fact.metric]
        messages = []
        if len(starts) > MAX_METRIC_PIECES:
            messages.append(f"{len(starts)} METRIC pieces, at most {MAX_METRIC_PIECES}")
        if starts != sorted(set(starts)):
            messages.append(f"METRIC pieces {' '.join(fact.metric)} are not in text order, each once")
        if fact.of == fact.value:
            messages.append("`of` names the value itself")
        if fact.base is not None and fact.base == fact.year:
            messages.append(f"{fact.base} is both the year and the base of comparison")
        for message in messages:
            text = _of_fact(article, fact, spans, message)
            yield Problem(Severity.ERROR, "C222", article.id, text, spans[fact.value].start)


def _status_and_kind(article: AnnotatedArticle, fact: GoldFact, spans: dict[str, AnnotatedSpan]) -> Iterator[Problem]:
    position = spans[fact.value].start

    def problem(severity: Severity, message: str) -> Problem:
        return Problem(severity, "C223", article.id, _of_fact(article, fact, spans, message), position)

    if fact.cue is not None:
        cue = spans[fact.cue]
        if (cue.label is Label.TARGET) != (fact.status is Status.TARGET):
            yield problem(
                Severity.WARNING,
                f"the cue {cue.id} {article.surface(cue)!r} is a {cue.label}, the status {fact.status}",
            )
    if fact.kind is Kind.CHANGE and fact.dir is None:
        yield problem(Severity.ERROR, "a change goes up or down")
    if fact.kind in (Kind.LEVEL, Kind.SHARE) and fact.dir is not None:
        yield problem(Severity.ERROR, f"a {fact.kind} has no direction")
    if fact.kind is not Kind.CHANGE and fact.base is not None:
        yield problem(Severity.WARNING, f"a {fact.kind} with a base of comparison: is it a change?")
    surface = article.surface(spans[fact.value])
    if fact.kind is Kind.LEVEL and "%" in surface:
        yield problem(Severity.WARNING, "a percentage as level: share, change or completion?")
    if fact.kind is Kind.SHARE and "%" not in surface and fact.of is None and not fact.metric:
        yield problem(Severity.WARNING, "a share without %: share of what?")


def _mentions(article: AnnotatedArticle) -> Iterator[Problem]:
    """ORG and YEAR mentions that look as if the annotator passed over them."""
    text = article.article.text
    taken = sorted((span.start, span.end) for span in article.spans)

    def is_free(start: int, end: int) -> bool:
        return not any(s < end and start < e for s, e in taken)

    for match in _YEAR_MENTION.finditer(text):
        if is_free(*match.span()) and not _DATE_BEFORE.search(text[max(0, match.start() - 40) : match.start()]):
            message = f"{match.group()!r} is not marked YEAR"
            yield Problem(Severity.WARNING, "C227", article.id, message, match.start())
    names = {article.surface(span) for span in article.spans if span.label is Label.ORG}
    for name in sorted(name for name in names if len(name.split()) > 1):
        for match in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", text):
            if is_free(*match.span()):
                message = f"{name!r} is marked ORG elsewhere, and not here"
                yield Problem(Severity.WARNING, "C227", article.id, message, match.start())


DUPLICATE_SHINGLES = 3  # three shared runs of eight words, or one run of ten: more than stock phrases give


def _near_duplicates(articles: Sequence[AnnotatedArticle]) -> Iterator[Problem]:
    for (first, second), runs in sorted(shared_shingles([article.article.text for article in articles]).items()):
        if len(runs) >= DUPLICATE_SHINGLES:
            message = f"shares {len(runs)} runs of {SHINGLE_WORDS} words with {articles[first].id}, e.g. {min(runs)!r}"
            yield Problem(Severity.WARNING, "C228", articles[second].id, message)


def _repetitions(articles: Sequence[AnnotatedArticle]) -> Iterator[Problem]:
    """Told once, of the last article that holds it: the one that made it too many."""
    for repetition in repetitions(articles):
        last, position = repetition.holders[-1]
        ids = ", ".join(articles[index].id for index, _ in repetition.holders[:-1])
        message = f"{repetition.words!r} stands in {len(repetition.holders)} articles, also in {ids}"
        yield Problem(Severity.ERROR, "C229", articles[last].id, message, position)


def _straddling(articles: Sequence[AnnotatedArticle]) -> Iterator[Problem]:
    """Near-duplicates in two splits: what is tested on would have been learned."""
    splits = {article.id: article.split for article in articles}
    index = LikenessIndex()
    for article in articles:
        if article.split is None:
            continue
        for like in index.near_duplicates(article.article.text):
            if splits[like.article_id] != article.split:
                message = (
                    f"in {article.split}, and {like.share:.0%} the same as {like.article_id}, which is in "
                    f"{splits[like.article_id]}: near-duplicates never straddle splits"
                )
                yield Problem(Severity.ERROR, "C230", article.id, message)
        index.add(article.id, article.article.text)
