"""Figure of a stress test: both error rates of each condition, with their intervals."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes

from avdf.audit.figures.drawing import GRID, MUTED, SERIES, Drawing, label, new_figure, saved
from avdf.audit.figures.forests import COLOURS
from avdf.audit.figures.row_axes import ROW_PT, finish, highest_end, left_text, rate_dot, rows_axes
from avdf.audit.page.stress_tables import stress_rates_table
from avdf.evaluation.groups import status_of
from avdf.evaluation.harms import HARMS

_MARGIN_PT = 62.0  # above and below the rows


def stress_figure(content: Mapping[str, Any], folder: Path) -> Drawing:
    """One row per condition; the dashed lines are the rates of the first, as recorded."""
    names = [condition["condition"] for condition in content["conditions"]]
    figure = new_figure(ROW_PT * len(names) + _MARGIN_PT)
    axes = rows_axes(figure)
    rows = {(row["condition"], row["metric"]): row for row in content["rates"]}
    for number_of_row, name in enumerate(names):
        y = ROW_PT * number_of_row + 10
        left_text(axes, y, label(name.replace("_", " "), 28), weight="normal" if number_of_row else "bold")
        axes.axhline(y + ROW_PT / 2, color=GRID, linewidth=0.5)
        for offset, harm in zip((-2.5, 2.5), HARMS, strict=True):
            row = rows[name, harm]
            if row["value"] is not None:
                rate_dot(axes, y + offset, {**row, "status": status_of(row["num_identities"])}, COLOURS[harm])
    _clean_lines(axes, [rows[names[0], harm]["value"] for harm in HARMS])
    finish(
        axes,
        ROW_PT * len(names) + 4,
        highest_end([row["ci"][1] for row in rows.values()]),
        "share called wrongly",
    )
    colours = dict(zip(HARMS.values(), ("blue", "orange"), strict=True))
    return Drawing(
        name="stress",
        title="Error rates through each channel",
        alt="One row per condition with the share of real clips accused and of fakes missed, and intervals.",
        svg=saved(figure, "stress", folder),
        table=stress_rates_table(content),
        note="; ".join(f"{colour}: {harm.clips}" for harm, colour in colours.items())
        + ". Dashed: as recorded. Hollow: under 20 people. Intervals: Wilson's, over people.",
    )


def _clean_lines(axes: Axes, values: list[float | None]) -> None:
    for value, colour in zip(values, SERIES, strict=False):
        if value is not None:
            axes.axvline(value, color=colour, linewidth=0.9, linestyle=(0, (4, 2)), alpha=0.7)
    if not any(value is not None for value in values):
        axes.text(0.5, 0.5, "no rate is defined", color=MUTED, transform=axes.transAxes, ha="center")
