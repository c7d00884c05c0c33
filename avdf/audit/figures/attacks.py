"""Forest plots of attacks, one row each, the worst first: EER, and the share of fakes missed."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from avdf.audit.extremes import MANY_GROUPS, NUM_SHOWN
from avdf.audit.figures.drawing import MUTED, SERIES, Drawing, label, new_figure, saved
from avdf.audit.figures.row_axes import HEAD_PT, ROW_PT, finish, highest_end, left_text, rate_dot, rows_axes
from avdf.audit.page.attack_tables import attacks_table
from avdf.audit.page.formatting import percent
from avdf.evaluation.attacks import RANKED_BY
from avdf.evaluation.harms import HARMS

Row = Mapping[str, Any]
_MISSED = next(harm.key for harm in HARMS.values() if harm.of_fakes)
_AXES = {RANKED_BY: "EER against all real clips", _MISSED: "share of its fakes that is missed"}
_TITLES = {RANKED_BY: "Attack by attack: EER", _MISSED: "Attack by attack: fakes missed (FNR)"}


def attack_forests(content: Row, folder: Path) -> list[Drawing]:
    """A figure of each metric; the dashed line is that of all attacks together."""
    return [_forest(content, metric, folder) for metric in _TITLES]


def _forest(content: Row, metric: str, folder: Path) -> Drawing:
    rows = content["attacks"]
    sections = _sections(rows)
    num_rows = sum(len(shown) for _, shown in sections)
    figure = new_figure(ROW_PT * num_rows + HEAD_PT * len(sections) + 48)
    axes = rows_axes(figure)
    overall = content["overall"][metric]
    if overall is not None:
        axes.axvline(overall, color=MUTED, linewidth=1, linestyle=(0, (4, 2)))
        text = f"all {percent(overall)}"
        axes.text(overall, -10, text, color=MUTED, fontsize=7.5, ha="center", va="center")
    y = 0.0
    for heading, shown in sections:
        y += HEAD_PT
        left_text(axes, y - 5, heading, weight="bold")
        for row in shown:
            y += ROW_PT
            unseen = " (not trained on)" if row["seen_in_training"] is False else ""
            left_text(axes, y - 5, label(row["attack"], 28 - len(unseen)) + unseen)
            rate_dot(axes, y - 5, {**row, "value": row[metric], "ci": row["ci"][metric]}, SERIES[1])
    drawn = [row for _, shown in sections for row in shown]
    finish(axes, y + 4, highest_end([row["ci"][metric][1] for row in drawn]), _AXES[metric])
    name = f"attacks_{metric}"
    return Drawing(
        name=name,
        title=_TITLES[metric],
        alt=f"{_TITLES[metric]}, one dot per attack with its 95 % interval, the highest EER first.",
        svg=saved(figure, name, folder),
        table=attacks_table(content),
        note="The fakes of each attack against all real clips. Hollow: under 20 people.",
    )


def _sections(rows: Sequence[Row]) -> list[tuple[str, Sequence[Row]]]:
    """Of many attacks the worst and the best that have an EER; all are in the table."""
    if len(rows) <= MANY_GROUPS:
        return [("attack, worst first", rows)]
    known = [row for row in rows if row[RANKED_BY] is not None]
    if len(known) <= 2 * NUM_SHOWN:
        return [(f"{len(known)} of {len(rows)}, worst first", known)]
    return [
        (f"the {NUM_SHOWN} worst of {len(rows)}", known[:NUM_SHOWN]),
        (f"the {NUM_SHOWN} best of {len(rows)}", known[-NUM_SHOWN:]),
    ]
