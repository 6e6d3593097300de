"""Scores of links: which spans were joined to a VALUE, on gold spans and end to end, against all gold facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from chitieu.annotation.gold import AnnotatedArticle
from chitieu.annotation.links import gold_links
from chitieu.facts.fact import Offsets
from chitieu.labels import Role
from chitieu.relation.links import Links
from chitieu.scoring.counts import Count, Measure, require_known
from chitieu.scoring.pairing import pair_overlapping

LinksByValue = Mapping[Offsets, Links]
ATTRIBUTES = ("status", "kind", "dir")


def gold_by_value(article: AnnotatedArticle) -> dict[Offsets, Links]:
    """The links of the gold facts by their VALUE, optional facts included."""
    return {link.value: link for link in gold_links(article)}


def count_links(
    predicted: LinksByValue, gold: LinksByValue, optional: frozenset[Offsets] = frozenset()
) -> dict[tuple[str, str], Count]:
    """The counts of one article, under (`links` or `choices`, role).

    A predicted VALUE answers the gold VALUE that it overlaps, a predicted span the gold span that it overlaps: on gold
    spans that is equality. A gold fact without a prediction counts as wrong in every role, also where none is right.

    Args:
        predicted: links by VALUE.
        gold: links by VALUE, all facts of the article.
        optional: VALUEs of the optional gold facts; they, and the predictions that answer them, are left out.

    Returns:
        `links`: over links that are not none, each METRIC piece for itself. `choices`: over gold facts, whether the
        whole choice was right, none included. Attributes (status, kind, dir) have `choices` only.
    """
    predicted_values, gold_values = sorted(predicted), sorted(gold)
    answers = {gold_values[j]: predicted_values[i] for i, j in pair_overlapping(predicted_values, gold_values)}
    on_optional = {answers[value] for value in answers if value in optional}
    counted_predictions = [links for value, links in predicted.items() if value not in on_optional]
    asked = [value for value in gold_values if value not in optional]
    counts: dict[tuple[str, str], Count] = {}
    for role in Role:
        correct = right = 0
        for value in asked:
            wanted = role_targets(gold[value], role)
            given = role_targets(predicted[answers[value]], role) if value in answers else None
            if given is None:
                continue
            hits = len(pair_overlapping(given, wanted))
            correct += hits
            right += hits == len(given) == len(wanted)
        n_predicted = sum(len(role_targets(links, role)) for links in counted_predictions)
        n_gold = sum(len(role_targets(gold[value], role)) for value in asked)
        counts["links", role.value] = Count(correct, n_predicted, n_gold)
        counts["choices", role.value] = Count(right, len(asked), len(asked))
    for name in ATTRIBUTES:
        right = sum(
            getattr(predicted[answers[value]], name) is getattr(gold[value], name)
            for value in asked
            if value in answers
        )
        counts["choices", name] = Count(right, len(asked), len(asked))
    return counts


def link_measures(gold: Sequence[AnnotatedArticle], predicted: Mapping[str, LinksByValue], where: str) -> list[Measure]:
    """Score predicted links against all gold facts.

    Args:
        gold: the articles; each counts.
        predicted: for each article id, links by VALUE; an article that is missing has none.
        where: how the spans came about, for the titles: `on gold spans` or `end to end`.

    Raises:
        AnnotationError: C207 links were predicted for articles that are not gold.
    """
    require_known(gold, predicted)
    per_article = []
    for article in gold:
        at = {span.id: (span.start, span.end) for span in article.spans}
        optional = frozenset(at[fact.value] for fact in article.facts if fact.optional)
        per_article.append(count_links(predicted.get(article.id, {}), gold_by_value(article), optional))
    titles = {"links": f"links {where}", "choices": f"choices {where}, over all gold facts"}
    keys = [("links", role.value) for role in Role]
    keys += [("choices", name) for name in (*(role.value for role in Role), *ATTRIBUTES)]
    return [
        Measure(titles[part], name, tuple(counts[part, name] for counts in per_article), part == "choices")
        for part, name in keys
    ]


def role_targets(links: Links, role: Role) -> tuple[Offsets, ...]:
    """The spans that a VALUE's role points at: none, one, or several METRIC pieces."""
    if role is Role.METRIC:
        return links.metric
    target: Offsets | None = getattr(links, role.value)
    return () if target is None else (target,)
