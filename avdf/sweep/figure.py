"""A sweep in one picture: its trials, what mattered, what each augmentation is worth."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from avdf.files import write_with

_DONE, _PRUNED, _BEST = "#0072b2", "#b0b0b0", "#d55e00"  # told apart by the colour-blind too


def draw_sweep(
    path: Path, trials: pd.DataFrame, importance: pd.DataFrame, ablation: pd.DataFrame | None
) -> None:
    """Writes a PNG of it."""
    figure = sweep_figure(trials, importance, ablation)
    write_with(path, lambda part: figure.savefig(part, format="png", dpi=110))


def sweep_figure(trials: pd.DataFrame, importance: pd.DataFrame, ablation: pd.DataFrame | None) -> Figure:
    """Two panels, or three with an ablation table."""
    num_rows = max(len(importance), 0 if ablation is None else 2 * len(ablation), 8)
    num_panels = 2 if ablation is None else 3
    figure = Figure(figsize=(5 * num_panels, 1.5 + 0.28 * num_rows), layout="constrained")
    panels = figure.subplots(1, num_panels)
    _draw_trials(panels[0], trials)
    _draw_importance(panels[1], importance)
    if ablation is not None:
        _draw_gains(panels[2], ablation)
    return figure


def _draw_trials(axes: Axes, trials: pd.DataFrame) -> None:
    for state, colour, label in (("pruned", _PRUNED, "given up early"), ("complete", _DONE, "finished")):
        rows = trials[trials["state"] == state]
        if len(rows):
            axes.plot(rows["trial"], rows["f2"], "o", color=colour, markersize=4, label=label)
    done = trials[trials["state"] == "complete"]
    axes.step(done["trial"], done["f2"].cummax(), where="post", color=_BEST, label="best so far")
    axes.set_xlabel("trial")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_ylabel("F2 at the prevalence, validation")
    axes.set_title("Trials")
    _legend_above(axes)


def _draw_importance(axes: Axes, importance: pd.DataFrame) -> None:
    rows = importance.iloc[::-1]
    names = [name.removeprefix("model.").removeprefix("augment.") for name in rows["parameter"]]
    overall = rows["among"] == "all trials"
    places = np.arange(len(rows))
    axes.barh(places, rows["importance"], color=np.where(overall, _DONE, _PRUNED))
    _write_undefined(axes, places, rows["importance"], "too few trials")
    axes.set_yticks(places, names, fontsize="small")
    _leave_room(axes, len(rows))
    axes.set_xlabel("share of the variance of F2\n(grey: among trials with that augmentation on)")
    axes.set_title("Importance")


def _draw_gains(axes: Axes, ablation: pd.DataFrame) -> None:
    rows = ablation.iloc[::-1]
    places = np.arange(len(rows))
    for offset, gain, colour, label in (
        (0.2, "gain_alone", _DONE, "on alone"),
        (-0.2, "gain_in_best", _BEST, "on in the best config"),
    ):
        spread = rows[f"{gain}_sd"].fillna(0.0)
        axes.barh(places + offset, rows[gain], 0.4, xerr=spread, color=colour, label=label)
        _write_undefined(axes, places + offset, rows[gain], "failed")
    axes.axvline(0, color="black", linewidth=0.8)
    names = [
        f"{name}{' (in best)' if used else ''}"
        for name, used in zip(rows["augmentation"], rows["in_best"], strict=True)
    ]
    axes.set_yticks(places, names, fontsize="small")
    _leave_room(axes, len(rows))
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.set_xlabel("gain in F2 on validation (whisker: sd over seeds)")
    axes.set_title("Augmentations")
    _legend_above(axes)


def _legend_above(axes: Axes) -> None:
    """Between title and panel, where it hides no point."""
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3, fontsize="small", frameon=False)
    axes.set_title(axes.get_title(), pad=24)


def _leave_room(axes: Axes, num_rows: int) -> None:
    """A bar is no thicker than a quarter of the panel, and rows without a bar have their place."""
    middle, half = (num_rows - 1) / 2, max(num_rows, 4) / 2
    axes.set_ylim(middle - half, middle + half)


def _write_undefined(axes: Axes, places: Any, values: pd.Series, words: str) -> None:
    """Where there is no value, its bar's place says why."""
    for place, value in zip(places, values, strict=True):
        if math.isnan(value):
            axes.text(0, place, f" {words}", va="center", fontsize="x-small", color="#606060")
