"""Scores the shipped model and writes what is said about it: models/chitieu_vi/scores.json, its card, and the README's table.

    python evaluate/model_card.py

The real articles are scored where ../shared/data lies beside the checkout; a run without it keeps their recorded scores.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from chitieu.cli.evaluate import default_sets, write_plots
from chitieu.pipeline import load
from chitieu.scoring.evaluate import BASELINE, MODEL, evaluate, read_gold

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "models" / "chitieu_vi"
SPEED = ROOT / "evaluate" / "benchmark.json"  # written by evaluate/benchmark.py --output
ABOUT = {
    "test": "the written corpus' own test split",
    "real-dev": "real articles: budget, companies, provincial and district reports, news",
    "seeds": "two real reports of provincial cooperative alliances",
}
FIELDS = ("metric", "year", "status", "org", "kind", "bound")


def main() -> None:
    scores_file = FOLDER / "scores.json"
    recorded = json.loads(scores_file.read_text(encoding="utf-8")) if scores_file.is_file() else {}
    nlp = load(FOLDER)
    measured = [evaluate(nlp, read_gold(item.paths), item.name, partial=item.partial) for item in default_sets(ROOT)]
    write_plots(measured, FOLDER / "plots")
    reports = {**recorded, **{report.title: report.to_dict() for report in measured}}
    scores_file.write_text(json.dumps(reports, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    table = facts_table(reports)
    meta = json.loads((FOLDER / "meta.json").read_text(encoding="utf-8"))
    (FOLDER / "README.md").write_text(card(reports, meta, table), encoding="utf-8")
    replace_block(ROOT / "README.md", "scores", table)
    if SPEED.is_file():
        replace_block(ROOT / "README.md", "speed", speed_table(json.loads(SPEED.read_text(encoding="utf-8"))))
    print(table)


def facts_table(reports: dict[str, Any]) -> str:
    """Facts: F1 of the model with its interval, and of the baseline; fields over matched values."""
    lines = [
        "| articles | facts | value found | core F1 (95%) | nearest span | full F1 | " + " | ".join(FIELDS) + " |",
        "|---|---:|---:|---:|---:|---:|" + "---:|" * len(FIELDS),
    ]
    for name, report in reports.items():
        facts, fields = report["sections"]["facts"], report["sections"]["fields over matched values"]
        core = facts["core"][MODEL]
        low, high = core["interval"]
        lines.append(
            f"| {name}: {report['articles']} | {core['gold']} | {facts['value found'][MODEL]['f1']:.3f} "
            f"| **{core['f1']:.3f}** ({low:.2f}–{high:.2f}) | {facts['core'][BASELINE]['f1']:.3f} "
            f"| {facts['full'][MODEL]['f1']:.3f} | "
            + " | ".join(f"{fields[field][MODEL]['share']:.3f}" for field in FIELDS)
            + " |"
        )
    return "\n".join(lines)


def confidence_table(reports: dict[str, Any]) -> str:
    """How far confidence can be trusted."""
    lines = [
        "| articles | calibration error (95%) | of a perfect model, by chance | mean confidence | share right "
        "| precision of the surest 70% (95%) | at confidence |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for name, report in reports.items():
        scores = report.get("confidence")
        if scores is not None:
            kept = scores["surest 70%"]
            lines.append(
                f"| {name} | {scores['expected calibration error']:.3f} ({_between(scores['interval'])}) "
                f"| {scores['error of a perfectly calibrated model']:.3f} | {scores['mean confidence']:.3f} "
                f"| {scores['precision']:.3f} | {kept['precision']:.3f} ({_between(kept['interval'])}) "
                f"| {kept['threshold']:.2f} |"
            )
    return "\n".join(lines)


def _between(interval: list[float]) -> str:
    return f"{interval[0]:.2f}–{interval[1]:.2f}"


def section_table(report: dict[str, Any], sections: tuple[str, ...]) -> str:
    """F1 of the model and the baseline, with counts, for the lines of some sections."""
    lines = ["| | P | R | F1 | right / predicted / gold | nearest span F1 |", "|---|---:|---:|---:|---:|---:|"]
    for section in sections:
        for name, systems in report["sections"].get(section, {}).items():
            score, baseline = systems[MODEL], systems.get(BASELINE)
            lines.append(
                f"| {section}: {name} | {score['precision']:.3f} | {score['recall']:.3f} | {score['f1']:.3f} "
                f"| {score['correct']} / {score['predicted']} / {score['gold']} | {baseline['f1']:.3f} |"
                if baseline
                else f"| {section}: {name} | {score['precision']:.3f} | {score['recall']:.3f} | {score['f1']:.3f} "
                f"| {score['correct']} / {score['predicted']} / {score['gold']} | – |"
            )
    return "\n".join(lines)


def speed_table(found: dict[str, Any]) -> str:
    """What benchmark.py measured, as ratios of one run."""
    memory, start = found["memory"], found["start_seconds"]
    rows = [
        ("tokenizer, time : raw `word_tokenize`", f"{found['tokenizer_cost']:.2f}"),
        ("whole pipeline, one process, speed : raw `word_tokenize`", f"{found['pipeline_speed']:.2f}"),
        ("loading, imports included", f"{start['load']:.1f} s"),
        ("`chitieu --help`", f"{start['help']:.2f} s"),
        ("model on disk", f"{found['model_megabytes']:.0f} MB"),
        (f"peak memory over {memory['articles']:,} articles streamed", f"{memory['megabytes_peak']:.0f} MB"),
    ]
    return "\n".join(["| | |", "|---|---:|", *(f"| {what} | {measured} |" for what, measured in rows)])


def card(reports: dict[str, Any], meta: dict[str, Any], table: str) -> str:
    """The model card."""
    shown = reports.get("real-dev", reports["test"])
    stages = section_table(shown, ("spans, exact", "links on gold spans", "links end to end"))
    about = "\n".join(f"- **{name}**: {ABOUT[name]}" for name in reports)
    trained = meta["chitieu"]
    return f"""# chitieu_vi {meta["version"]}

A spaCy pipeline (`{" → ".join(meta["pipeline"])}`) that finds targets and results in Vietnamese articles: org, metric,
value, year, target or actual, each with its characters. Load it with `chitieu.load()` or `spacy.load("models/chitieu_vi")`.

**Architecture.** A CNN over word vectors and hashed word features, shared by a transition-based tagger (VALUE METRIC ORG
YEAR TARGET ACTUAL) and a relation network that picks, for each value, its metric and cue word by word and its `of`, org,
year and base among the article's mentions, and tells status, kind and direction. Numbers, periods and bounds are read by
grammar. Confidence is calibrated by a logistic curve (Platt scaling with one sign more) on held-out articles.

**Training data.** {", ".join(trained["corpora"])}; SHA-256 of the files `{trained["corpus_sha256"][:16]}…`. The real
articles are not part of this project and were used for training only; one in twenty was held out to choose the checkpoint.
Word vectors: skip-gram over 39,354 news articles (24 million words).

**Scores** (annotation guidelines §7; the baseline has the same tagger and draws each link to the nearest span), none of
them on articles that were trained on:

{table}

{about}

**Confidence** is the probability that value, metric, year and status are all right. Calibration error is over ten bins of
equal width (Naeini et al. 2015); diagrams are in `plots/`.

{confidence_table(reports)}

Stage by stage on {shown["title"]}:

{stages}

Written by `evaluate/model_card.py`; run it again to check.

**Limits.** Trained on news and official reports of 2008–2026; figures in tables without words, in speech, or in other
genres are out of its depth. Years are less sure where an article's publication date is unknown. Organisations that stand
far from their figures are the weakest field.
"""


def replace_block(file: Path, name: str, content: str) -> None:
    """Put content between the marks `<!-- name -->` and `<!-- /name -->` of a file."""
    text = file.read_text(encoding="utf-8")
    block = f"<!-- {name} -->\n{content}\n<!-- /{name} -->"
    changed, found = re.subn(rf"<!-- {name} -->.*?<!-- /{name} -->", lambda _: block, text, flags=re.DOTALL)
    if not found:
        raise SystemExit(f"{file}: no block <!-- {name} -->")
    file.write_text(changed, encoding="utf-8")


if __name__ == "__main__":
    main()
