"""What went wrong, fact by fact, for those who want to mend it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from chitieu.annotation.gold import AnnotatedArticle
from chitieu.facts.fact import Fact
from chitieu.scoring.match import match_facts
from chitieu.scoring.rows import Row, gold_rows, predicted_rows


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A fact that is missed (no `predicted`), one that is extra (no `gold`), or one with `wrong` fields."""

    article_id: str
    gold: Row | None
    predicted: Row | None
    wrong: tuple[str, ...] = ()


def disagreements(article: AnnotatedArticle, facts: Iterable[Fact | Mapping[str, Any]]) -> Iterator[Disagreement]:
    """Every missed, extra or partly wrong fact of an article, in text order; optional gold facts are passed over."""
    predicted, gold = predicted_rows(facts), gold_rows(article)
    matches = match_facts(predicted, gold)
    found = [
        Disagreement(article.id, gold[match.gold], predicted[match.predicted], match.agreement.wrong())
        for match in matches
        if match.agreement.wrong() and not gold[match.gold].optional
    ]
    matched_gold = {match.gold for match in matches}
    matched_predicted = {match.predicted for match in matches}
    found += [
        Disagreement(article.id, row, None) for j, row in enumerate(gold) if j not in matched_gold and not row.optional
    ]
    found += [Disagreement(article.id, None, row) for i, row in enumerate(predicted) if i not in matched_predicted]
    yield from sorted(found, key=_position)


def _position(item: Disagreement) -> tuple[int, int]:
    row = item.gold or item.predicted
    return row.span if row else (0, 0)
