"""The experiment bench: trains a configuration with several seeds, scores each, appends a line to experiments.jsonl.

    python evaluate/experiment.py NAME [--config configs/cpu.cfg] [--set training.max_epochs=4 …] [--seeds 0 1 2]
    python evaluate/experiment.py NAME --source written --articles 50    # learn from fewer articles
    python evaluate/experiment.py --table                                # the recorded lines as a table

Every line names the configuration and the corpora by digest, so that two lines can be told to be of one kind. Scored is
the corpus' own test split and, where they lie beside the checkout, real-dev and the two seed reports; none of these is
ever trained on. A line that is recorded already (same name, seed, configuration and corpora) is not trained again.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
RECORDS = Path(__file__).with_name("experiments.jsonl")
SOURCES = ("both", "written", "real")
LABELS = ("VALUE", "ORG", "YEAR")
SCORES = ("value found", "core", "full")
FIELDS = ("metric", "year", "status", "org", "kind", "bound")


@dataclass(frozen=True)
class Experiment:
    """One configuration on one choice of articles.

    Attributes:
        name: in the table.
        config: spaCy config.
        settings: values of the config by dotted name.
        source: `written`, `real` or `both`.
        articles: how many of them, chosen by the seed; None for all.
        vectors: pipeline whose word vectors are used.
    """

    name: str
    config: Path
    settings: dict[str, Any]
    source: str = "both"
    articles: int | None = None
    vectors: Path = ROOT / "models" / "chitieu_vi"

    def digest(self) -> str:
        """SHA-256 of the config's bytes, the settings, and the pretrained token vectors that they name."""
        from spacy.util import load_config

        settings = json.dumps(self.settings, sort_keys=True)
        named = load_config(self.config, overrides=self.settings, interpolate=False)["paths"].get("init_tok2vec")
        pretrained = (ROOT / named).read_bytes() if named else b""
        return hashlib.sha256(self.config.read_bytes() + settings.encode() + pretrained).hexdigest()


def chosen(ids: Sequence[str], count: int | None, seed: int) -> set[str]:
    """The first articles in an order that hangs on the seed alone, so that a larger choice holds the smaller ones."""
    order = sorted(ids, key=lambda id: hashlib.sha256(f"{seed}:{id}".encode()).digest())
    return set(order if count is None else order[:count])


def choose_corpora(experiment: Experiment, seed: int, folder: Path) -> Any:
    """The corpora of a checkout, cut down to what the experiment learns from; files go to `folder`."""
    from chitieu.annotation.gold import read_annotated, write_annotated
    from chitieu.training.corpora import Corpora, default_corpora

    whole = default_corpora(ROOT)
    parts = {"written": whole.train, "real": whole.partial_train}
    read = {
        name: [article for path in paths for article in read_annotated(path)]
        for name, paths in parts.items()
        if experiment.source in (name, "both")
    }
    keep = chosen([article.id for articles in read.values() for article in articles], experiment.articles, seed)
    files: dict[str, tuple[Path, ...]] = {"written": (), "real": ()}
    for name, articles in read.items():
        kept = [article for article in articles if article.id in keep]
        if kept:
            files[name] = (folder / f"{name}.jsonl",)
            write_annotated(files[name][0], kept)
    return Corpora(files["written"], whole.dev, files["real"])


def run(experiment: Experiment, seed: int) -> dict[str, Any]:
    """Train once and score; one line of the table."""
    from chitieu.pipeline import load
    from chitieu.training.train import train

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        corpora = choose_corpora(experiment, seed, folder)
        start = time.perf_counter()
        trained = train(
            experiment.config,
            folder / "model",
            corpora,
            vectors=experiment.vectors,
            overrides={**experiment.settings, "system.seed": seed},
        )
        minutes = (time.perf_counter() - start) / 60
        size = sum(path.stat().st_size for path in trained.folder.rglob("*") if path.is_file())
        nlp = load(trained.folder)
        return {
            **key(experiment, seed),
            "date": date.today().isoformat(),
            "settings": experiment.settings,
            "corpora_sha256": corpora.digest(),
            "learned_from": sum(
                len(path.read_bytes().splitlines()) for path in (*corpora.train, *corpora.partial_train)
            ),
            "minutes": round(minutes, 1),
            "megabytes": round(size / 1e6, 1),
            **score(nlp),
        }


def key(experiment: Experiment, seed: int) -> dict[str, Any]:
    """What tells one line from another, known before training."""
    return {
        "name": experiment.name,
        "config": experiment.config.name,
        "config_sha256": experiment.digest(),
        "source": experiment.source,
        "articles": experiment.articles,
        "seed": seed,
    }


def score(nlp: Any) -> dict[str, Any]:
    """Scores on the held-out sets, and articles a second over all of them (compare only lines of one machine)."""
    from chitieu.cli.evaluate import default_sets
    from chitieu.scoring.evaluate import evaluate, read_gold

    sets: dict[str, Any] = {}
    articles, seconds = 0, 0.0
    for held_out in default_sets(ROOT):
        gold = read_gold(held_out.paths)
        report = evaluate(nlp, gold, held_out.name, partial=held_out.partial)
        sets[held_out.name] = sheet(report.to_dict())
        start = time.perf_counter()
        list(nlp.pipe(article.article.text for article in gold))
        articles, seconds = articles + len(gold), seconds + time.perf_counter() - start
    return {"articles_per_second": round(articles / seconds, 1), "sets": sets}


def sheet(report: dict[str, Any]) -> dict[str, Any]:
    """The figures of a report that the table keeps: F1 with its 95% interval, accuracies of fields, spans and links."""
    sections = report["sections"]

    def of(section: str, name: str, figure: str) -> Any:
        return sections.get(section, {}).get(name, {}).get("model", {}).get(figure)

    roles = next((section for section in sections if "gold spans" in section), "")
    return {
        "facts": of("facts", "core", "gold"),
        **{name: [of("facts", name, "f1"), *(of("facts", name, "interval") or ())] for name in SCORES},
        "fields": {name: measure["model"].get("share") for name, measure in _with_model(sections, "fields")},
        "spans": {name: measure["model"].get("f1") for name, measure in _with_model(sections, "spans")},
        "links on gold spans": {name: measure["model"].get("f1") for name, measure in _with_model(sections, roles)},
    }


def _with_model(sections: dict[str, Any], start: str) -> Iterator[tuple[str, Any]]:
    for section, measures in sections.items():
        if start and section.startswith(start):
            yield from ((name, measure) for name, measure in measures.items() if "model" in measure)


def recorded(records: Path = RECORDS) -> list[dict[str, Any]]:
    """The lines of the table."""
    return [json.loads(line) for line in records.read_text("utf-8").splitlines()] if records.is_file() else []


def record(experiment: Experiment, seeds: Sequence[int], records: Path = RECORDS) -> None:
    """Train and score with each seed whose line is not recorded yet; a line is kept as soon as it is known."""
    wanted = key(experiment, 0)  # once: it reads the config and the pretrained weights
    known = [{name: line.get(name) for name in wanted} for line in recorded(records)]
    for seed in seeds:
        if {**wanted, "seed": seed} in known:
            continue
        line = run(experiment, seed)
        with records.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(line, ensure_ascii=False) + "\n")
        print(table([line]), flush=True)


def table(lines: Sequence[dict[str, Any]]) -> str:
    """Lines as a table: means over the seeds of one name, source and number of articles, lowest and highest."""
    groups: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for line in lines:
        groups.setdefault((line["name"], line["source"], line["articles"], line["config_sha256"]), []).append(line)
    rows = ["| experiment | articles | seeds | set | value found | core | full | metric | year | status | org |"]
    rows.append("|---|---|---:|---|---:|---:|---:|---:|---:|---:|---:|")
    for (name, source, articles, _), group in groups.items():
        for held_out in dict.fromkeys(name for line in group for name in line["sets"]):
            sheets = [line["sets"][held_out] for line in group if held_out in line["sets"]]
            scores = [_spread([each[score][0] for each in sheets]) for score in SCORES]
            fields = [_spread([each["fields"].get(field) for each in sheets]) for field in FIELDS[:4]]
            which = f"{source} {'all' if articles is None else articles}"
            rows.append(f"| {name} | {which} | {len(group)} | {held_out} | {' | '.join([*scores, *fields])} |")
    return "\n".join(rows)


def _spread(figures: Sequence[float | None]) -> str:
    known = [figure for figure in figures if figure is not None]
    if not known:
        return "–"
    mean = f"{sum(known) / len(known):.3f}"
    return mean if len(known) == 1 else f"{mean} ({min(known):.3f}–{max(known):.3f})"


def setting(text: str) -> tuple[str, Any]:
    """`training.max_epochs=4` as name and value; a value that is no JSON is text."""
    name, sign, value = text.partition("=")
    if not sign:
        raise argparse.ArgumentTypeError(f"{text!r} has no =; write training.max_epochs=4")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", nargs="?")
    parser.add_argument("--config", type=Path, default=ROOT / "configs" / "cpu.cfg")
    parser.add_argument("--set", dest="settings", type=setting, nargs="*", default=[])
    parser.add_argument("--seeds", type=int, nargs="*", default=[0, 1, 2])
    parser.add_argument("--source", choices=SOURCES, default="both")
    parser.add_argument("--articles", type=int)
    parser.add_argument("--vectors", type=Path, default=ROOT / "models" / "chitieu_vi")
    parser.add_argument("--table", action="store_true")
    arguments = parser.parse_args()
    if arguments.table:
        print(table(recorded()))
        return 0
    if arguments.name is None:
        parser.error("name the experiment, or ask for the --table")
    experiment = Experiment(
        arguments.name,
        arguments.config,
        dict(arguments.settings),
        arguments.source,
        arguments.articles,
        arguments.vectors,
    )
    record(experiment, arguments.seeds)
    return 0


if __name__ == "__main__":
    sys.exit(main())
