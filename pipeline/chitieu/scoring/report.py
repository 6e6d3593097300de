"""Score sheets of one or more systems on the same articles: to JSON and to Rich tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chitieu.scoring.bootstrap import DRAWS, Difference, Interval, bootstrap_f1, paired_bootstrap
from chitieu.scoring.confidence import KEPT, ConfidenceScores
from chitieu.scoring.counts import Count, Measure

if TYPE_CHECKING:
    from rich.table import Table


@dataclass(frozen=True, slots=True)
class Score:
    """What one system reached on one measure."""

    count: Count
    interval: Interval | None


@dataclass(frozen=True, slots=True)
class Line:
    """One measure, every system that has it, and how far the first is ahead of each other one.

    Attributes:
        scores: by the name of the system, in the order given.
        ahead: by the name of the other system.
    """

    section: str
    name: str
    is_accuracy: bool
    note: str | None
    scores: Mapping[str, Score]
    ahead: Mapping[str, Difference]


@dataclass(frozen=True, slots=True)
class Report:
    """Score sheets side by side; the first system is the one in question, the others are what it must beat.

    Attributes:
        confidence: of the facts of the first system, where they were scored.
    """

    title: str
    articles: int
    systems: tuple[str, ...]
    lines: tuple[Line, ...]
    confidence: ConfidenceScores | None = None

    def line(self, section: str, name: str) -> Line:
        """One measure by its section and name.

        Raises:
            KeyError: there is none.
        """
        for line in self.lines:
            if (line.section, line.name) == (section, name):
                return line
        raise KeyError((section, name))

    def to_dict(self) -> dict[str, Any]:
        """As JSON: sections → measures → systems, counts beside every score."""
        sections: dict[str, dict[str, Any]] = {}
        for line in self.lines:
            sections.setdefault(line.section, {})[line.name] = {
                **{system: _score_dict(score, line.is_accuracy) for system, score in line.scores.items()},
                **(
                    {"ahead of": {name: _ahead_dict(ahead) for name, ahead in line.ahead.items()}} if line.ahead else {}
                ),
                **({} if line.note is None else {"note": line.note}),
            }
        return {
            "title": self.title,
            "articles": self.articles,
            "systems": list(self.systems),
            "sections": sections,
            **({} if self.confidence is None else {"confidence": self.confidence.to_dict()}),
        }


def make_report(
    title: str,
    systems: Mapping[str, Sequence[Measure]],
    draws: int = DRAWS,
    seed: int = 0,
    confidence: ConfidenceScores | None = None,
) -> Report:
    """Put the measures of one or more systems side by side.

    Args:
        title: what was scored on what.
        systems: measures by system, the one in question first, each over the same gold articles in the same order.
        draws: resamples of the bootstrap.
        seed: of its random numbers.
        confidence: of the facts of the system in question.

    Raises:
        ValueError: no system, or systems that were not scored on the same number of articles.
    """
    sizes = {len(measure.counts) for measures in systems.values() for measure in measures}
    if len(sizes) != 1:
        raise ValueError(f"systems must be scored on the same articles, found {sorted(sizes)} of them")
    by_key = {system: {(m.section, m.name): m for m in measures} for system, measures in systems.items()}
    keys = list(dict.fromkeys(key for measures in by_key.values() for key in measures))
    first = next(iter(systems))
    lines = []
    for key in keys:
        found = {system: measures[key] for system, measures in by_key.items() if key in measures}
        scores = {s: Score(m.total, bootstrap_f1(m.counts, draws, seed)) for s, m in found.items()}
        ahead: dict[str, Difference] = {}
        for other in found if first in found else ():
            difference = paired_bootstrap(found[first].counts, found[other].counts, draws, seed)
            if other != first and difference is not None:
                ahead[other] = difference
        sample = next(iter(found.values()))
        lines.append(Line(*key, sample.is_accuracy, sample.note, scores, ahead))
    return Report(title, sizes.pop(), tuple(systems), tuple(lines), confidence)


def report_tables(report: Report) -> list[Table]:
    """One Rich table for each section; every score with its counts and interval, the baselines beside it."""
    from rich.table import Table

    tables = []
    for section in dict.fromkeys(line.section for line in report.lines):
        lines = [line for line in report.lines if line.section == section]
        table = Table(title=f"{section} ({report.title}, {report.articles} articles)", title_justify="left")
        table.add_column("")
        accuracy = all(line.is_accuracy for line in lines)
        for system in report.systems:
            for heading in ("share",) if accuracy else ("P", "R", "F1"):
                table.add_column(f"{system} {heading}", justify="right")
            table.add_column("95%", justify="right")
            table.add_column("right/all" if accuracy else "right/pred/gold", justify="right")
        others = [name for name in report.systems[1:] if any(name in line.ahead for line in lines)]
        for name in others:
            table.add_column(f"ahead of {name}", justify="right")
        for line in lines:
            cells = [cell for system in report.systems for cell in _cells(line.scores.get(system), accuracy)]
            table.add_row(line.name, *cells, *(_ahead_cell(line.ahead.get(name)) for name in others))
        notes = list(dict.fromkeys(f"{line.name}: {line.note}" for line in lines if line.note))
        table.caption = "\n".join(notes) or None
        tables.append(table)
    if report.confidence is not None:
        tables.append(confidence_table(report, report.confidence))
    return tables


def confidence_table(report: Report, scores: ConfidenceScores) -> Table:
    """How far confidence can be trusted, and what remains of precision's faults among the surest facts."""
    from rich.table import Table

    table = Table(title=f"confidence ({report.title}, {report.articles} articles)", title_justify="left")
    table.add_column("")
    for heading in ("", "95%", "right/all"):
        table.add_column(heading, justify="right")
    kept, error = scores.kept, scores.interval
    between = "–" if kept.interval is None else f"{kept.interval.low:.3f}–{kept.interval.high:.3f}"
    right = round(scores.precision * scores.facts)
    rows = (
        ("expected calibration error", f"{scores.error:.3f}", f"{error.low:.3f}–{error.high:.3f}", "–"),
        ("  of a perfect one, by chance", f"{scores.error_by_chance:.3f}", "–", "–"),
        ("mean confidence", f"{scores.confidence:.3f}", "–", "–"),
        ("share right", f"{scores.precision:.3f}", "–", f"{right}/{scores.facts}"),
        (f"precision of the surest {KEPT:.0%}", f"{kept.precision:.3f}", between, f"{kept.right}/{kept.facts}"),
        ("  at confidence", f"{kept.threshold:.3f}", "–", "–"),
        ("  kept", f"{kept.share:.3f}", "–", f"{kept.facts}/{scores.facts}"),
        ("right fact surer than wrong one", "–" if scores.ranking is None else f"{scores.ranking:.3f}", "–", "–"),
    )
    for row in rows:
        table.add_row(*row)
    table.caption = "error: 10 equal-width bins (Naeini et al. 2015); facts of equal confidence are kept together"
    return table


def _cells(score: Score | None, accuracy: bool) -> list[str]:
    if score is None:
        return ["–"] * (3 if accuracy else 5)
    count, interval = score.count, score.interval
    between = "–" if interval is None else f"{interval.low:.3f}–{interval.high:.3f}"
    if accuracy:
        return [f"{count.recall:.3f}", between, f"{count.correct}/{count.gold}"]
    scores = [f"{value:.3f}" for value in (count.precision, count.recall, count.f1)]
    return [*scores, between, f"{count.correct}/{count.predicted}/{count.gold}"]


def _ahead_cell(ahead: Difference | None) -> str:
    if ahead is None:
        return "–"
    return f"{ahead.value:+.3f} ({ahead.interval.low:+.3f} to {ahead.interval.high:+.3f})"


def _score_dict(score: Score, is_accuracy: bool) -> dict[str, Any]:
    count = score.count
    shares = (
        {"share": count.recall}
        if is_accuracy
        else {"precision": count.precision, "recall": count.recall, "f1": count.f1}
    )
    return {
        "correct": count.correct,
        "predicted": count.predicted,
        "gold": count.gold,
        **{name: round(value, 6) for name, value in shares.items()},
        "interval": None if score.interval is None else _interval_list(score.interval),
    }


def _ahead_dict(ahead: Difference) -> dict[str, Any]:
    return {"f1": round(ahead.value, 6), "interval": _interval_list(ahead.interval), "wins": round(ahead.wins, 6)}


def _interval_list(interval: Interval) -> list[float]:
    return [round(interval.low, 6), round(interval.high, 6)]
