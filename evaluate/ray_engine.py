"""`chitieu tag` by its two engines, side by side: articles a second, start-up, memory, disk; and what follows for size.

    python evaluate/ray_engine.py [--copies 1 5] [--repeats 2] [--output evaluate/ray_engine.json]
    python evaluate/ray_engine.py --document        # only writes the table of docs/tagging.md anew, from the JSON

The articles are those of the written corpus, each several times with other figures, since a text that brings no new
figure is a copy and is not tagged. Each contestant is a command of its own, started in turn with the others on few and
on many articles: what more articles cost is its rate, the rest is its start-up. The sizing table is computed from the
measured rates and sizes, and supposes that more cores do as much each as these.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from feed_memory import resident

ROOT = Path(__file__).resolve().parents[1]
JSON = ROOT / "evaluate" / "ray_engine.json"
DOCUMENT = ROOT / "docs" / "tagging.md"
BEGIN, END = "<!-- ray -->", "<!-- /ray -->"

RAY = ("--engine", "ray", "--workers", "2", "--shard", "50")
CONTESTANTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "1 worker": ("facts.db", ("--workers", "1")),
    "2 workers": ("facts.db", ("--workers", "2")),
    "ray, 2 actors, folder": ("facts", RAY),
    "ray, 2 actors, database": ("facts.db", RAY),
}
SIZES = (10_000, 100_000, 1_000_000, 10_000_000, 100_000_000)
WORKERS = (16, 64, 256)
_YEAR = re.compile(r"(?:19|20)\d\d")


def write_articles(path: Path, copies: int) -> int:
    """The written corpus so many times; how many articles that is."""
    number = 0
    with path.open("w", encoding="utf-8") as file:
        for copy in range(copies):
            for source in sorted((ROOT / "annotations").glob("*.jsonl")):
                for line in source.read_text(encoding="utf-8").splitlines():
                    record = json.loads(line)
                    article = {key: record[key] for key in ("text", "title", "published")}
                    article["text"] = with_other_figures(article["text"], copy)
                    bare = {"id": f"{record['id']}-{copy}", **article}
                    file.write(json.dumps(bare, ensure_ascii=False) + "\n")
                    number += 1
    return number


def with_other_figures(text: str, copy: int) -> str:
    """A text whose figures differ by its copy; years stay."""

    def other(match: re.Match[str]) -> str:
        figure = match.group()
        return figure if _YEAR.fullmatch(figure) or figure.startswith("0") else str(int(figure) + copy)

    return re.sub(r"\d+", other, text)


def run(folder: Path, news: Path, to: str, options: tuple[str, ...]) -> tuple[float, dict[str, Any], float, int]:
    """Seconds of a command, its summary, the largest memory in MB of one that tags, and the bytes that it wrote."""
    command = [sys.executable, "-c", "from chitieu.cli import main; main()", "tag", str(news), "--to", to]
    peak = 0.0
    start = time.perf_counter()
    with subprocess.Popen(
        [*command, *options, "--json", "--quiet"], cwd=folder, stdout=subprocess.PIPE, text=True
    ) as process:

        def watch() -> None:
            nonlocal peak
            while process.poll() is None:
                peak = max([peak, *taggers()])
                time.sleep(0.5)

        threading.Thread(target=watch, daemon=True).start()
        assert process.stdout is not None
        summary = json.loads(process.stdout.read())
    seconds = time.perf_counter() - start
    assert process.returncode == 0, summary
    written = folder / to
    size = sum(path.stat().st_size for path in ([written] if written.is_file() else written.rglob("*.parquet")))
    return seconds, summary, peak, size


def taggers() -> list[float]:
    """Memory in MB of each worker process, together with that of the actor over it."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, ValueError, IndexError):
            if b"spawn_main" in (path / "cmdline").read_bytes():
                above = int((path / "status").read_text().split("PPid:")[1].split()[0])
                actor = b"ShardTagger" in Path(f"/proc/{above}/cmdline").read_bytes()
                found.append(resident(int(path.name)) + (resident(above) if actor else 0.0))
    return found


def measure(copies: tuple[int, int], repeats: int) -> dict[str, Any]:
    """All contestants, in turn."""
    few, many = copies
    times: dict[str, dict[int, list[float]]] = {name: {few: [], many: []} for name in CONTESTANTS}
    facts: set[int] = set()
    megabytes, sizes = dict.fromkeys(CONTESTANTS, 0.0), dict.fromkeys(CONTESTANTS, 0)
    numbers: dict[int, int] = {}
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as scratch:
        for copy in copies:
            numbers[copy] = write_articles(Path(scratch) / f"{copy}.jsonl", copy)
        for repeat in range(repeats):
            for copy in copies:
                for name, (to, options) in CONTESTANTS.items():
                    folder = Path(scratch) / f"{repeat} {copy} {name}"
                    folder.mkdir()
                    seconds, summary, peak, size = run(folder, Path(scratch) / f"{copy}.jsonl", to, options)
                    print(f"{name}: {numbers[copy]} articles, {seconds:.1f} s", file=sys.stderr, flush=True)
                    times[name][copy].append(seconds)
                    megabytes[name] = max(megabytes[name], peak)
                    if copy == many:
                        facts.add(summary["facts"])
                        sizes[name] = size
        reading = reading_rate(Path(scratch) / f"{many}.jsonl")
        replaying = replaying_rate(Path(scratch), f"0 {many} ray, 2 actors, database")
    assert len(facts) == 1, f"engines that don't agree: {facts}"
    rates = {}
    for name, spent in times.items():
        rate = (numbers[many] - numbers[few]) / (statistics.median(spent[many]) - statistics.median(spent[few]))
        rates[name] = {
            "articles_per_second": round(rate, 2),
            "start_up_seconds": round(max(0.0, statistics.median(spent[few]) - numbers[few] / rate), 1),
            "megabytes": round(megabytes[name]),
            "bytes_per_article": round(sizes[name] / numbers[many]),
        }
    return {
        "articles": [numbers[few], numbers[many]],
        "facts": facts.pop(),
        "repeats": repeats,
        "machine": {"python": platform.python_version(), "processor": platform.machine(), "cores": os.cpu_count()},
        "load_before": round(load, 1),
        "seconds": {name: {str(numbers[copy]): spent[copy] for copy in copies} for name, spent in times.items()},
        "engines": rates,
        "reading_per_second": round(reading),
        "replaying_per_second": round(replaying),
    }


def reading_rate(news: Path) -> float:
    """Articles a second that one reader cuts into shards."""
    from chitieu.feed.outcome import Reader
    from chitieu.feed.shard import ShardTerms, load
    from chitieu.feed.shard_reading import shards_of, units_of
    from chitieu.feed.source import parse_sources

    terms = ShardTerms(str(news.parent / "none"), Reader("", 0.0), None, "", 1.0, 500, False)
    start = time.perf_counter()
    (unit,) = units_of(parse_sources([str(news)]), 500)
    number = sum(sum(1 for _ in load(items)) for _, items, _ in shards_of(unit, terms))
    return number / (time.perf_counter() - start)


def replaying_rate(scratch: Path, done: str) -> float:
    """Articles a second that go from shards into a new SQLite database."""
    from chitieu.cli.tag import Tally, into_store
    from chitieu.feed.destination import Destination
    from chitieu.feed.memory import StoreMemory
    from chitieu.feed.outcome import Reader
    from chitieu.feed.replay import ReplayCrew, answered
    from chitieu.feed.shard import ShardTerms
    from chitieu.feed.shard_files import read_replayed
    from chitieu.feed.store import Terms

    folder = scratch / done / "facts.db.shards"
    reader, tally = Reader("digest", 0.0), Tally()
    terms = ShardTerms(str(folder), reader, None, "", 1.0, 500, True)
    names = [path.stem for path in sorted((folder / "articles").glob("*.parquet"))]
    destination = Destination(str(scratch / "replayed.db"))
    with destination.store as store:
        store.begin(Terms(reader, "model", [], 1))
        memory = StoreMemory(store, reader)

        def items() -> Any:
            return answered(pair for name in names for pair in read_replayed(terms, name))

        silent: Any = lambda _: None  # noqa: E731 - nobody listens
        into_store(destination, ReplayCrew(), items, reader, memory, tally, report=silent, tell=silent)
    return tally.counts["articles"] / tally.seconds


# -- the document ----------------------------------------------------------------------------------------------------


def tables(measured: dict[str, Any]) -> str:
    """What was measured and the sizing table, as Markdown."""
    engines = measured["engines"]
    one = engines["1 worker"]["articles_per_second"]
    lines = ["| | articles a second | against one worker | start-up | memory a worker |", "|---|---:|---:|---:|---:|"]
    for name, found in engines.items():
        rate, start = found["articles_per_second"], found["start_up_seconds"]
        lines.append(f"| {name} | {rate:.1f} | {rate / one:.2f} | {start:.0f} s | {found['megabytes']:,} MB |")
    few, many = measured["articles"]
    machine = measured["machine"]
    lines += [
        "",
        f"Articles of the written corpus, {few:,} and {many:,} of them, {measured['facts']:,} facts by either engine; "
        f"{machine['cores']} cores, Python {machine['python']}, load {measured['load_before']:.1f} before it began. "
        f"One reader cuts {_rounded(measured['reading_per_second'])} articles a second into shards; "
        f"{_rounded(measured['replaying_per_second'])} a second go from shards into SQLite.",
        "",
        *_sizing(measured),
    ]
    return "\n".join(lines)


def _sizing(measured: dict[str, Any]) -> list[str]:
    engines = measured["engines"]
    one, two = (engines[name]["articles_per_second"] for name in ("1 worker", "2 workers"))
    folder, database = engines["ray, 2 actors, folder"], engines["1 worker"]
    actor = folder["articles_per_second"] / 2
    start = folder["start_up_seconds"]
    head = ["articles", "1 worker", "2 workers", *(f"ray, {number}" for number in WORKERS)]
    lines = [
        f"| {' | '.join([*head, 'folder', 'database', 'into it'])} |",
        f"|{'---:|' * (len(head) + 3)}",
    ]
    for size in SIZES:
        cells = [f"{size:,}", duration(size / one), duration(size / two)]
        cells += [duration(start + size / (actor * number)) for number in WORKERS]
        cells += [_bytes(size * folder["bytes_per_article"]), _bytes(size * database["bytes_per_article"])]
        cells.append(duration(size / measured["replaying_per_second"]))
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def duration(seconds: float) -> str:
    """`50 s`, `12 min`, `5.2 h`, `31 days`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} min"
    hours = seconds / 3600
    return f"{hours:.1f} h" if hours < 48 else f"{hours / 24:,.0f} days"


def _bytes(number: float) -> str:
    for unit in ("MB", "GB"):
        number /= 1_000 if unit == "GB" else 1_000_000
        if number < 1_000:
            return f"{number:.0f} {unit}"
    return f"{number / 1_000:.1f} TB"


def _rounded(number: float) -> str:
    """To two digits: more were noise."""
    digits = len(str(int(number))) - 2
    return f"{round(number, -digits):,.0f}"


def documented(document: str, measured: dict[str, Any]) -> str:
    """The document with its tables written anew."""
    before, rest = document.split(BEGIN)
    after = rest.split(END)[1]
    return f"{before}{BEGIN}\n{tables(measured)}\n{END}{after}"


def main() -> int:
    """Measure, write it down, and write the document's tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--copies", type=int, nargs=2, default=(1, 5), metavar=("FEW", "MANY"))
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--output", type=Path, default=JSON)
    parser.add_argument("--document", action="store_true", help="measure nothing, write the document's tables only")
    chosen = parser.parse_args()
    if chosen.document:
        measured = json.loads(JSON.read_text(encoding="utf-8"))
    else:
        measured = measure(tuple(chosen.copies), chosen.repeats)
        chosen.output.write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")
    print(tables(measured))
    if chosen.document or chosen.output == JSON:
        DOCUMENT.write_text(documented(DOCUMENT.read_text(encoding="utf-8"), measured), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
