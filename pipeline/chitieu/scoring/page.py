"""The evaluation report: one self-contained HTML page of scores, plots, confusions and every wrong fact."""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

from chitieu.facts.fact import Fact
from chitieu.facts.readable import printable
from chitieu.scoring.breakdown import attribute_measures, genre_measures
from chitieu.scoring.confidence import KEPT, ConfidenceScores
from chitieu.scoring.confusion import NONE, Confusion, attribute_confusions, label_confusion, role_confusion
from chitieu.scoring.evaluate import BASELINE, MODEL, Run
from chitieu.scoring.examples import CLASSES, Example, wrong_facts
from chitieu.scoring.plots import precision_recall_plot, reliability_plot
from chitieu.scoring.report import Line, Report, make_report
from chitieu.scoring.spans import MARKED_WHERE_LINKED

_SCRIPT = re.compile("<script>(.*?)</script>", re.DOTALL)
_FIRST = ("facts", "fields over matched values")  # shown at once; what the other sections say is folded away

_LEGEND = (
    ("value", ""), ("of", "counted noun it belongs to"), ("metric", ""), ("org", ""), ("year", ""),
    ("base", "year compared with"), ("target", "cue"), ("actual", "cue"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Evaluated:
    """A set of articles with all that is said of it.

    Attributes:
        run: what the model made of the articles.
        report: its scores.
        partial: whether the articles mark ORG and YEAR only where a fact links to them.
        examples: whether wrong facts are shown in their sentences, or only counted.
    """

    run: Run
    report: Report
    partial: bool = False
    examples: bool = True


def render_report(sets: Sequence[Evaluated], model: str, min_confidence: float = 0.0) -> Iterator[str]:
    """The page, in pieces; every text is escaped, and a content policy forbids all but the page's own script.

    Args:
        sets: at least one.
        model: what is scored, in words.
        min_confidence: the least confidence of the facts that were scored.
    """
    from jinja2 import Environment, StrictUndefined  # an evaluation without a page need not load it

    source = resources.files(__package__).joinpath("report.html").read_text(encoding="utf-8")
    script = _SCRIPT.search(source)
    digest = hashlib.sha256(script.group(1).encode("utf-8") if script else b"").digest()
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["share"] = lambda value: f"{value:.3f}"
    found = [[] if not item.examples else list(wrong_facts(item.run.gold, facts_of(item.run))) for item in sets]
    shown = [(number, example) for number, examples in enumerate(found) for example in examples]
    stream = environment.from_string(source).stream(
        model=printable(model),
        min_confidence=min_confidence,
        sets=[_set(number, item, min_confidence) for number, item in enumerate(sets)],
        examples=[{"set": number, "example": example} for number, example in shown],
        choices=_choices([example for _, example in shown]),
        classes=_classes([example for _, example in shown]),
        labels=_LEGEND,
        script_digest=base64.b64encode(digest).decode("ascii"),
    )
    stream.enable_buffering(1_000)
    return iter(stream)


def facts_of(run: Run) -> dict[str, tuple[Fact, ...]]:
    """The model's facts by article id."""
    return {article_id: found.facts for article_id, found in run.model.items()}


def confusions(run: Run, *, partial: bool) -> list[Confusion]:
    """Labels, links by role, statuses and kinds of a run."""
    spans = {article_id: found.spans for article_id, found in run.model.items()}
    links = {article_id: found.links for article_id, found in run.model.items()}
    return [
        label_confusion(run.gold, spans, MARKED_WHERE_LINKED if partial else ()),
        role_confusion(run.gold, links),
        *attribute_confusions(run.gold, facts_of(run)),
    ]


def _set(number: int, item: Evaluated, min_confidence: float) -> dict[str, Any]:
    report, run = item.report, item.run
    facts = facts_of(run)
    parts = [
        *(make_report(genre, {MODEL: measures}) for genre, measures in genre_measures(run.gold, facts)),
        make_report(report.title, {MODEL: attribute_measures(run.gold, facts)}),
    ]
    sections = _sections(report)
    return {
        "number": number,
        "title": printable(report.title),
        "articles": report.articles,
        "facts": report.line("facts", "core").scores[MODEL].count.gold,
        "figures": _figures(report),
        "first": {name: lines for name, lines in sections.items() if name in _FIRST},
        "rest": {name: lines for name, lines in sections.items() if name not in _FIRST},
        "parts": _sections(*parts),
        "confusions": [_heat(confusion) for confusion in confusions(run, partial=item.partial)],
        "plots": _plots(report.confidence, number, min_confidence),
        "confidence": report.confidence,
        "kept": f"{KEPT:.0%}",
        "counts": None if item.examples else _classes(list(wrong_facts(run.gold, facts))),
    }


def _figures(report: Report) -> list[tuple[str, str, str]]:
    """The figures that say most: name, score, and how sure or out of what."""
    figures = []
    for name in ("value found", "core", "full"):
        score = report.line("facts", name).scores[MODEL]
        between = f"{score.interval.low:.2f}–{score.interval.high:.2f}" if score.interval else ""
        figures.append((f"{name} F1", f"{score.count.f1:.3f}", between))
    scores = report.confidence
    if scores is not None:
        error = f"{scores.interval.low:.2f}–{scores.interval.high:.2f}"
        figures.append(("calibration error", f"{scores.error:.3f}", error))
        kept = f"{scores.kept.right} of {scores.kept.facts}"
        figures.append((f"precision, surest {KEPT:.0%}", f"{scores.kept.precision:.3f}", kept))
    return figures


def _sections(*reports: Report) -> dict[str, list[dict[str, Any]]]:
    sections: dict[str, list[dict[str, Any]]] = {}
    for line in (line for report in reports for line in report.lines):
        sections.setdefault(line.section, []).append(_line(line))
    return sections


def _line(line: Line) -> dict[str, Any]:
    score, baseline = line.scores[MODEL], line.scores.get(BASELINE)
    count, ahead = score.count, line.ahead.get(BASELINE)
    counted = f"{count.correct}/{count.gold}" if line.is_accuracy else f"{count.correct}/{count.predicted}/{count.gold}"
    return {
        "name": printable(line.name),
        "score": count.f1,
        "interval": f"{score.interval.low:.2f}–{score.interval.high:.2f}" if score.interval else "",
        "precision": None if line.is_accuracy else count.precision,
        "recall": None if line.is_accuracy else count.recall,
        "counts": counted,
        "baseline": None if baseline is None else baseline.count.f1,
        "ahead": "" if ahead is None else f"{ahead.value:+.3f}",
        "note": line.note or "",
    }


def _heat(confusion: Confusion) -> dict[str, Any]:
    """A confusion with each cell's share of its row, and whether it is where it should be."""
    rows = []
    for row, counts in zip(confusion.rows, confusion.counts, strict=True):
        total = max(sum(counts), 1)
        cells = [
            {"count": count, "heat": round(count / total, 3), "good": column in {row, "right", "rightly none"}}
            for column, count in zip(confusion.columns, counts, strict=True)
        ]
        for cell, column in zip(cells, confusion.columns, strict=True):
            cell["empty"] = row == column == NONE
        rows.append((row, cells))
    return {"title": confusion.title, "columns": confusion.columns, "rows": rows, "note": confusion.note}


def _plots(scores: ConfidenceScores | None, number: int, min_confidence: float) -> list[tuple[str, Any]]:
    from markupsafe import Markup

    if scores is None:
        return []
    drawn = (
        ("Precision against recall, as the least confidence falls", precision_recall_plot(
            scores, min_confidence, themed=True, name=str(number)
        )),
        ("How often facts of a confidence are right", reliability_plot(scores, themed=True, name=str(number))),
    )  # fmt: skip
    # the drawings hold numbers and our own words alone, nothing that was read from an article
    return [(title, Markup(svg)) for title, svg in drawn]  # noqa: S704


def _choices(examples: Sequence[Example]) -> dict[str, list[str]]:
    """What the filters offer."""
    return {
        "kind": sorted({example.kind for example in examples}),
        "genre": sorted({example.genre for example in examples} - {""}),
        "article": list(dict.fromkeys(example.article_id for example in examples)),
    }


def _classes(examples: Sequence[Example]) -> list[tuple[str, int]]:
    """Classes of error with how many wrong facts have them; one fact may have several."""
    counts: Mapping[str, int] = Counter(name for example in examples for name in example.classes)
    return [(name, counts[name]) for name in CLASSES if name in counts]
