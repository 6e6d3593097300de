"""Two models on the same articles: how far apart they are, and whether that is more than the choice of articles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from chitieu.annotation.gold import AnnotatedArticle
from chitieu.facts.fact import Fact
from chitieu.scoring.bootstrap import DRAWS, Difference
from chitieu.scoring.counts import fact_measures
from chitieu.scoring.report import Line, Report, make_report

if TYPE_CHECKING:
    from rich.table import Table
    from spacy.language import Language

OLD, NEW = "old", "new"
LEAST_ARTICLES = 10
"""Below this nothing is called real: resamples of a handful of articles are too alike to show what chance can do."""

Predictions = Mapping[str, Iterable[Fact | Mapping[str, Any]]]
"""Facts, or their JSON objects, by article id."""


class Verdict(str, Enum):
    """What a difference is worth."""

    BETTER = "better"
    WORSE = "worse"
    CHANCE = "could be chance"
    SAME = "the same"
    TOO_FEW = "too few articles"


@dataclass(frozen=True, slots=True)
class Compared:
    """One measure of both models.

    Attributes:
        line: both scores with counts and intervals, under `old` and `new`.
        difference: new less old, with the 95% interval of the paired bootstrap over articles.
        verdict: `better` or `worse` where that interval leaves out 0.
    """

    line: Line
    difference: Difference
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Comparison:
    """Every measure of two models on the same articles."""

    title: str
    articles: int
    lines: tuple[Compared, ...]

    def line(self, name: str) -> Compared:
        """One measure by its name: `value found`, `core`, `full`, or a field such as `year`.

        Raises:
            KeyError: there is none.
        """
        for compared in self.lines:
            if compared.line.name == name:
                return compared
        raise KeyError(name)

    def summary(self) -> str:
        """The verdict on core F1 in a sentence."""
        core = self.line("core")
        old, new = (core.line.scores[system].count.f1 for system in (OLD, NEW))
        low, high = core.difference.interval.low, core.difference.interval.high
        says = {
            Verdict.BETTER: "the new model is better, by more than chance",
            Verdict.WORSE: "the new model is worse, by more than chance",
            Verdict.CHANCE: "the difference could be chance",
            Verdict.SAME: "both count the same in every article",
            Verdict.TOO_FEW: f"{self.articles} articles are too few to tell (at least {LEAST_ARTICLES})",
        }[core.verdict]
        return f"core F1 {old:.3f} → {new:.3f} ({core.difference.value:+.3f}, {low:+.3f} to {high:+.3f}): {says}"

    def to_dict(self) -> dict[str, Any]:
        """As JSON: both scores with their counts, the difference, its interval, and the verdict."""
        sections = Report(
            self.title, self.articles, (OLD, NEW), tuple(compared.line for compared in self.lines)
        ).to_dict()["sections"]
        for compared in self.lines:
            entry = sections[compared.line.section][compared.line.name]
            entry.pop("ahead of", None)
            interval = compared.difference.interval
            entry["difference"] = round(compared.difference.value, 6)
            entry["interval"] = [round(interval.low, 6), round(interval.high, 6)]
            entry["new ahead in"] = round(compared.difference.wins, 6)
            entry["verdict"] = compared.verdict.value
        return {"title": self.title, "articles": self.articles, "summary": self.summary(), "sections": sections}


def compare_facts(
    gold: Sequence[AnnotatedArticle], old: Predictions, new: Predictions, title: str = "", draws: int = DRAWS
) -> Comparison:
    """Hold the facts of two models against the same gold articles.

    Args:
        gold: annotated articles, at least one, that neither model was trained on.
        old: facts by article id; an article that is missing has none.
        new: likewise.
        title: what the articles are.
        draws: resamples of the paired bootstrap over articles.

    Raises:
        AnnotationError: C206 something is no fact; C207 facts of articles that are not gold.
        ValueError: no article.
    """
    if not gold:
        raise ValueError("no articles to compare on")
    report = make_report(title, {NEW: fact_measures(gold, new), OLD: fact_measures(gold, old)}, draws)
    lines = (Compared(line, line.ahead[OLD], _verdict(line, report.articles)) for line in report.lines)
    return Comparison(title, report.articles, tuple(lines))


def compare_models(
    old: Language, new: Language, gold: Sequence[AnnotatedArticle], title: str = "", draws: int = DRAWS
) -> Comparison:
    """Tag the articles with both models and compare; raises as `compare_facts`."""
    return compare_facts(gold, predict_facts(old, gold), predict_facts(new, gold), title, draws)


def predict_facts(
    nlp: Language, gold: Sequence[AnnotatedArticle], min_confidence: float = 0.0
) -> dict[str, tuple[Fact, ...]]:
    """A model's facts by article id, less those of a lower confidence."""
    from chitieu.annotation.docs import make_doc

    docs = nlp.pipe([make_doc(nlp, article) for article in gold])
    return {
        article.id: tuple(fact for fact in doc._.facts if (fact.confidence or 0.0) >= min_confidence)
        for article, doc in zip(gold, docs, strict=True)
    }


def comparison_table(comparison: Comparison) -> Table:
    """A Rich table: both scores with counts, the difference, its interval, and the verdict in words."""
    from rich import box
    from rich.table import Table

    table = Table(
        title=f"{comparison.title} ({comparison.articles} articles)",
        title_justify="left",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        collapse_padding=True,
    )
    table.add_column("", no_wrap=True)
    for heading in ("old", "counts", "new", "counts", "difference", "95%"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("new is", no_wrap=True)
    for compared in comparison.lines:
        line, interval = compared.line, compared.difference.interval
        if line.name == "value" and line.is_accuracy:
            table.add_section()
        cells = [cell for system in (OLD, NEW) for cell in _cells(line, system)]
        between = f"{interval.low:+.3f} {interval.high:+.3f}"
        table.add_row(line.name, *cells, f"{compared.difference.value:+.3f}", between, compared.verdict.value)
    table.caption = "F1 (right/predicted/gold), then shares of the found values (right/found); 95%: paired bootstrap"
    return table


def _cells(line: Line, system: str) -> tuple[str, str]:
    count = line.scores[system].count
    counted = f"{count.correct}/{count.gold}" if line.is_accuracy else f"{count.correct}/{count.predicted}/{count.gold}"
    return f"{count.f1:.3f}", counted


def _verdict(line: Line, articles: int) -> Verdict:
    difference = line.ahead[OLD]
    if difference.value == 0 and difference.interval.low == difference.interval.high:
        return Verdict.SAME
    if articles < LEAST_ARTICLES:
        return Verdict.TOO_FEW
    if difference.interval.low > 0:
        return Verdict.BETTER
    return Verdict.WORSE if difference.interval.high < 0 else Verdict.CHANCE
