"""Checks of what the words say against what is annotated: numbers and bounds, periods and years."""

from __future__ import annotations

import re
from collections.abc import Iterator

from chitieu.annotation.gold import AnnotatedArticle, AnnotatedSpan, GoldFact
from chitieu.labels import Bound, Kind, Status
from chitieu.period import Period, PeriodError
from chitieu.quantity import QuantityError, parse_quantity, read_bound

CONTEXT = 60  # characters on either side that can hold the words of a bound
EARLIEST_YEAR, LATEST_YEAR = 1945, 2100
TARGET_LAG = 6  # a plan may be told in the report of a five-year term, one year after its end

Finding = tuple[bool, str]  # whether it is an error, and the message


def quantity_problems(article: AnnotatedArticle, fact: GoldFact, spans: dict[str, AnnotatedSpan]) -> Iterator[Finding]:
    """The VALUE must read as a quantity, `range` must go with two ends, the bound with the words around."""
    span = spans[fact.value]
    text = article.article.text
    try:
        quantity = parse_quantity(article.surface(span))
    except QuantityError as error:
        yield not fact.optional, f"does not read as a quantity: {error.message}"
        return
    is_range = quantity.value_high is not None
    if is_range != (fact.bound is Bound.RANGE):
        yield True, f"bound {fact.bound}, but the value is {'a range' if is_range else 'no range'}"
        return
    bound = read_bound(text[max(0, span.start - CONTEXT) : span.start], text[span.end : span.end + CONTEXT], quantity)
    if bound is not fact.bound:
        around = " ".join(text[max(0, span.start - 15) : span.end + 15].split())
        yield False, f"bound {fact.bound}, but the words around read {bound}: {around!r}"


def time_problems(article: AnnotatedArticle, fact: GoldFact, spans: dict[str, AnnotatedSpan]) -> Iterator[Finding]:
    """The period must be one, hold with the years, and be possible at the publication date."""
    published = article.article.published
    if fact.period is not None:
        try:
            year = Period.parse(fact.period).year
        except PeriodError as error:
            yield True, error.message
        else:
            if year not in fact.years:
                yield True, f"period {fact.period} ends in {year}, which is not among years {list(fact.years)}"
    elif fact.years:
        yield False, f"years {list(fact.years)} without a period"
    if not fact.years and not fact.optional:
        written = article.surface(spans[fact.year]) if fact.year else ""
        if re.search(r"(?:19|20)\d\d", written) and "nay" not in written:  # `từ năm 2010 đến nay` needs a date
            yield True, f"no years, though {fact.year} {written!r} says one"
        elif published is not None:
            yield False, "no years, though the article has a publication date"
    for role, span_id, years in (("year", fact.year, fact.years), ("base", fact.base, fact.base_years or ())):
        written = article.surface(spans[span_id]) if span_id else ""
        named = {int(year) for year in re.findall(r"(?<!\d)(?:19|20)\d\d(?!\d)", written)}
        if named and years and not named & set(years):
            yield False, f"its {role} {span_id} {written!r} names another year than {list(years)}"
    for year in (*fact.years, *(fact.base_years or ())):
        if not EARLIEST_YEAR <= year <= LATEST_YEAR:
            yield True, f"year {year} is outside {EARLIEST_YEAR}-{LATEST_YEAR}"
    if published is not None and fact.years:
        if fact.status is Status.ACTUAL and min(fact.years) > published.year:
            yield True, f"reached in {min(fact.years)}, but published on {published}: a target?"
        if fact.status is Status.TARGET and max(fact.years) < published.year - TARGET_LAG:
            yield False, f"a target for {max(fact.years)}, published on {published}"
    if fact.kind is Kind.CHANGE and fact.base is not None and not fact.base_years:
        yield False, f"a change against {fact.base} without base years"
    if fact.base_years and fact.years and min(fact.base_years) > max(fact.years):
        yield True, f"compared with {list(fact.base_years)}, after its own {list(fact.years)}"
