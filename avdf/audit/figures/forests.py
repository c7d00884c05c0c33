"""Figures of one number a row with its interval: rates per group, gaps against chance, methods, shortcuts."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from avdf.audit.figures.drawing import GRID, MUTED, SERIES, Drawing, label, new_figure, saved
from avdf.audit.figures.row_axes import (
    HEAD_PT,
    ROW_PT,
    finish,
    highest_end,
    left_text,
    rate_dot,
    rows_axes,
    words_instead,
)
from avdf.audit.page.formatting import count, p_text, percent, points, span

COLOURS = {"fpr": SERIES[0], "fnr": SERIES[1]}
TITLES = {"fpr": "Real people accused (FPR), by group", "fnr": "Fakes missed (FNR), by group"}


def rate_forest(content: Mapping[str, Any], metric: str, folder: Path) -> Drawing:
    """Every group's rate with its interval; the line is the rate of everybody."""
    rows = [row for row in content["groups"] if row["metric"] == metric]
    attributes = list(dict.fromkeys(row["attribute"] for row in rows))
    figure = new_figure(ROW_PT * len(rows) + HEAD_PT * len(attributes) + 48)
    axes = rows_axes(figure)
    overall = content["overall"][metric]
    if overall is not None:
        axes.axvline(overall, color=MUTED, linewidth=1, linestyle=(0, (4, 2)))
        axes.text(
            overall, -10, f"all {percent(overall)}", color=MUTED, fontsize=7.5, ha="center", va="center"
        )
    y = 0.0
    for attribute in attributes:
        y += HEAD_PT
        left_text(axes, y - 5, label(attribute, 40), weight="bold")
        for row in (row for row in rows if row["attribute"] == attribute):
            y += ROW_PT
            left_text(axes, y - 5, label(row["group"], 28))
            rate_dot(axes, y - 5, row, COLOURS[metric])
    finish(axes, y + 4, highest_end([row["ci"][1] for row in rows]), "share called wrongly")
    name = f"forest_{metric}"
    return Drawing(
        name=name,
        title=TITLES[metric],
        alt=f"{TITLES[metric]}: a dot a group with its 95 % interval; overall {percent(overall)}.",
        svg=saved(figure, name, folder),
        header=("attribute", "group", "rate", "95 % interval", "people", "clips", "errors", "status"),
        rows=tuple(
            (
                *(row["attribute"], row["group"], percent(row["value"]), span(row["ci"], metric)),
                *(count(row["num_identities"]), count(row["num_rows"]), count(row["num_errors"])),
                row["status"] + (f": {row['reason']}" if row["reason"] else ""),
            )
            for row in rows
        ),
        note="Hollow: under 20 people, shown but not ranked. Intervals: Wilson's, over people.",
    )


def gap_figure(content: Mapping[str, Any], folder: Path) -> Drawing:
    """Each observed gap beside the gaps that shuffled labels make, and the smallest that would be found."""
    rows = content["gaps"]
    figure = new_figure(24.0 * len(rows) + 66)
    axes = rows_axes(figure)
    for place, row in enumerate(rows):
        y = 24.0 * place + 14
        left_text(axes, y, f"{label(row['attribute'], 18)}, {row['metric'].upper()}")
        if row["gap"] is None:
            words_instead(axes, y, "nothing to compare")
            continue
        axes.barh(y, row["null_q95"], height=11, color=GRID, linewidth=0)
        axes.plot([row["null_mean"]] * 2, [y - 5.5, y + 5.5], color=MUTED, linewidth=1.2)
        axes.plot(row["min_detectable"], y, marker="|", markersize=13, color=SERIES[4], markeredgewidth=1.6)
        axes.plot(row["gap"], y, marker="D", markersize=6.5, color=COLOURS[row["metric"]])
    widest = highest_end([row[key] for row in rows for key in ("gap", "null_q95", "min_detectable")])
    finish(axes, 24.0 * len(rows) + 2, widest, "gap: highest rate less lowest")
    return Drawing(
        name="gaps",
        title="The gaps, and the gaps that chance makes",
        alt="A diamond for each observed gap over the range of gaps from shuffled group labels.",
        svg=saved(figure, "gaps", folder),
        header=(
            "attribute",
            "rate",
            "gap",
            "chance: mean",
            "chance: 95th",
            "p",
            "p (Holm)",
            "detectable",
            "status",
        ),
        rows=tuple(
            (
                *(row["attribute"], row["metric"].upper(), points(row["gap"]), points(row["null_mean"])),
                *(points(row["null_q95"]), p_text(row["p"]), p_text(row["p_holm"])),
                *(points(row["min_detectable"]), row["status"]),
            )
            for row in rows
        ),
        note="Diamond: the gap. Bar: 95 % of the gaps when group labels are shuffled over people, with their "
        "mean. Upright tick: the smallest gap that 4 of 5 such audits would have found.",
    )


def method_forest(content: Mapping[str, Any], folder: Path) -> Drawing:
    """The share of each method's fakes that is missed, and of each kind of real clips accused."""
    rows = [
        (metric, row)
        for metric in ("fnr", "fpr")
        for row in content["methods"]
        if row["num_fake" if metric == "fnr" else "num_real"]
    ]
    figure = new_figure(ROW_PT * len(rows) + 2 * HEAD_PT + 48)
    axes = rows_axes(figure)
    y = 0.0
    for metric, title in (("fnr", "fakes missed"), ("fpr", "real clips accused")):
        y += HEAD_PT
        left_text(axes, y - 5, title, weight="bold")
        for row in (row for which, row in rows if which == metric):
            y += ROW_PT
            left_text(axes, y - 5, label(" ".join((row["type"], row["method"])).strip(), 28))
            entry = {"value": row[metric], "ci": row[f"{metric}_ci"], "status": row[f"{metric}_status"]}
            rate_dot(axes, y - 5, {**entry, "num_identities": row["num_identities"]}, COLOURS[metric])
    finish(axes, y + 4, highest_end([row[f"{metric}_ci"][1] for metric, row in rows]), "share called wrongly")
    return Drawing(
        name="methods",
        title="By type and method of manipulation",
        alt="Share of each method's clips called wrongly, with 95 % intervals.",
        svg=saved(figure, "methods", folder),
        header=("type", "method", "real", "fake", "people", "FPR", "interval", "FNR", "interval", "AUC"),
        rows=tuple(
            (
                *(row["type"] or "–", row["method"], count(row["num_real"]), count(row["num_fake"])),
                *(count(row["num_identities"]), percent(row["fpr"]), span(row["fpr_ci"], "fpr")),
                *(percent(row["fnr"]), span(row["fnr_ci"], "fnr")),
                "–" if row["auc"] is None else f"{row['auc']:.3f}",
            )
            for row in content["methods"]
        ),
        note="AUC: this method's fakes against all real clips.",
    )


def shortcut_figure(content: Mapping[str, Any], folder: Path) -> Drawing:
    """What a trivial feature alone reaches, beside the detector."""
    rows = sorted(content["shortcuts"], key=lambda row: -(row["auc"] or 0.0))
    figure = new_figure(ROW_PT * len(rows) + 62)
    axes = rows_axes(figure)
    detector = content["overall"]["auc"]
    for place, row in enumerate(rows):
        y = ROW_PT * place + 12
        left_text(axes, y, label(str(row["feature"]), 28))
        if row["auc"] is not None:
            axes.plot([0.5, row["auc"]], [y, y], color=GRID, linewidth=4, solid_capstyle="butt")
            axes.plot(row["auc"], y, marker="o", color=SERIES[4], markersize=5.5)
    if detector is not None:
        axes.axvline(detector, color=SERIES[0], linewidth=1.4)
        axes.text(
            detector, -9, f"detector {detector:.3f}", color=SERIES[0], fontsize=7.5, ha="right", va="center"
        )
    axes.set_xlim(0.48, 1.01)
    axes.set_ylim(ROW_PT * len(rows) + 4, 0)
    axes.set_xlabel("AUC of that feature alone (0.5: tells nothing)")
    return Drawing(
        name="shortcuts",
        title="Shortcuts: what one trivial feature tells",
        alt=f"AUC of each trivial feature alone, beside the detector's {detector}.",
        svg=saved(figure, "shortcuts", folder),
        header=("feature", "AUC"),
        rows=tuple((row["feature"], "–" if row["auc"] is None else f"{row['auc']:.3f}") for row in rows),
    )
