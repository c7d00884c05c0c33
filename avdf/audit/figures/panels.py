"""Panels above each other, one line a group in each, and one legend below them all."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from avdf.audit.figures.drawing import DASHES, SERIES, Drawing, axes_at, label, new_figure, saved
from avdf.files import text_hash

Curve = Mapping[str, Any]
PANEL_PT, TOP_PT, BOTTOM_PT, LEFT_PT, RIGHT_PT, BETWEEN_PT = 112.0, 18.0, 34.0, 37.0, 8.0, 40.0


def panels(num: int, num_lines: int, height: float = PANEL_PT) -> tuple[Figure, list[Axes]]:
    """Panels above each other, with room for the legend below them."""
    legend = 14.0 * ((num_lines + 1) // 2) + 6
    total = num * (height + TOP_PT) + (num - 1) * (BETWEEN_PT - TOP_PT) + BOTTOM_PT + legend
    figure = new_figure(total)
    found = []
    for place in range(num):
        top = TOP_PT + place * (height + BETWEEN_PT)
        found.append(axes_at(figure, LEFT_PT, total - top - height, RIGHT_PT, top))
    return figure, found


def drawing_of(
    figure: Figure,
    name: str,
    title: str,
    curves: Sequence[Curve],
    folder: Path,
    *,
    alt: str,
    header: tuple[str, ...],
    rows: Sequence[tuple[Any, ...]],
    note: str = "",
) -> Drawing:
    handles = figure.axes[0].get_lines()[: len(curves)]
    names = [label(curve["group"], 21) for curve in curves]
    figure.legend(handles, names, loc="lower left", ncols=2, bbox_to_anchor=(0.0, 0.0), handlelength=2.6)
    svg = saved(figure, name, folder)
    return Drawing(name=name, title=title, alt=alt, svg=svg, header=header, rows=tuple(rows), note=note)


def line_style(place: int) -> dict[str, Any]:
    return {"color": SERIES[place % len(SERIES)], "linestyle": DASHES[place % len(DASHES)], "linewidth": 1.5}


def percent_axis(axis: Any) -> None:
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:g} %"))


def slug(attribute: str) -> str:
    """An attribute as part of a file's name: letters, digits and _; others are told apart by their hash."""
    plain = "".join(sign if sign.isascii() and sign.isalnum() else "_" for sign in attribute)[:40]
    return plain if plain == attribute else f"{plain}_{text_hash(attribute)[:6]}"
