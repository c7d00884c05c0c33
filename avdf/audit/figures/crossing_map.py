"""The map of two attributes crossed: a rate a cell, how many people it rests on, small cells hatched."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from avdf.audit.figures.drawing import (
    GRID,
    INK,
    MUTED,
    SERIES,
    WIDTH_PT,
    Drawing,
    axes_at,
    label,
    new_figure,
    saved,
)
from avdf.audit.page.formatting import count, percent, span
from avdf.evaluation.groups import CROSSING, RANKED_FROM
from avdf.evaluation.scores import UNKNOWN

ROW_PT, NAMES_PT, RIGHT_PT, MOST_COLUMNS = 30.0, 104.0, 4.0, 3


def crossing_map(content: Mapping[str, Any], folder: Path) -> Drawing | None:
    """FPR and FNR of each cell of two attributes; None of one or three, or too wide for a phone."""
    columns = content["settings"]["groups"]
    if len(columns) != 2:
        return None
    attribute = CROSSING.join(columns)
    rows = {(row["metric"], row["group"]): row for row in content["groups"] if row["attribute"] == attribute}
    downs, acrosses = (
        [
            row["group"]
            for row in content["counts"]["groups"]
            if row["attribute"] == name and row["group"] != UNKNOWN
        ]
        for name in columns
    )
    if not 0 < len(acrosses) <= MOST_COLUMNS or not downs:
        return None
    height = ROW_PT * len(downs)
    total = 2 * (height + 34) + 20
    figure = new_figure(total)
    drawn = []
    for place, (metric, words) in enumerate((("fpr", "real clips accused"), ("fnr", "fakes missed"))):
        top = 34 + place * (height + 44)
        axes = axes_at(figure, NAMES_PT, max(4.0, total - top - height), RIGHT_PT, top)
        cells = {
            (down, across): rows.get((metric, CROSSING.join((down, across))))
            for down in downs
            for across in acrosses
        }
        _panel(axes, cells, downs, acrosses, f"{words} ({metric.upper()})", SERIES[place])
        drawn += [(metric.upper(), *key, cell) for key, cell in cells.items() if cell is not None]
    return Drawing(
        name="map",
        title=f"Rates by {attribute}",
        alt=f"A table of cells, {columns[0]} down and {columns[1]} across, darker where the rate is higher.",
        svg=saved(figure, "map", folder),
        header=("rate", *columns, "value", "95 % interval", "people", "status"),
        rows=tuple(
            (
                *(metric, down, across, percent(cell["value"]), span(cell["ci"], "fpr")),
                *(count(cell["num_identities"]), cell["status"]),
            )
            for metric, down, across, cell in drawn
        ),
        note=f"n: people with such clips. Hatched: fewer than {RANKED_FROM}, too few to compare.",
    )


def _panel(
    axes: Axes,
    cells: Mapping[tuple[str, str], Mapping[str, Any] | None],
    downs: list[str],
    acrosses: list[str],
    title: str,
    colour: str,
) -> None:
    axes.grid(visible=False)
    values = [cell["value"] for cell in cells.values() if cell and cell["value"] is not None]
    highest = max([*values, 0.05])
    for (down, across), cell in cells.items():
        x, y = acrosses.index(across), downs.index(down)
        axes.add_patch(Rectangle((x, y), 1, 1, facecolor="none", edgecolor=GRID, linewidth=1))
        if cell is None:
            axes.text(x + 0.5, y + 0.5, "nobody", color=MUTED, ha="center", va="center", fontsize=7.5)
            continue
        if cell["value"] is not None:
            shade = 0.06 + 0.5 * cell["value"] / highest
            axes.add_patch(Rectangle((x, y), 1, 1, facecolor=colour, alpha=shade, linewidth=0))
        if cell["num_identities"] < RANKED_FROM:
            axes.add_patch(Rectangle((x, y), 1, 1, fill=False, hatch="////", edgecolor=GRID, linewidth=0))
        words = percent(cell["value"]) if cell["value"] is not None else cell["status"]
        axes.text(x + 0.5, y + 0.36, words, color=INK, ha="center", va="center", fontweight="bold")
        people = f"n = {cell['num_identities']}"
        axes.text(x + 0.5, y + 0.74, people, color=INK, ha="center", va="center", fontsize=7)
    axes.set_xlim(0, len(acrosses))
    axes.set_ylim(len(downs), 0)
    axes.set_xticks([x + 0.5 for x in range(len(acrosses))], [label(name, 14) for name in acrosses])
    axes.set_yticks([y + 0.5 for y in range(len(downs))], [label(name, 20) for name in downs])
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    axes.set_title(title, x=-NAMES_PT / (WIDTH_PT - NAMES_PT - RIGHT_PT), pad=14)
    for spine in axes.spines.values():
        spine.set_visible(False)
