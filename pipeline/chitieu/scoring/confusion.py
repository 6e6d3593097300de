"""What was taken for what: labels of spans, targets of roles, statuses and kinds of facts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from chitieu.annotation.gold import AnnotatedArticle
from chitieu.article import Span
from chitieu.facts.fact import Fact
from chitieu.labels import Kind, Label, Role, Status
from chitieu.scoring.links import LinksByValue, gold_by_value, role_targets
from chitieu.scoring.match import match_facts
from chitieu.scoring.pairing import pair_overlapping
from chitieu.scoring.rows import gold_rows, predicted_rows

NONE = "none"
RIGHT, OTHER, MISSED, SPURIOUS, BOTH_NONE, NO_FACT = (
    "right",
    "other words",
    "missed",
    "spurious",
    "rightly none",
    "value missed",
)


@dataclass(frozen=True, slots=True)
class Confusion:
    """A table of counts.

    Attributes:
        title: what is confused.
        rows: gold, top to bottom; `columns` predicted, left to right.
        counts: of shape (rows, columns).
        note: what a reader must know to read it rightly.
    """

    title: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]
    note: str = ""

    def count(self, row: str, column: str) -> int:
        """One cell.

        Raises:
            ValueError: there is no such row or column.
        """
        return self.counts[self.rows.index(row)][self.columns.index(column)]


def label_confusion(
    gold: Sequence[AnnotatedArticle], predicted: Mapping[str, Iterable[Span]], partial: Collection[Label] = ()
) -> Confusion:
    """Which label the tagger gave the spans of each gold label; a span answers the one that it overlaps most.

    Args:
        gold: the articles.
        predicted: spans by article id.
        partial: labels that gold marks only in part: predictions of them that touch no gold span are left out.
    """
    found: Counter[tuple[str, str]] = Counter()
    for article in gold:
        wanted = [((span.start, span.end), span.label) for span in article.spans]
        given = [((span.start, span.end), span.label) for span in predicted.get(article.id, ())]
        pairs = pair_overlapping([offsets for offsets, _ in given], [offsets for offsets, _ in wanted])
        found.update((wanted[j][1].value, given[i][1].value) for i, j in pairs)
        taken_given, taken_wanted = {i for i, _ in pairs}, {j for _, j in pairs}
        found.update((label.value, NONE) for j, (_, label) in enumerate(wanted) if j not in taken_wanted)
        found.update(
            (NONE, label.value) for i, (_, label) in enumerate(given) if i not in taken_given and label not in partial
        )
    left_out = " and ".join(label.value for label in partial)
    note = f"{left_out} are marked where linked only: what was found beside them is left out. " if left_out else ""
    names = (*(label.value for label in Label), NONE)
    return _table("labels", names, names, found, note + "Spans that overlap answer each other, one to one.")


def role_confusion(gold: Sequence[AnnotatedArticle], predicted: Mapping[str, LinksByValue]) -> Confusion:
    """What became of each role of the gold facts, optional ones left out.

    `other words`: both have a target, and not the same one (of METRIC pieces: not all the same). Another mention of the
    same name is one of these, though the fact's field is right by it.
    """
    found: Counter[tuple[str, str]] = Counter()
    for article in gold:
        links, wanted = predicted.get(article.id, {}), gold_by_value(article)
        at = {span.id: (span.start, span.end) for span in article.spans}
        optional = {at[fact.value] for fact in article.facts if fact.optional}
        given_values, gold_values = sorted(links), sorted(wanted)
        answers = {gold_values[j]: given_values[i] for i, j in pair_overlapping(given_values, gold_values)}
        for value in gold_values:
            if value not in optional:
                for role in Role:
                    targets = role_targets(wanted[value], role)
                    given = role_targets(links[answers[value]], role) if value in answers else None
                    found[role.value, _outcome(given, targets)] += 1
    columns = (RIGHT, OTHER, MISSED, SPURIOUS, NO_FACT, BOTH_NONE)
    note = "Another mention of the same name is among the other words, though the fact's field is right by it."
    return _table("links by role", tuple(role.value for role in Role), columns, found, note)


def _outcome(given: tuple[tuple[int, int], ...] | None, wanted: tuple[tuple[int, int], ...]) -> str:
    if given is None:
        return NO_FACT if wanted else BOTH_NONE
    if not wanted:
        return SPURIOUS if given else BOTH_NONE
    if not given:
        return MISSED
    return RIGHT if len(pair_overlapping(given, wanted)) == len(given) == len(wanted) else OTHER


def attribute_confusions(gold: Sequence[AnnotatedArticle], predicted: Mapping[str, Iterable[Fact]]) -> list[Confusion]:
    """Statuses and kinds of facts, gold against predicted; `none` stands for a missed or an extra fact."""
    found: dict[str, Counter[tuple[str, str]]] = {"status": Counter(), "kind": Counter()}
    for article in gold:
        given, wanted = predicted_rows(predicted.get(article.id, ())), gold_rows(article)
        matches = match_facts(given, wanted)
        pairs = [(wanted[m.gold], given[m.predicted]) for m in matches if not wanted[m.gold].optional]
        taken_wanted, taken_given = {m.gold for m in matches}, {m.predicted for m in matches}
        missed = [row for j, row in enumerate(wanted) if j not in taken_wanted and not row.optional]
        extra = [row for i, row in enumerate(given) if i not in taken_given]
        for name, counts in found.items():
            counts.update((getattr(a, name), getattr(b, name)) for a, b in pairs)
            counts.update((getattr(row, name), NONE) for row in missed)
            counts.update((NONE, getattr(row, name)) for row in extra)
    names = {"status": [status.value for status in Status], "kind": [kind.value for kind in Kind]}
    return [
        _table(title, (*names[name], NONE), (*names[name], NONE), found[name])
        for name, title in (("status", "statuses"), ("kind", "kinds of fact"))
    ]


def _table(
    title: str, rows: Sequence[str], columns: Sequence[str], found: Mapping[tuple[str, str], int], note: str = ""
) -> Confusion:
    counts = tuple(tuple(found.get((row, column), 0) for column in columns) for row in rows)
    return Confusion(title, tuple(rows), tuple(columns), counts, note)
