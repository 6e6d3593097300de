"""Plots of confidence as SVG, drawn by matplotlib."""

from __future__ import annotations

import io
import re
from typing import Any

from chitieu.scoring.confidence import KEPT, ConfidenceScores, Kept, keep

_SIZE = (4.4, 3.7)  # inches: at the width of a phone the labels keep three quarters of their size
# Colours that a page replaces by its own, in light and dark; as they stand they suit a white page.
_INK, _ACCENT, _SOFT, _LINE = "#1d1f21", "#1f5fa8", "#b06a00", "#c9c6be"
_THEMED = {_INK: "currentColor", _ACCENT: "var(--accent)", _SOFT: "var(--second)", _LINE: "var(--line)"}


def precision_recall_plot(
    scores: ConfidenceScores, threshold: float = 0.0, *, themed: bool = False, name: str = ""
) -> str:
    """Core precision against recall as the least confidence falls, as SVG.

    Args:
        scores: of a set of articles.
        threshold: the least confidence that is in use, which is marked; `chitieu` keeps every fact by default.
        themed: for a page that sets its own colours, and shows a title of its own.
        name: tells the drawing's inner ids from those of another on the same page.
    """
    figure, axes = _figure("recall: gold facts found right", "precision: facts that are right", themed=themed)
    curve = scores.curve
    axes.plot([p.recall for p in curve], [p.precision for p in curve], color=_ACCENT, linewidth=1.5)
    in_use = next((point for point in reversed(curve) if point.threshold >= threshold), curve[0])
    for point, label, marker, colour in (
        (in_use, f"in use: confidence ≥ {threshold:.2g}", "o", _ACCENT),
        (keep(curve, KEPT), f"surest {KEPT:.0%}: confidence ≥ {keep(curve, KEPT).threshold:.2f}", "s", _SOFT),
    ):
        _mark(axes, point, label, marker, colour)
    _legend(axes, "lower left")
    return _svg(figure, "Precision and recall by confidence", themed=themed, salt=f"curve {name}")


def reliability_plot(scores: ConfidenceScores, *, themed: bool = False, name: str = "") -> str:
    """The share of facts that are right against the confidence that they had, as SVG.

    A point for each bin that holds facts, its area by their number; below the diagonal the model is too sure.

    Args:
        scores: of a set of articles.
        themed: for a page that sets its own colours, and shows a title of its own.
        name: tells the drawing's inner ids from those of another on the same page.
    """
    figure, axes = _figure("confidence", "share right", themed=themed)
    axes.plot([0, 1], [0, 1], color=_LINE, linewidth=1.5, label="as sure as right")
    bins = scores.bins
    most = max(item.facts for item in bins)
    axes.plot([item.confidence for item in bins], [item.right for item in bins], color=_ACCENT, linewidth=1)
    axes.scatter(
        [item.confidence for item in bins], [item.right for item in bins],
        s=[20 + 180 * item.facts / most for item in bins], color=_ACCENT, zorder=3,
        label=f"facts in bins (calibration error {scores.error:.3f})",
    )  # fmt: skip
    for item in bins:
        axes.annotate(
            str(item.facts), (item.confidence, item.right), textcoords="offset points", xytext=(9, -11),
            fontsize=9, color=_INK,
        )  # fmt: skip
    _legend(axes, "lower right")  # where nothing stands unless the model is much too sure
    return _svg(figure, "Reliability of confidence", themed=themed, salt=f"reliability {name}")


def _figure(x: str, y: str, *, themed: bool) -> tuple[Any, Any]:
    from matplotlib.figure import Figure

    figure: Any = Figure(  # its types differ between releases
        figsize=_SIZE, layout="constrained"
    )
    figure.patch.set_alpha(0.0 if themed else 1.0)
    axes = figure.add_subplot(xlim=(0, 1.02), ylim=(0, 1.02))
    axes.set_facecolor("none")
    axes.set_xlabel(x, color=_INK, fontsize=11)
    axes.set_ylabel(y, color=_INK, fontsize=11)
    axes.tick_params(colors=_INK, labelsize=10)
    axes.grid(color=_LINE, linewidth=0.5)
    for side, spine in axes.spines.items():
        spine.set_visible(side in {"left", "bottom"})
        spine.set_color(_LINE)
    return figure, axes


def _mark(axes: Any, point: Kept, label: str, marker: str, colour: str) -> None:
    axes.plot([point.recall], [point.precision], marker, color=colour, markersize=8, label=label, zorder=4)


def _legend(axes: Any, place: str) -> None:
    axes.legend(loc=place, frameon=False, fontsize=10, labelcolor=_INK)


def _svg(figure: Any, title: str, *, themed: bool, salt: str) -> str:
    """The drawing as an `svg` element: text stays text, ids are the same on every run, nothing points outside."""
    import matplotlib

    if not themed:
        figure.axes[0].set_title(title, color=_INK, fontsize=12, loc="left")
    stream = io.StringIO()
    library: Any = matplotlib
    with library.rc_context({"svg.fonttype": "none", "svg.hashsalt": salt}):
        figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None, "Title": title})
    drawing = stream.getvalue()
    return _themed(drawing) if themed else drawing


def _themed(drawing: str) -> str:
    """An SVG file as a part of a page: without its head, style sheet and names, in the page's font and colours."""
    drawing = drawing[drawing.index("<svg") :]
    drawing = re.sub(r"<(metadata|style)\b.*?</\1>\s*", "", drawing, flags=re.DOTALL)
    drawing = re.sub(r'<g id="[^"]*"', "<g", drawing)
    drawing = re.sub(r"font-family: [^;\"]*", "font-family: inherit", drawing)
    drawing = re.sub(r"font: ([\d.]+px) [^;\"]*", r"font-size: \1", drawing)
    for colour, name in _THEMED.items():
        drawing = drawing.replace(colour, name)
    return drawing
