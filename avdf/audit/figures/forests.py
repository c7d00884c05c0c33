"""Figures with one row per group: rates, gaps against chance, changes, methods, shortcuts."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes

from avdf.audit.extremes import shown_rows
from avdf.audit.figures.drawing import GRID, INK, MUTED, SERIES, Drawing, label, new_figure, saved
from avdf.audit.figures.row_axes import (
    HEAD_PT,
    ROW_PT,
    finish,
    highest_end,
    left_text,
    rate_dot,
    rows_axes,
    text_in_row,
)
from avdf.audit.page.formatting import (
    Column,
    count,
    key,
    p_text,
    percent,
    points,
    points_interval,
    rate_interval_text,
    table_of,
)
from avdf.evaluation.harms import HARMS

COLOURS = dict(zip(HARMS, SERIES, strict=False))
Row = Mapping[str, Any]
GAP_ROW_PT = 24.0


def rate_forest(content: Row, harm: str, folder: Path) -> Drawing:
    """Every group's rate with its interval; the dashed line is the rate of all clips."""
    rows = [row for row in content["groups"] if row["metric"] == harm]
    sections = _sections(rows)
    num_rows = sum(len(shown) for _, _, shown in sections)
    num_heads = sum(bool(attribute) + bool(heading) for attribute, heading, _ in sections)
    figure = new_figure(ROW_PT * num_rows + HEAD_PT * num_heads + 48)
    axes = rows_axes(figure)
    overall = content["overall"][harm]
    if overall is not None:
        axes.axvline(overall, color=MUTED, linewidth=1, linestyle=(0, (4, 2)))
        axes.text(
            overall, -10, f"all {percent(overall)}", color=MUTED, fontsize=7.5, ha="center", va="center"
        )
    y = 0.0
    for attribute, heading, shown in sections:
        for text, weight in ((attribute, "bold"), (heading, "normal")):
            if text:
                y += HEAD_PT
                left_text(axes, y - 5, label(text, 40), weight=weight)
        for row in shown:
            y += ROW_PT
            left_text(axes, y - 5, label(row["group"], 28))
            rate_dot(axes, y - 5, row, COLOURS[harm])
    drawn = [row for _, _, shown in sections for row in shown]
    finish(axes, y + 4, highest_end([row["ci"][1] for row in drawn]), "share called wrongly")
    name, title = f"forest_{harm}", f"{HARMS[harm].title}, by group"
    columns: Sequence[Column] = (
        ("attribute", key("attribute")),
        ("group", key("group")),
        ("rate", key("value", percent)),
        ("95 % interval", key("ci", rate_interval_text)),
        ("people", key("num_identities", count)),
        ("clips", key("num_rows", count)),
        ("errors", key("num_errors", count)),
        ("status", lambda row: row["status"] + (f": {row['reason']}" if row["reason"] else "")),
    )
    return Drawing(
        name=name,
        title=title,
        alt=f"{title}: one dot per group with its 95 % interval; overall {percent(overall)}.",
        svg=saved(figure, name, folder),
        table=table_of(columns, rows),
        note="Hollow: under 20 people, shown but not ranked. Intervals: Wilson's, over people.",
    )


def _sections(rows: Sequence[Row]) -> list[tuple[str, str, Sequence[Row]]]:
    """(attribute, heading, rows) in the order of the figure; a second section of an attribute has no name."""
    sections: list[tuple[str, str, Sequence[Row]]] = []
    for attribute in dict.fromkeys(row["attribute"] for row in rows):
        shown = shown_rows([row for row in rows if row["attribute"] == attribute])
        sections += [
            (attribute if number == 0 else "", heading, of_heading)
            for number, (heading, of_heading) in enumerate(shown)
        ]
    return sections


def gap_figure(content: Row, folder: Path) -> Drawing:
    """Each observed gap, the gaps of shuffled labels, and the smallest gap that would be found."""
    rows = content["gaps"]
    figure = new_figure(GAP_ROW_PT * len(rows) + 66)
    axes = rows_axes(figure)
    for number_of_row, row in enumerate(rows):
        _gap_in_row(axes, GAP_ROW_PT * number_of_row + 14, row)
    widest = highest_end([row[name] for row in rows for name in ("gap", "null_q95", "min_detectable")])
    finish(axes, GAP_ROW_PT * len(rows) + 2, widest, "gap: highest rate minus lowest")
    columns: Sequence[Column] = (
        ("attribute", key("attribute")),
        ("rate", key("metric", str.upper)),
        ("gap", key("gap", points)),
        ("chance: mean", key("null_mean", points)),
        ("chance: 95th", key("null_q95", points)),
        ("p", key("p", p_text)),
        ("p (Holm)", key("p_holm", p_text)),
        ("detectable", key("min_detectable", points)),
        ("status", key("status")),
    )
    return Drawing(
        name="gaps",
        title="Observed gaps, and gaps by chance alone",
        alt="A diamond for each observed gap over the range of gaps from shuffled group labels.",
        svg=saved(figure, "gaps", folder),
        table=table_of(columns, rows),
        note="Diamond: the gap. Bar: 95 % of the gaps when group labels are shuffled over people, with their "
        "mean. Upright tick: the smallest gap that 4 of 5 such audits would have found.",
    )


def _gap_in_row(axes: Axes, y: float, row: Row) -> None:
    left_text(axes, y, f"{label(row['attribute'], 18)}, {row['metric'].upper()}")
    if row["gap"] is None:
        text_in_row(axes, y, "nothing to compare")
        return
    axes.barh(y, row["null_q95"], height=11, color=GRID, linewidth=0)
    axes.plot([row["null_mean"]] * 2, [y - 5.5, y + 5.5], color=MUTED, linewidth=1.2)
    axes.plot(row["min_detectable"], y, marker="|", markersize=13, color=SERIES[4], markeredgewidth=1.6)
    axes.plot(row["gap"], y, marker="D", markersize=6.5, color=COLOURS[row["metric"]], clip_on=False)


def difference_forest(content: Row, harm: str, folder: Path) -> Drawing:
    """Second minus first, one row per group: left of the line the second does less harm."""
    rows = [row for row in content["differences"] if row["metric"] == harm]
    figure = new_figure(ROW_PT * len(rows) + 62)
    axes = rows_axes(figure)
    ends = [abs(end) for row in rows for end in row["ci"] if end is not None]
    widest = max([*ends, 0.01]) * 1.08
    for number_of_row, row in enumerate(rows):
        _difference_in_row(axes, ROW_PT * number_of_row + 10, row)
    axes.axvline(0, color=INK, linewidth=0.9)
    finish(axes, ROW_PT * len(rows) + 4, widest, "less harm  ←  change  →  more harm")
    axes.set_xlim(-widest, widest)
    name, title = f"difference_{harm}", HARMS[harm].title
    columns: Sequence[Column] = (
        ("attribute", key("attribute")),
        ("group", key("group")),
        ("first", key("first", percent)),
        ("second", key("second", percent)),
        ("change", key("difference", points)),
        ("95 % interval", key("ci", points_interval)),
        ("people", key("num_identities", count)),
        ("verdict", key("change")),
    )
    return Drawing(
        name=name,
        title=f"{title}: second minus first",
        alt=f"{title}: the change from the first to the second, one row per group, with 95 % intervals.",
        svg=saved(figure, name, folder),
        table=table_of(columns, rows),
        note="Blue, pointing left: less harm beyond chance. Orange, pointing right: more.",
    )


def _difference_in_row(axes: Axes, y: float, row: Row) -> None:
    left_text(axes, y, label(row["group"], 28), weight="bold" if row["attribute"] == "all" else "normal")
    if row["ci"][0] is None:
        axes.text(
            0, y, row["status"], color=MUTED, va="center", ha="center", fontsize=7.5, fontstyle="italic"
        )
        return
    colour = {"better": SERIES[0], "worse": SERIES[1], "unclear": MUTED}[row["change"]]
    marker = {"better": "<", "worse": ">", "unclear": "o"}[row["change"]]
    axes.plot(row["ci"], [y, y], color=colour, linewidth=1.6, solid_capstyle="butt")
    axes.plot(row["difference"], y, marker=marker, markersize=5, color=colour)
