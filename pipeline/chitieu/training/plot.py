"""The course of a training as numbers and as a picture, kept in the model folder."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chitieu.training.state import Evaluation

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NUMBERS = "training.jsonl"
PLOT = "training.svg"

_LINES = (("core F1", "core_f", "C3"), ("value found F1", "value_f", "C0"), ("full F1", "full_f", "C2"))


def training_rows(history: Sequence[Evaluation]) -> list[dict[str, Any]]:
    """One object for each evaluation; `losses` are means over the updates since the one before."""
    rows = []
    before = -1
    for evaluation in history:
        steps = evaluation.step - before
        rows.append(
            {
                "step": evaluation.step,
                "epoch": evaluation.epoch,
                "words": evaluation.words,
                "seconds": evaluation.seconds,
                "losses": {name: round(loss / steps, 6) for name, loss in evaluation.losses.items()},
                "scores": {
                    name: round(score, 6) for name, score in evaluation.scores.items() if isinstance(score, float)
                },
                "score": evaluation.score,
                "best": evaluation.best,
            }
        )
        before = evaluation.step
    return rows


def write_course(folder: Path, history: Sequence[Evaluation], title: str) -> None:
    """Write `training.jsonl` and `training.svg`."""
    rows = training_rows(history)
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (folder / NUMBERS).write_text(text, encoding="utf-8")
    plot_course(rows, folder / PLOT, title)


def plot_course(rows: Sequence[dict[str, Any]], path: Path, title: str) -> None:
    """Losses by component above, scores on the dev articles below, by step. The same rows give the same bytes.

    Args:
        rows: of `training_rows`, at least one.
        path: `.svg`, or any other ending that matplotlib knows.
        title: above the picture.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context({"svg.hashsalt": "chitieu", "svg.fonttype": "none", "font.size": 11}):
        figure = Figure(figsize=(7, 7), layout="constrained")
        above, below = figure.subplots(2, 1, sharex=True)
        _plot_losses(above, rows)
        _plot_scores(below, rows)
        figure.suptitle(title)
        figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)


def _plot_losses(axes: Axes, rows: Sequence[dict[str, Any]]) -> None:
    steps = [row["step"] for row in rows]
    for name in rows[0]["losses"]:
        losses = [row["losses"].get(name, 0.0) for row in rows]
        if any(losses):  # the shared layer of some pipelines has none of its own
            axes.plot(steps, losses, marker="o", markersize=4, label=name)
    axes.set_yscale("log")  # a tagger's loss is a thousand times that of the links
    axes.set_ylabel("loss, mean of an update")
    axes.grid(alpha=0.3)
    if axes.lines:
        axes.legend()


def _plot_scores(axes: Axes, rows: Sequence[dict[str, Any]]) -> None:
    steps = [row["step"] for row in rows]
    for label, score, colour in _LINES:
        if any(score in row["scores"] for row in rows):
            values = [row["scores"].get(score, 0.0) for row in rows]
            axes.plot(steps, values, marker="o", markersize=4, color=colour, label=label)
    best = [row for row in rows if row["best"]][-1]
    axes.axvline(best["step"], color="grey", linestyle="--", linewidth=1, label=f"best: step {best['step']}")
    axes.set_ylim(0, 1)
    axes.set_xlabel(f"updates ({rows[-1]['epoch'] + 1} epochs)")
    axes.set_ylabel("score on the dev articles")
    axes.grid(alpha=0.3)
    axes.legend(loc="lower right")
