"""The plot of what benchmark.py measured."""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import Any

# Okabe and Ito's colours, which colour-blind readers tell apart.
OURS, THEIRS, LINE = "#0072B2", "#999999", "#D55E00"
NAMES = {
    "word_tokenize": "underthesea\nword_tokenize",
    "1 worker": "chitieu tag,\n1 worker",
    "2 workers": "chitieu tag,\n2 workers",
    "pipeline": "chitieu,\nin process",
    "spaCy's shape, untrained": "spaCy xx\ntok2vec + ner",
    "underthesea.ner": "underthesea\nner",
}


def plot(found: dict[str, Any], path: Path) -> None:
    """Speeds as ratios to raw `word_tokenize`, and the cost of a thousand bytes by length of article, as SVG."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "chitieu"  # the same numbers make the same file
    from matplotlib import pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.2), width_ratios=(3, 2), layout="constrained")
    speeds = {name: found["speeds"][name] for name in NAMES if name in found["speeds"]}
    colours = [OURS if NAMES[name].startswith("chitieu") else THEIRS for name in speeds]
    bars = left.bar([NAMES[name] for name in speeds], list(speeds.values()), color=colours)
    left.bar_label(bars, [f"{speed:.2f}" for speed in speeds.values()])
    left.axhline(found["must"]["pipeline_speed"], color=LINE, linewidth=1, linestyle="--")
    left.set_ylabel("speed : raw word_tokenize, one run")
    left.tick_params(axis="x", labelsize=8)
    left.set_title("the same articles, one core a process", fontsize=10)
    if found.get("lengths"):
        lengths = [int(length) for length in found["lengths"]]
        cost = [statistics.median(each["all"]) for each in found["lengths"].values()]
        right.plot(lengths, cost, marker="o", color=OURS)
        right.set_xscale("log")
        right.set_xticks(lengths, [f"{length:,}" for length in lengths])
        right.minorticks_off()
        right.set_ylim(bottom=0)
        right.set_xlabel("thousand bytes an article")
        right.set_ylabel("milliseconds a thousand bytes")
        right.set_title("cost by length: flat is linear", fontsize=10)
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
