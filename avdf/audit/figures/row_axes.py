"""Axes of one row a group: its name at the left, its number and interval at the right."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from avdf.audit.figures.drawing import INK, MUTED, PAPER, WIDTH_PT, axes_at
from avdf.audit.page.formatting import people

ROW_PT, HEAD_PT, NAMES_PT, RIGHT_PT = 15.0, 19.0, 122.0, 8.0


def rows_axes(figure: Figure) -> Axes:
    axes = axes_at(figure, NAMES_PT, 34, RIGHT_PT, 16)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.grid(visible=True, axis="x")
    return axes


def left_text(axes: Axes, y: float, text: str, weight: str = "normal") -> None:
    place = axes.get_yaxis_transform()
    x = -NAMES_PT / (WIDTH_PT - NAMES_PT - RIGHT_PT)
    axes.text(x, y, text, transform=place, va="center", ha="left", fontweight=weight, fontsize=7.6)


def rate_dot(axes: Axes, y: float, row: Mapping[str, Any], colour: str) -> None:
    if row["value"] is None:
        words = (
            "no such clips"
            if row["status"] == "undefined"
            else f"{people(row['num_identities'])}: counts only"
        )
        words_instead(axes, y, words)
        return
    if row["ci"][0] is not None:
        axes.plot(row["ci"], [y, y], color=colour, linewidth=1.6, solid_capstyle="butt")
    face = PAPER if row["status"] == "low" else colour
    axes.plot(
        row["value"], y, marker="o", markersize=5, color=colour, markerfacecolor=face, markeredgewidth=1.3
    )


def highest_end(ends: Sequence[float | None]) -> float:
    return max([end for end in ends if end is not None] or [1.0])


def finish(axes: Axes, height: float, widest: float, words: str) -> None:
    axes.set_ylim(height, 0)
    axes.set_xlim(0, min(1.02, max(0.05, widest * 1.08)))
    axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:g} %"))
    axes.set_xlabel(words, color=INK)


def words_instead(axes: Axes, y: float, words: str) -> None:
    """Says in a row why nothing is drawn there, on a ground of its own: no line runs through it."""
    place = axes.get_yaxis_transform()
    text = axes.text(0.02, y, words, transform=place, color=MUTED, va="center", fontsize=7.5, zorder=4)
    text.set_bbox({"facecolor": PAPER, "edgecolor": "none", "pad": 1.2})
