"""Axes with one row per group: its name at the left, its value and interval at the right."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from avdf.audit.figures.drawing import INK, MUTED, PAPER, WIDTH_PT, axes_at
from avdf.audit.page.formatting import people

ROW_PT, HEAD_PT, NAMES_PT, RIGHT_PT = 15.0, 19.0, 134.0, 8.0


def rows_axes(figure: Figure) -> Axes:
    """Axes with room for names at the left and for the label below."""
    axes = axes_at(figure, NAMES_PT, 34, RIGHT_PT, 16)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.grid(visible=True, axis="x")
    return axes


def left_text(axes: Axes, y: float, text: str, weight: str = "normal") -> None:
    """The name of the row at height y."""
    x = -NAMES_PT / (WIDTH_PT - NAMES_PT - RIGHT_PT)
    transform = axes.get_yaxis_transform()
    axes.text(x, y, text, transform=transform, va="center", ha="left", fontweight=weight, fontsize=7.6)


def rate_dot(axes: Axes, y: float, row: Mapping[str, Any], colour: str) -> None:
    """A rate with its interval; hollow under 20 people; words where the rate is not shown."""
    if row["value"] is None:
        counts_only = f"{people(row['num_identities'])}: counts only"
        text_in_row(axes, y, "no such clips" if row["status"] == "undefined" else counts_only)
        return
    if row["ci"][0] is not None:
        axes.plot(row["ci"], [y, y], color=colour, linewidth=1.6, solid_capstyle="butt")
    face = PAPER if row["status"] == "low" else colour
    style: dict[str, Any] = {"color": colour, "markerfacecolor": face, "markeredgewidth": 1.3}
    axes.plot(row["value"], y, marker="o", markersize=5, clip_on=False, **style)


def highest_end(ends: Sequence[float | None]) -> float:
    """The highest end of the intervals, 1 if there is none."""
    return max([end for end in ends if end is not None] or [1.0])


def finish(axes: Axes, height: float, widest: float, words: str) -> None:
    """Sets the limits, the axis in percent, and the label below it."""
    axes.set_ylim(height, 0)
    axes.set_xlim(0, min(1.02, max(0.05, widest * 1.08)))
    axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:g} %"))
    axes.set_xlabel(words, color=INK)


def text_in_row(axes: Axes, y: float, words: str) -> None:
    """Says why a row has no value, on a background that hides the lines behind it."""
    transform = axes.get_yaxis_transform()
    text = axes.text(0.02, y, words, transform=transform, color=MUTED, va="center", fontsize=7.5, zorder=4)
    text.set_bbox({"facecolor": PAPER, "edgecolor": "none", "pad": 1.2})
