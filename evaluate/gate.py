"""The gate: scores of the shipped model may not sink below the floors of floors.json, nor the corpus change unnoticed.

    python evaluate/gate.py                                  # exit 1 when anything is wrong, a line each
    python evaluate/gate.py --record                         # raise the floors to what is measured now
    python evaluate/gate.py --record --lower "reason"        # also lower those that are broken; the reason is kept
    python evaluate/gate.py --record --new-corpus "reason"   # the articles themselves have changed, or had no floors

A floor stands a little below what was measured: the same model on another processor may decide a few facts otherwise.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
FLOORS = Path(__file__).resolve().with_name("floors.json")
REQUIRED = frozenset({"test"})  # the others are real articles, which lie beside only some checkouts

MARGIN_FACTS = 3  # facts of a set that may fall to the other side: on one machine the results are the same every time
MARGIN_CONFIDENCE = (
    0.02  # of calibration error and of precision among the surest, where a fact more moves the threshold
)
SCORES = ("value found", "core", "full")
FIELDS = ("metric", "year", "status", "org", "kind", "bound")
SUREST, CALIBRATION, FALSE = "precision of the surest 70%", "calibration error", "false facts an article without facts"
AT_LEAST = (*SCORES, *FIELDS, SUREST)
AT_MOST = (CALIBRATION, FALSE)
COUNTED = ("sha256", "articles", "facts", "optional")


@dataclass(frozen=True)
class Measured:
    """What was measured on a set.

    Attributes:
        corpus: `sha256` of its files; how many `articles`, `facts` that count and `optional` ones it holds.
        scores: by name, those of `AT_LEAST` and `AT_MOST`.
        margins: how far each score's floor stands below it, or its ceiling above.
    """

    corpus: Mapping[str, Any]
    scores: Mapping[str, float]
    margins: Mapping[str, float]


class RefusedError(Exception):
    """Floors that may not be recorded as asked; its arguments are the reasons."""


def broken(floors: Mapping[str, Any], measured: Mapping[str, Measured]) -> list[str]:
    """What is wrong, a line each; empty where the gate is open.

    Args:
        floors: the content of floors.json.
        measured: by the name of the set; sets that are not at hand are left out.
    """
    problems = []
    if floors.get("seal") != seal(floors):
        problems.append("floors.json was changed by hand: record floors with --record, lower them with --lower")
    sets = floors.get("sets", {})
    problems += [f"{name}: not measured" for name in sorted(REQUIRED - set(measured))]
    problems += [f"{name}: no floors are recorded" for name in sorted((REQUIRED | set(measured)) - set(sets))]
    for name in (name for name in measured if name in sets):
        problems += [f"{name}: {problem}" for problem in _broken_set(sets[name], measured[name])]
    return problems


def _broken_set(recorded: Mapping[str, Any], found: Measured) -> list[str]:
    problems = [
        f"corpus: {key} is {_short(found.corpus.get(key))}, recorded is {_short(recorded['corpus'].get(key))}"
        for key in COUNTED
        if found.corpus.get(key) != recorded["corpus"].get(key)
    ]
    for kind, names, sinks in (("at least", AT_LEAST, _below), ("at most", AT_MOST, _above)):
        bounds = recorded.get(kind, {})
        for name in (*names, *(name for name in bounds if name not in names)):
            if name not in bounds:
                problems.append(f"{name}: no floor is recorded")
            elif name not in found.scores:
                problems.append(f"{name}: has a floor, and was not measured")
            elif sinks(found.scores[name], bounds[name]):
                problems.append(f"{name}: {found.scores[name]:.4f}, must be {kind} {bounds[name]:.4f}")
    return problems


def recorded(
    floors: Mapping[str, Any],
    measured: Mapping[str, Measured],
    *,
    lower: str | None = None,
    new_corpus: str | None = None,
    today: str,
) -> dict[str, Any]:
    """Floors raised to what was measured, less the margin.

    Args:
        floors: the old ones; empty the first time.
        measured: by the name of the set; the floors of other sets stay.
        lower: why broken floors are lowered; kept in the file's history.
        new_corpus: why the articles have changed, or a set without floors gets some; likewise.
        today: ISO date, for the history.

    Raises:
        RefusedError: a floor would sink and `lower` gives no reason; a corpus has changed, or has no floors, and
            `new_corpus` gives none; a set that is required, or a score, was not measured; the old floors were changed
            by hand, so that what would be raised from them could have been lowered first.
    """
    if floors and floors.get("seal") != seal(floors):
        raise RefusedError("floors.json was changed by hand: restore it as it was recorded")
    new = deepcopy(dict(floors)) or {"sets": {}, "history": []}
    refused = [f"{name}: not measured" for name in sorted(REQUIRED - set(measured))]
    for name, found in measured.items():
        old = new["sets"].get(name)
        entry: dict[str, Any] = {"corpus": dict(found.corpus), "at least": {}, "at most": {}}
        if old is None or old["corpus"] != entry["corpus"]:
            if new_corpus is None:
                what = "there are no floors for it" if old is None else "the articles have changed"
                refused.append(f'{name}: {what} (say why with --new-corpus "reason")')
            else:
                change = {"from": None if old is None else old["corpus"], "to": entry["corpus"]}
                new["history"].append({"date": today, "set": name, "what": "corpus", **change, "reason": new_corpus})
        for kind, names in (("at least", AT_LEAST), ("at most", AT_MOST)):
            for score in names:
                if score not in found.scores:
                    refused.append(f"{name}: {score} was not measured")
                    continue
                bound, sunk = _bound(found, score, kind, None if old is None else old.get(kind, {}).get(score))
                entry[kind][score] = bound
                if sunk is not None and lower is None:
                    refused.append(
                        f"{name}: {score} is {found.scores[score]:.4f}, its floor {sunk:.4f} "
                        '(lower it with --lower "reason")'
                    )
                elif sunk is not None:
                    new["history"].append(
                        {"date": today, "set": name, "what": score, "from": sunk, "to": bound, "reason": lower}
                    )
        new["sets"][name] = entry
    if refused:
        raise RefusedError(*refused)
    new["seal"] = seal(new)
    return new


def _bound(found: Measured, score: str, kind: str, old: float | None) -> tuple[float, float | None]:
    """The bound to record, and the old one where it is broken. One that holds is never loosened."""
    value, margin = found.scores[score], found.margins[score]
    if kind == "at least":
        bound = round(max(value - margin, 0.0), 4)
        if old is None:
            return bound, None
        return (bound, old) if _below(value, old) else (max(bound, old), None)
    bound = round(value + margin, 4)
    if old is None:
        return bound, None
    return (bound, old) if _above(value, old) else (min(bound, old), None)


def _below(value: float, bound: float) -> bool:
    return not value >= bound - 1e-9  # a score that is no number is below


def _above(value: float, bound: float) -> bool:
    return not value <= bound + 1e-9


def seal(floors: Mapping[str, Any]) -> str:
    """A digest of all else in the file: shows that it was written by this script, and guards against slips alone."""
    content = {key: value for key, value in floors.items() if key != "seal"}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _short(value: Any) -> str:
    return f"{value[:12]}…" if isinstance(value, str) and len(value) > 12 else str(value)


def measure(model: Path | None) -> dict[str, Measured]:
    """Score a model, the shipped one by default, on every set at hand."""
    from chitieu.cli.evaluate import default_sets
    from chitieu.pipeline import load
    from chitieu.scoring.breakdown import false_facts
    from chitieu.scoring.compare import predict_facts
    from chitieu.scoring.confidence import confidence_scores, judge
    from chitieu.scoring.counts import fact_measures
    from chitieu.scoring.evaluate import read_gold

    nlp = load(model or ROOT / "models" / "chitieu_vi")
    measured = {}
    for item in default_sets(ROOT):
        gold = read_gold(item.paths)
        facts = predict_facts(nlp, gold)
        totals = {line.name: line.total for line in fact_measures(gold, facts)}
        scores = {name: totals[name].f1 for name in (*SCORES, *FIELDS)}
        margins = {name: MARGIN_FACTS / max(totals[name].gold, 1) for name in (*SCORES, *FIELDS)}
        false, without = false_facts(gold, facts)
        scores[FALSE], margins[FALSE] = (false / without, MARGIN_FACTS / without) if without else (0.0, 0.0)
        sure = confidence_scores(judge(gold, facts), draws=2)
        if sure is not None:
            scores[SUREST], scores[CALIBRATION] = sure.kept.precision, sure.error
            margins[SUREST] = margins[CALIBRATION] = max(MARGIN_CONFIDENCE, MARGIN_FACTS / sure.facts)
        digest = hashlib.sha256(b"".join(path.read_bytes() for path in item.paths)).hexdigest()
        optional = sum(fact.optional for article in gold for fact in article.facts)
        corpus = {"sha256": digest, "articles": len(gold), "facts": totals["core"].gold, "optional": optional}
        measured[item.name] = Measured(corpus, {name: round(value, 6) for name, value in scores.items()}, margins)
    return measured


def print_scores(floors: Mapping[str, Any], measured: Mapping[str, Measured]) -> None:
    for name, found in measured.items():
        entry = floors.get("sets", {}).get(name, {})
        bounds = {**entry.get("at least", {}), **entry.get("at most", {})}
        print(f"{name}: {found.corpus['articles']} articles, {found.corpus['facts']} facts")
        for score, value in found.scores.items():
            bound = bounds.get(score)
            print(f"  {score:38} {value:.4f}  {'at most' if score in AT_MOST else 'floor':>7} {bound}")


def main(arguments: Sequence[str] | None = None, path: Path = FLOORS) -> int:
    parser = argparse.ArgumentParser(description="Hold the shipped model against the floors of evaluate/floors.json.")
    parser.add_argument("--model", type=Path, help="another model folder")
    parser.add_argument("--record", action="store_true", help="raise the floors to what is measured, less a margin")
    parser.add_argument("--lower", metavar="REASON", help="with --record: lower the floors that are broken")
    parser.add_argument(
        "--new-corpus", metavar="REASON", help="with --record: the articles have changed, or had no floors"
    )
    options = parser.parse_args(arguments)
    for name in ("lower", "new_corpus"):
        reason = getattr(options, name)
        if reason is not None and (not options.record or len(reason.split()) < 2):
            parser.error(f"--{name.replace('_', '-')} goes with --record, and takes a reason in words")
    floors = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    measured = measure(options.model)
    if options.record:
        try:
            floors = recorded(
                floors, measured, lower=options.lower, new_corpus=options.new_corpus, today=date.today().isoformat()
            )
        except RefusedError as refused:
            print("not recorded:", *refused.args, sep="\n  ", file=sys.stderr)
            return 1
        path.write_text(json.dumps(floors, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print_scores(floors, measured)
    problems = broken(floors, measured)
    if problems:
        print("the gate is shut:", *problems, sep="\n  ", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
