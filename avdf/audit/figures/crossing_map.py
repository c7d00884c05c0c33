"""Map of two crossed attributes: the rate of each cell and its number of people; small cells hatched."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from avdf.audit.extremes import MANY_GROUPS
from avdf.audit.figures.drawing import (
    GRID,
    INK,
    MUTED,
    WIDTH_PT,
    Drawing,
    axes_at,
    label,
    new_figure,
    saved,
)
from avdf.audit.figures.forests import COLOURS
from avdf.audit.page.formatting import Column, count, interval_text, percent, table_of
from avdf.evaluation.bins import UNKNOWN
from avdf.evaluation.groups import CROSSING, RANKED_FROM
from avdf.evaluation.harms import HARMS

ROW_PT, NAMES_PT, RIGHT_PT, TOP_PT, MOST_COLUMNS = 30.0, 104.0, 4.0, 34.0, 3
Row = Mapping[str, Any]
Cells = Mapping[tuple[str, str], Row | None]  # (down, across)


def crossing_map(content: Row, folder: Path) -> Drawing | None:
    """FPR and FNR of each cell; None unless there are two attributes that fit on the width of a phone."""
    columns = content["settings"]["groups"]
    if len(columns) != 2:
        return None
    downs, acrosses = (_known_groups(content, name) for name in columns)
    if not 0 < len(acrosses) <= MOST_COLUMNS or not 0 < len(downs) <= MANY_GROUPS:
        return None
    height = ROW_PT * len(downs)
    total = 2 * (height + TOP_PT) + 20
    figure = new_figure(total)
    cells_of = {harm: _cells(content, harm, downs, acrosses) for harm in HARMS}
    for place, (harm, cells) in enumerate(cells_of.items()):
        top = TOP_PT + place * (height + 44)
        axes = axes_at(figure, NAMES_PT, max(4.0, total - top - height), RIGHT_PT, top)
        _panel(axes, cells, harm)
    attribute = CROSSING.join(columns)
    table_columns: Sequence[Column] = (
        ("rate", lambda row: row[0].upper()),
        (columns[0], lambda row: row[1]),
        (columns[1], lambda row: row[2]),
        ("value", lambda row: percent(row[3]["value"])),
        ("95 % interval", lambda row: interval_text(row[3]["ci"], row[0])),
        ("people", lambda row: count(row[3]["num_identities"])),
        ("status", lambda row: row[3]["status"]),
    )
    rows = [(harm, *names, cell) for harm in HARMS for names, cell in cells_of[harm].items() if cell]
    return Drawing(
        name="map",
        title=f"Rates by {attribute}",
        alt=f"A table of cells, {columns[0]} down and {columns[1]} across, darker where the rate is higher.",
        svg=saved(figure, "map", folder),
        table=table_of(table_columns, rows),
        note=f"n: people with such clips. Hatched: fewer than {RANKED_FROM}, too few to compare.",
    )


def _known_groups(content: Row, attribute: str) -> list[str]:
    rows = content["counts"]["groups"]
    return [row["group"] for row in rows if row["attribute"] == attribute and row["group"] != UNKNOWN]


def _cells(content: Row, harm: str, downs: Sequence[str], acrosses: Sequence[str]) -> Cells:
    attribute = CROSSING.join(content["settings"]["groups"])
    rows = {
        row["group"]: row
        for row in content["groups"]
        if row["attribute"] == attribute and row["metric"] == harm
    }
    names = [(down, across) for down in downs for across in acrosses]
    return {pair: rows.get(CROSSING.join(pair)) for pair in names}


def _panel(axes: Axes, cells: Cells, harm: str) -> None:
    downs, acrosses = (list(dict.fromkeys(names[side] for names in cells)) for side in (0, 1))
    highest = max([*(cell["value"] for cell in cells.values() if cell and cell["value"] is not None), 0.05])
    axes.grid(visible=False)
    for (down, across), cell in cells.items():
        _draw_cell(axes, acrosses.index(across), downs.index(down), cell, (COLOURS[harm], highest))
    axes.set_xlim(0, len(acrosses))
    axes.set_ylim(len(downs), 0)
    axes.set_xticks([x + 0.5 for x in range(len(acrosses))], [label(name, 14) for name in acrosses])
    axes.set_yticks([y + 0.5 for y in range(len(downs))], [label(name, 20) for name in downs])
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    title = f"{HARMS[harm].clips} ({harm.upper()})"
    axes.set_title(title, x=-NAMES_PT / (WIDTH_PT - NAMES_PT - RIGHT_PT), pad=14)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _draw_cell(axes: Axes, x: int, y: int, cell: Row | None, scale: tuple[str, float]) -> None:
    """A cell with its rate; `scale` is the colour and the rate at which it is darkest."""
    colour, highest = scale
    axes.add_patch(Rectangle((x, y), 1, 1, facecolor="none", edgecolor=GRID, linewidth=1))
    if cell is None:
        axes.text(x + 0.5, y + 0.5, "nobody", color=MUTED, ha="center", va="center", fontsize=7.5)
        return
    if cell["value"] is not None:
        shade = 0.06 + 0.5 * cell["value"] / highest
        axes.add_patch(Rectangle((x, y), 1, 1, facecolor=colour, alpha=shade, linewidth=0))
    if cell["num_identities"] < RANKED_FROM:
        axes.add_patch(Rectangle((x, y), 1, 1, fill=False, hatch="////", edgecolor=GRID, linewidth=0))
    text = percent(cell["value"]) if cell["value"] is not None else cell["status"]
    axes.text(x + 0.5, y + 0.36, text, color=INK, ha="center", va="center", fontweight="bold")
    people = f"n = {cell['num_identities']}"
    axes.text(x + 0.5, y + 0.74, people, color=INK, ha="center", va="center", fontsize=7)
