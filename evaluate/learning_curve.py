"""How core F1 grows with the number of training articles: written alone, real alone, and both.

    python evaluate/learning_curve.py            # trains what learning_curve.jsonl does not hold yet, then plots
    python evaluate/learning_curve.py --plot     # plots only

Every point is a short training (`STEPS` updates, however many articles), so that the curve shows what articles bring
and not what longer training does; the shipped model, trained for longer, stands above it. Three seeds choose both the
articles and the weights. Needs the real articles of ../shared/data for all but the written curve.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from experiment import ROOT, Experiment, record, recorded

RECORDS = Path(__file__).with_name("learning_curve.jsonl")
PLOT = Path(__file__).with_name("learning_curve.svg")
SIZES = (25, 50, 100, 200, 400, None)
WRITTEN_SIZES = (25, 50, 100, 200, None)  # the written training split holds fewer than 400
SEEDS = (0, 1, 2)
STEPS = 400
SETTINGS = {
    "training.max_steps": STEPS,
    "training.max_epochs": 0,
    "training.eval_frequency": STEPS,
    "training.optimizer.learn_rate.total_steps": STEPS,
    "training.batcher.size": 2000,
    "corpora.train.repeats": 1,
}
SETS = {"real-dev": "real-dev", "test": "written test"}
COLOURS = {"written": "C0", "real": "C1", "both": "C2"}


def points(lines: list[dict[str, Any]], source: str, held_out: str) -> list[tuple[int, float, float, float]]:
    """Articles, mean, lowest and highest core F1 of one curve, by number of articles."""
    groups: dict[int, list[float]] = {}
    for line in lines:
        if line["source"] == source and held_out in line["sets"]:
            groups.setdefault(line["learned_from"], []).append(line["sets"][held_out]["core"][0])
    return [(size, sum(found) / len(found), min(found), max(found)) for size, found in sorted(groups.items())]


def plot(lines: list[dict[str, Any]], path: Path) -> None:
    """Both held-out sets side by side; the bars reach from the lowest to the highest seed."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context({"svg.hashsalt": "chitieu", "svg.fonttype": "none", "font.size": 11}):
        figure = Figure(figsize=(9, 4.5), layout="constrained")
        for axes, (held_out, title) in zip(figure.subplots(1, 2, sharey=True), SETS.items(), strict=True):
            for source, colour in COLOURS.items():
                found = points(lines, source, held_out)
                if not found:
                    continue
                sizes, means, lows, highs = zip(*found, strict=True)
                bars = [
                    [mean - low for mean, low in zip(means, lows, strict=True)],
                    [high - mean for mean, high in zip(means, highs, strict=True)],
                ]
                axes.errorbar(sizes, means, bars, marker="o", markersize=4, capsize=3, color=colour, label=source)
            axes.set_xscale("log", base=2)
            axes.set_xticks([25, 50, 100, 200, 400, 800], ["25", "50", "100", "200", "400", "800"])
            axes.set_title(title)
            axes.set_xlabel("training articles")
            axes.grid(alpha=0.3)
            if axes.lines:
                axes.legend()
        figure.axes[0].set_ylabel(f"core F1 after {STEPS} updates")
        figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plot", action="store_true", help="only plot what is recorded")
    parser.add_argument("--seeds", type=int, nargs="*", default=SEEDS)
    arguments = parser.parse_args()
    if not arguments.plot:
        for seed in arguments.seeds:
            for source in COLOURS:
                for size in WRITTEN_SIZES if source == "written" else SIZES:
                    config = ROOT / "configs" / "cpu.cfg"
                    record(Experiment("curve", config, SETTINGS, source, size), [seed], RECORDS)
    plot(recorded(RECORDS), PLOT)
    return 0


if __name__ == "__main__":
    sys.exit(main())
