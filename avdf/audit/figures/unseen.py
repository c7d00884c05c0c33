"""Forest plot of attacks, each with two dots: never trained on, and trained on."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from avdf.audit.figures.drawing import SERIES, Drawing, label, new_figure, saved
from avdf.audit.figures.row_axes import ROW_PT, finish, left_text, rate_dot, rows_axes
from avdf.audit.page.attack_tables import unseen_table
from avdf.evaluation.scored_split import METRIC_OF

_SIDES = {"unseen": (SERIES[1], -3.2), "seen": (SERIES[0], 3.2)}
_GAP_PT = 6.0


def unseen_forest(content: Mapping[str, Any], metric: str, folder: Path) -> Drawing:
    """One row per attack: orange when never trained on, blue when trained on, if it ever was."""
    rows = [*content["attacks"], *content["in_no_training"]]
    figure = new_figure((ROW_PT + _GAP_PT) * len(rows) + 62)
    axes = rows_axes(figure)
    y = 4.0
    for row in rows:
        y += ROW_PT + _GAP_PT
        left_text(axes, y - 8, label(row["attack"], 28))
        for side, (colour, shift) in _SIDES.items():
            if side not in row:
                continue
            of_side = {**row, "value": row[side][metric], "ci": row[side]["ci"][metric]}
            if of_side["value"] is not None or side == "unseen":
                rate_dot(axes, y - 8 + shift, of_side, colour)
    name = METRIC_OF[metric].label
    untrained = " Orange alone: in no training." if content["in_no_training"] else ""
    ends = [row[side]["ci"][metric][1] for row in rows for side in _SIDES if side in row]
    finish(axes, y + 4, max([end for end in ends if end is not None] or [1.0]), f"{name} (1 is 100 %)")
    return Drawing(
        name=f"unseen_{metric}",
        title=f"{name} of each attack",
        alt=f"{name} of each attack with 95 % intervals, when never trained on and when trained on.",
        svg=saved(figure, f"unseen_{metric}", folder),
        table=unseen_table(content),
        note=f"Orange: never trained on. Blue: trained on.{untrained} The same people and clips test both.",
    )
