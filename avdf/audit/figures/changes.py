"""Figures of what changed from one detector to another, a row a group."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from avdf.audit.figures.drawing import INK, MUTED, SERIES, Drawing, label, new_figure, saved
from avdf.audit.figures.row_axes import ROW_PT, finish, left_text, rows_axes
from avdf.audit.page.formatting import count, percent, points, span

_TITLES = {"fpr": "Real people accused (FPR)", "fnr": "Fakes missed (FNR)"}


def difference_forest(content: Mapping[str, Any], metric: str, folder: Path) -> Drawing:
    """Second less first, a row a group: left of the line the second does less harm."""
    rows = [row for row in content["differences"] if row["metric"] == metric]
    figure = new_figure(ROW_PT * len(rows) + 62)
    axes = rows_axes(figure)
    ends = [abs(end) for row in rows for end in row["ci"] if end is not None]
    widest = max([*ends, 0.01]) * 1.08
    for place, row in enumerate(rows):
        y = ROW_PT * place + 10
        left_text(axes, y, label(row["group"], 28), weight="bold" if row["attribute"] == "all" else "normal")
        if row["ci"][0] is None:
            axes.text(
                0, y, row["status"], color=MUTED, va="center", ha="center", fontsize=7.5, fontstyle="italic"
            )
            continue
        colour = {"better": SERIES[0], "worse": SERIES[1], "unclear": MUTED}[row["change"]]
        axes.plot(row["ci"], [y, y], color=colour, linewidth=1.6, solid_capstyle="butt")
        mark = {"better": "<", "worse": ">", "unclear": "o"}[row["change"]]
        axes.plot(row["difference"], y, marker=mark, markersize=5, color=colour)
    axes.axvline(0, color=INK, linewidth=0.9)
    finish(axes, ROW_PT * len(rows) + 4, widest, "less harm  ←  change  →  more harm")
    axes.set_xlim(-widest, widest)
    name, title = f"difference_{metric}", _TITLES[metric]
    return Drawing(
        name=name,
        title=f"{title}: second less first",
        alt=f"{title}: the change from the first to the second, a row a group, with 95 % intervals.",
        svg=saved(figure, name, folder),
        header=("attribute", "group", "first", "second", "change", "95 % interval", "people", "reads"),
        rows=tuple(
            (
                *(row["attribute"], row["group"], percent(row["first"]), percent(row["second"])),
                *(points(row["difference"]), span(row["ci"], "points"), count(row["num_identities"])),
                row["change"],
            )
            for row in rows
        ),
        note="Blue, pointing left: less harm beyond chance. Orange, pointing right: more.",
    )
