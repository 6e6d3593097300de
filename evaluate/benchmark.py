"""Speed and memory, side by side in one run on the same articles.

    python evaluate/benchmark.py [--model DIR] [--articles 200] [--repeats 3] [--memory 10000] [--lengths 1 10 100 1000]
        [--output FILE.json] [--plot FILE.svg]

Rates are medians over repeats that take turns, so that a busy spell of the machine falls on all alike. For a fair ratio
every process has one core (--threads sets how many the matrix multiplications of this one may use): underthesea's
`word_tokenize` and `ner`, spaCy's layers untrained, and the pipeline run in this one; workers, as `chitieu tag` has
them, in one and in two of their own.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from spacy.language import Language

    from chitieu.article import Article

ROOT = Path(__file__).resolve().parents[1]
BATCH = 16

# What must be reached: issues 2 and 5.
MOST_TOKENIZER_COST = 1.3
LEAST_PIPELINE_SPEED = 0.5
LEAST_TWO_WORKERS = 1.8
LEAST_OVER_NER = 20
MOST_MEGABYTES_WORKER = 1_000
MOST_LENGTH_COST = 1.5  # of a thousand bytes in the longest article, to that in one a hundredth as long
MOST_MEGABYTES_PEAK = 1_000
MOST_MEGABYTES_MODEL = 40
MOST_SECONDS_LOADING = 3.0
MOST_SECONDS_HELP = 0.5


def default_articles() -> list[Path]:
    """The real articles where a checkout has them, else the corpus."""
    real = ROOT.parent / "shared" / "data" / "real-train.jsonl"
    return [real] if real.is_file() else sorted((ROOT / "annotations").glob("*.jsonl"))


def read_articles(paths: list[Path], limit: int | None = None) -> list[Article]:
    """The first articles of some files, spread evenly."""
    from chitieu.annotation.gold import read_annotated

    articles = [item.article for path in paths for item in read_annotated(path)]
    return articles[:: max(1, len(articles) // limit)][:limit] if limit else articles


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def measure_speed(model: Path, articles: list[Article], repeats: int) -> tuple[dict[str, list[float]], dict[str, Any]]:
    """Seconds of every repeat of every contestant over all articles; and the lengths, and what workers held."""
    import spacy
    from benchmark_rivals import crew_of, peak_of, spacy_shape, underthesea_ner
    from underthesea import word_tokenize

    import chitieu
    from chitieu.pipeline import tag

    texts = [article.text for article in articles]
    nlp, plain, shape = chitieu.load(model), spacy.load(model), spacy_shape()
    recognise, share = underthesea_ner(texts)
    word_tokenize(texts[0])
    for pipeline in (nlp, plain):
        list(tag(pipeline, articles[:BATCH]))
    with crew_of(1, model, articles) as (one, work_of_one), crew_of(2, model, articles) as (two, work_of_two):
        contestants: dict[str, Callable[[], object]] = {
            "word_tokenize": lambda: [word_tokenize(text) for text in texts],
            "tokenizer": lambda: [nlp.make_doc(text) for text in texts],
            "pipeline": lambda: sum(1 for _ in tag(nlp, articles)),
            "1 worker": work_of_one,
            "2 workers": work_of_two,
            "pipeline, as spaCy runs it": lambda: sum(1 for _ in tag(plain, articles)),
            "spaCy's shape, untrained": lambda: sum(1 for _ in shape.pipe(texts, batch_size=BATCH)),
            "underthesea.ner": recognise,
        }
        times: dict[str, list[float]] = {name: [] for name in contestants}
        for _ in range(repeats):
            for name, work in contestants.items():
                times[name].append(seconds(work) / (share if name == "underthesea.ner" else 1))
        peak = max(peak_of(one), peak_of(two))
    for name, spent in measure_components(nlp, articles, repeats).items():
        times[f"component {name}"] = spent
    return times, {"megabytes_worker": round(peak), "ner_share": share}


def measure_components(nlp: Language, articles: list[Article], repeats: int) -> dict[str, list[float]]:
    """Seconds of each component over all articles, batch by batch as tagging runs them."""
    times: dict[str, list[float]] = {name: [] for name in ("tokenizer", *nlp.pipe_names)}
    for _ in range(repeats):
        spent = dict.fromkeys(times, 0.0)
        stream = iter(articles)
        while batch := list(islice(stream, BATCH)):
            start = time.perf_counter()
            docs = [nlp.make_doc(article.text) for article in batch]
            for doc, article in zip(docs, batch, strict=True):
                doc._.published, doc._.title = article.published, article.title
            spent["tokenizer"] += time.perf_counter() - start
            for name, component in nlp.pipeline:
                start = time.perf_counter()
                piped: Any = getattr(component, "pipe", None)
                docs = list(piped(docs, batch_size=BATCH)) if piped else [component(doc) for doc in docs]
                spent[name] += time.perf_counter() - start
        for name, total in spent.items():
            times[name].append(total)
    return times


def measure_memory(model: Path, paths: list[Path], number: int) -> dict[str, float]:
    """Peak memory of a process of its own that tags a stream of articles, which are repeated to make the number."""
    arguments = [str(model), str(number), *map(str, paths)]
    done = subprocess.run(
        [sys.executable, __file__, "--stream", *arguments], capture_output=True, text=True, check=True
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def stream(model: str, number: str, *paths: str) -> None:
    """What the process of `measure_memory` does."""
    import chitieu
    from chitieu.pipeline import tag

    def repeated() -> Iterator[Article]:
        yield from islice(cycle(read_articles([Path(path) for path in paths])), int(number))

    nlp = chitieu.load(model)
    loaded = peak_megabytes()
    start = time.perf_counter()
    facts = sum(len(tagged.facts) for tagged in tag(nlp, repeated()))
    print(
        json.dumps(
            {
                "articles": int(number),
                "facts": facts,
                "seconds": round(time.perf_counter() - start, 1),
                "megabytes_loaded": round(loaded),
                "megabytes_peak": round(peak_megabytes()),
            }
        )
    )


def peak_megabytes() -> float:
    """Peak memory of this process."""
    status = Path("/proc/self/status")
    if status.is_file():  # Linux, where getrusage counts what the parent held when it started this process
        return int(status.read_text().split("VmHWM:")[1].split()[0]) / 1024
    import resource

    unit = 1 if platform.system() == "Darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def measure_start(model: Path, repeats: int) -> dict[str, float]:
    """Seconds to import and load, and to answer `chitieu --help`, each in processes of their own."""
    load = (
        f"import time; t = time.perf_counter(); import chitieu; chitieu.load({str(model)!r});"
        " print(time.perf_counter() - t)"
    )
    loading = [float(subprocess.check_output([sys.executable, "-c", load], text=True)) for _ in range(repeats)]
    command = [sys.executable, "-c", "from chitieu.cli import main; main()", "--help"]
    helping = [seconds(lambda: subprocess.run(command, capture_output=True, check=True)) for _ in range(repeats)]
    return {"load": statistics.median(loading), "help": statistics.median(helping)}


def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    """All numbers, as they are written to JSON."""
    from benchmark_rivals import measure_lengths

    import chitieu

    # other work on the machine: with no core free, two workers can't be faster than one
    load = round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None
    articles = read_articles(arguments.data, arguments.articles)
    model: Path = arguments.model
    times, more = measure_speed(model, articles, arguments.repeats)
    medians = {name: statistics.median(spent) for name, spent in times.items()}
    components = {
        name.removeprefix("component "): spent for name, spent in medians.items() if name.startswith("component ")
    }
    size = sum(file.stat().st_size for file in model.rglob("*") if file.is_file())
    return {
        "model": str(model),
        "data": [path.name for path in arguments.data],
        "articles": len(articles),
        "characters": sum(len(article.text) for article in articles),
        "syllables": sum(len(article.text.split()) for article in articles),
        "repeats": arguments.repeats,
        "threads": arguments.threads,
        "machine": {"python": platform.python_version(), "processor": platform.machine(), "cores": os.cpu_count()},
        "load_before": load,
        "seconds": times,
        "tokenizer_cost": medians["tokenizer"] / medians["word_tokenize"],
        "pipeline_speed": medians["word_tokenize"] / medians["pipeline"],
        "speeds": {
            name: medians["word_tokenize"] / medians[name] for name in times if not name.startswith("component ")
        },
        "two_workers": medians["1 worker"] / medians["2 workers"],
        "over_ner": {name: medians["underthesea.ner"] / medians[name] for name in ("pipeline", "1 worker")},
        **more,
        "must": {"pipeline_speed": LEAST_PIPELINE_SPEED, "two_workers": LEAST_TWO_WORKERS, "over_ner": LEAST_OVER_NER},
        "lengths": measure_lengths(chitieu.load(model), articles, arguments.repeats, arguments.lengths)
        if arguments.lengths
        else None,
        "component_share": {name: spent / sum(components.values()) for name, spent in components.items()},
        "start_seconds": measure_start(model, arguments.repeats),
        "model_megabytes": size / 1e6,
        "memory": measure_memory(model, arguments.data, arguments.memory) if arguments.memory else None,
    }


def show(found: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title=f"{found['articles']} articles, {found['syllables']:,} syllables, {found['model']}")
    for column in ("what", "measured", "must", ""):
        table.add_column(column, justify="left" if column == "what" else "right")

    def row(what: str, measured: str, must: str = "", met: bool | None = None) -> None:
        table.add_row(what, measured, must, "" if met is None else "✓" if met else "[bold red]✗")

    for name, speed in found["speeds"].items():
        rate = found["syllables"] / statistics.median(found["seconds"][name])
        row(name, f"{rate:,.0f} syllables/s, {speed:.3f} : word_tokenize")
    cost, speed = found["tokenizer_cost"], found["pipeline_speed"]
    row("tokenizer cost : word_tokenize", f"{cost:.2f}", f"≤ {MOST_TOKENIZER_COST}", cost <= MOST_TOKENIZER_COST)
    row("pipeline speed : word_tokenize", f"{speed:.3f}", f"≥ {LEAST_PIPELINE_SPEED}", speed >= LEAST_PIPELINE_SPEED)
    two, over = found["two_workers"], min(found["over_ner"].values())
    row("speed of two workers : one", f"{two:.2f}", f"≥ {LEAST_TWO_WORKERS}", two >= LEAST_TWO_WORKERS)
    row("pipeline speed : underthesea.ner", f"{over:.0f}", f"≥ {LEAST_OVER_NER}", over >= LEAST_OVER_NER)
    held = found["megabytes_worker"]
    row("peak memory of a worker", f"{held:,} MB", f"< {MOST_MEGABYTES_WORKER:,} MB", held < MOST_MEGABYTES_WORKER)
    show_lengths(found["lengths"] or {}, row)
    for name, share in found["component_share"].items():
        row(f"  time in {name}", f"{share:.1%}")
    for name, most in (("load", MOST_SECONDS_LOADING), ("help", MOST_SECONDS_HELP)):
        taken = found["start_seconds"][name]
        row({"load": "import and load", "help": "chitieu --help"}[name], f"{taken:.2f} s", f"< {most} s", taken < most)
    size = found["model_megabytes"]
    row("model", f"{size:.1f} MB", f"< {MOST_MEGABYTES_MODEL} MB", size < MOST_MEGABYTES_MODEL)
    if found["memory"]:
        memory = found["memory"]
        peak = memory["megabytes_peak"]
        what = f"peak memory, {memory['articles']:,} articles ({memory['articles'] / memory['seconds']:.0f}/s)"
        row(what, f"{peak:,.0f} MB", f"< {MOST_MEGABYTES_PEAK:,} MB", peak < MOST_MEGABYTES_PEAK)
    Console().print(table)


def show_lengths(lengths: dict[str, Any], row: Callable[..., None]) -> None:
    """Rows of the cost by length; the longest is held against one a hundredth as long."""
    cost = {int(length): each["milliseconds"] for length, each in lengths.items()}
    for length, spent in cost.items():
        reference = cost.get(length // 100, 0.0)
        if length == max(cost) and reference:
            row(
                f"  a KB of {length:,}",
                f"{spent:.2f} ms",
                f"≤ {MOST_LENGTH_COST} × {reference:.2f}",
                spent <= MOST_LENGTH_COST * reference,
            )
        else:
            row(f"  a KB of {length:,}", f"{spent:.2f} ms")


def main() -> int:
    if sys.argv[1:2] == ["--stream"]:
        stream(*sys.argv[2:])
        return 0
    from chitieu.pipeline import default_model

    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--model", type=Path, default=default_model(), help="model folder; the shipped one by default")
    parser.add_argument("--data", type=Path, nargs="+", default=default_articles(), help="articles, JSON Lines")
    parser.add_argument("--articles", type=int, default=200, help="how many to time")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1, help="for matrix multiplications")
    parser.add_argument("--memory", type=int, default=1_000, help="articles to stream; 0 leaves memory out")
    parser.add_argument(
        "--lengths",
        type=int,
        nargs="*",
        default=[1, 10, 100, 1_000],
        help="of articles, thousand bytes; none leaves it out",
    )
    parser.add_argument("--output", type=Path, help="write the numbers as JSON")
    parser.add_argument("--plot", type=Path, help="draw them as SVG")
    arguments = parser.parse_args()
    if not (arguments.model / "meta.json").is_file():
        parser.error(f"no model in {arguments.model}: train one with `chitieu train`, or name one with --model")
    if not all(path.is_file() for path in arguments.data):
        parser.error(f"no such file among {', '.join(map(str, arguments.data))}")
    os.environ["OPENBLAS_NUM_THREADS"] = str(arguments.threads)  # read when numpy is first imported, below
    found = measure(arguments)
    show(found)
    if arguments.plot:
        from benchmark_plot import plot

        plot(found, arguments.plot)
    if arguments.output:
        arguments.output.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
