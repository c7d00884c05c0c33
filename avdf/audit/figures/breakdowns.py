"""Figures of methods of manipulation and of shortcuts, one row each."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from avdf.audit.figures.drawing import GRID, SERIES, Drawing, label, new_figure, saved
from avdf.audit.figures.forests import COLOURS
from avdf.audit.figures.row_axes import HEAD_PT, ROW_PT, finish, highest_end, left_text, rate_dot, rows_axes
from avdf.audit.page.formatting import Column, count, key, number, percent, rate_interval_text, table_of
from avdf.audit.page.tables import without_copies_note
from avdf.evaluation.harms import HARMS, Harm

Row = Mapping[str, Any]


def method_forest(content: Row, folder: Path) -> Drawing:
    """The share of each method's fakes that is missed, and of each kind of real clips that is accused."""
    harms = sorted(HARMS.values(), key=lambda harm: not harm.of_fakes)
    rows = {harm.key: [row for row in content["methods"] if _has_clips(row, harm)] for harm in harms}
    num_rows = sum(len(of_harm) for of_harm in rows.values())
    figure = new_figure(ROW_PT * num_rows + HEAD_PT * len(harms) + 48)
    axes = rows_axes(figure)
    y, ends = 0.0, []
    for harm in harms:
        y += HEAD_PT
        left_text(axes, y - 5, harm.clips, weight="bold")
        for row in rows[harm.key]:
            y += ROW_PT
            left_text(axes, y - 5, label(" ".join((row["type"], row["method"])).strip(), 28))
            rate = {"value": row[harm.key], "ci": row[f"{harm.key}_ci"], "status": row[f"{harm.key}_status"]}
            rate_dot(axes, y - 5, {**rate, "num_identities": row["num_identities"]}, COLOURS[harm.key])
            ends.append(row[f"{harm.key}_ci"][1])
    finish(axes, y + 4, highest_end(ends), "share called wrongly")
    columns: list[Column] = [
        ("type", lambda row: row["type"] or "–"),
        ("method", key("method")),
        ("real", key("num_real", count)),
        ("fake", key("num_fake", count)),
        ("people", key("num_identities", count)),
    ]
    for name in HARMS:
        columns.append((name.upper(), key(name, percent)))
        columns.append(("interval", key(f"{name}_ci", rate_interval_text)))
    columns.append(("AUC", key("auc", number)))
    return Drawing(
        name="methods",
        title="By type and method of manipulation",
        alt="Share of each method's clips called wrongly, with 95 % intervals.",
        svg=saved(figure, "methods", folder),
        table=table_of(columns, content["methods"]),
        note="AUC: this method's fakes against all real clips.",
    )


def shortcut_figure(content: Row, folder: Path) -> Drawing:
    """The AUC of each trivial feature alone, and the detector's."""
    rows = sorted(content["shortcuts"], key=lambda row: -(row["auc"] or 0.0))
    figure = new_figure(ROW_PT * len(rows) + 62)
    axes = rows_axes(figure)
    detector = content["overall"]["auc"]
    for number_of_row, row in enumerate(rows):
        y = ROW_PT * number_of_row + 12
        left_text(axes, y, label(str(row["feature"]), 28))
        if row["auc"] is not None:
            axes.plot([0.5, row["auc"]], [y, y], color=GRID, linewidth=4, solid_capstyle="butt")
            axes.plot(row["auc"], y, marker="o", color=SERIES[4], markersize=5.5)
    if detector is not None:
        axes.axvline(detector, color=SERIES[0], linewidth=1.4)
        text = f"detector {detector:.3f}"
        axes.text(detector, -9, text, color=SERIES[0], fontsize=7.5, ha="right", va="center")
    axes.set_xlim(0.48, 1.01)
    axes.set_ylim(ROW_PT * len(rows) + 4, 0)
    axes.set_xlabel("AUC (0.5: no information)")
    columns: Sequence[Column] = (("feature", key("feature")), ("AUC", key("auc", number)))
    return Drawing(
        name="shortcuts",
        title="Shortcuts: each trivial feature alone",
        alt=f"AUC of each trivial feature alone, beside the detector's {number(detector)}.",
        svg=saved(figure, "shortcuts", folder),
        table=table_of(columns, rows),
        note=without_copies_note(rows),
    )


def _has_clips(row: Row, harm: Harm) -> bool:
    return bool(row["num_fake" if harm.of_fakes else "num_real"])
