"""A study as tables and as one picture: trials, importance of the parameters, gain of each augmentation."""

import math
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from optuna.importance import FanovaImportanceEvaluator, get_param_importances
from optuna.trial import FrozenTrial

from avdf.files import write_with
from avdf.sweep.space import AUGMENT, Space
from avdf.sweep.study import REASON, completed, finished

_MIN_TRIALS = 4  # below it the forest of fANOVA is not defined
_COMPLETE, _PRUNED, _BEST = "#0072b2", "#b0b0b0", "#d55e00"  # distinct in common colour blindness


def trials_table(study: optuna.Study) -> pd.DataFrame:
    """One row per finished trial: number, state, F2, epochs, seconds, reason, and all that it drew.

    F2 of a pruned trial is that of its last epoch.
    """
    trials = finished(study)
    names = sorted({key for trial in trials for key in trial.params})
    columns = ["trial", "state", "f2", "epochs", "seconds", "reason", *names]
    return pd.DataFrame(
        [
            {
                "trial": trial.number,
                "state": trial.state.name.lower(),
                "f2": _last_f2(trial),
                "epochs": trial.last_step or 0,
                "seconds": round(trial.duration.total_seconds(), 1) if trial.duration else math.nan,
                "reason": trial.user_attrs.get(REASON, ""),
                **{name: trial.params.get(name) for name in names},
            }
            for trial in trials
        ],
        columns=columns,
    )


def importance_table(study: optuna.Study, space: Space, seed: int) -> pd.DataFrame:
    """One row per parameter: its share of the variance of F2 (fANOVA, Hutter et al. 2014, ICML).

    Parameters that all trials draw, switches of augmentations included, are compared over all complete
    trials; the parameters of an augmentation over the trials that used it. NaN with fewer than 4 such
    trials, and if F2 or the parameter was the same in all of them.
    """
    trials = completed(study)
    common = [*space.parameters, *(f"{AUGMENT}.{name}" for name in space.augment)]
    rows = _importances(study, common, trials, "all trials", seed)
    for name in space.augment:
        key = f"{AUGMENT}.{name}"
        users = [trial for trial in trials if trial.params.get(key) == "on"]
        parameters = sorted({item for trial in users for item in trial.params if item.startswith(f"{key}.")})
        rows += _importances(study, parameters, users, f"trials with {name} on", seed)
    return pd.DataFrame(rows, columns=["parameter", "importance", "among", "num_trials"])


def draw_sweep(
    path: Path, trials: pd.DataFrame, importance: pd.DataFrame, ablation: pd.DataFrame | None
) -> None:
    """Writes the figure of a sweep as PNG."""
    figure = sweep_figure(trials, importance, ablation)
    write_with(path, lambda temporary: figure.savefig(temporary, format="png", dpi=110))


def sweep_figure(trials: pd.DataFrame, importance: pd.DataFrame, ablation: pd.DataFrame | None) -> Figure:
    """Panels of trials and of importance, and with an ablation table a panel of gains."""
    num_rows = max(len(importance), 0 if ablation is None else 2 * len(ablation), 8)
    num_panels = 2 if ablation is None else 3
    figure = Figure(figsize=(5 * num_panels, 1.5 + 0.28 * num_rows), layout="constrained")
    panels = figure.subplots(1, num_panels)
    _draw_trials(panels[0], trials)
    _draw_importance(panels[1], importance)
    if ablation is not None:
        _draw_gains(panels[2], ablation)
    return figure


def _importances(
    study: optuna.Study, names: Sequence[str], trials: Sequence[FrozenTrial], among: str, seed: int
) -> list[dict[str, object]]:
    shares: dict[str, float] = {}
    varied = [name for name in names if len({trial.params[name] for trial in trials}) > 1]
    if varied and len(trials) >= _MIN_TRIALS and len({trial.value for trial in trials}) > 1:
        evaluator = FanovaImportanceEvaluator(seed=seed)
        with suppress(RuntimeError):  # the forest found no variance
            # Optuna itself leaves out the trials that did not draw all of these.
            shares = get_param_importances(study, evaluator=evaluator, params=varied)
    rows = [
        {
            "parameter": name,
            "importance": shares.get(name, math.nan),
            "among": among,
            "num_trials": len(trials),
        }
        for name in names
    ]
    return sorted(rows, key=lambda row: -shares.get(str(row["parameter"]), 0.0))


def _last_f2(trial: FrozenTrial) -> float:
    if trial.value is not None:
        return trial.value
    return trial.intermediate_values[trial.last_step] if trial.last_step is not None else math.nan


def _draw_trials(axes: Axes, trials: pd.DataFrame) -> None:
    for state, colour, label in (
        ("pruned", _PRUNED, "stopped early"),
        ("complete", _COMPLETE, "complete"),
    ):
        rows = trials[trials["state"] == state]
        if len(rows):
            axes.plot(rows["trial"], rows["f2"], "o", color=colour, markersize=4, label=label)
    complete = trials[trials["state"] == "complete"]
    axes.step(complete["trial"], complete["f2"].cummax(), where="post", color=_BEST, label="best so far")
    axes.set_xlabel("trial")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_ylabel("F2 at the prevalence, validation")
    axes.set_title("Trials")
    _legend_above(axes)


def _draw_importance(axes: Axes, importance: pd.DataFrame) -> None:
    rows = importance.iloc[::-1]
    names = [name.removeprefix("model.").removeprefix("augment.") for name in rows["parameter"]]
    is_common = rows["among"] == "all trials"
    positions = np.arange(len(rows))
    axes.barh(positions, rows["importance"], color=np.where(is_common, _COMPLETE, _PRUNED))
    _label_undefined(axes, positions, rows["importance"], "too few trials")
    axes.set_yticks(positions, names, fontsize="small")
    _limit_bar_height(axes, len(rows))
    axes.set_xlabel("share of the variance of F2\n(grey: among trials with that augmentation on)")
    axes.set_title("Importance")


def _draw_gains(axes: Axes, ablation: pd.DataFrame) -> None:
    rows = ablation.iloc[::-1]
    positions = np.arange(len(rows))
    for offset, gain, colour, label in (
        (0.2, "gain_alone", _COMPLETE, "on alone"),
        (-0.2, "gain_in_best", _BEST, "on in the best config"),
    ):
        sd = rows[f"{gain}_sd"].fillna(0.0)
        axes.barh(positions + offset, rows[gain], 0.4, xerr=sd, color=colour, label=label)
        _label_undefined(axes, positions + offset, rows[gain], "failed")
    axes.axvline(0, color="black", linewidth=0.8)
    names = [
        f"{name}{' (in best)' if in_best else ''}"
        for name, in_best in zip(rows["augmentation"], rows["in_best"], strict=True)
    ]
    axes.set_yticks(positions, names, fontsize="small")
    _limit_bar_height(axes, len(rows))
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.set_xlabel("gain in F2 on validation (whisker: sd over seeds)")
    axes.set_title("Augmentations")
    _legend_above(axes)


def _legend_above(axes: Axes) -> None:
    """Places the legend between title and panel, where it covers no point."""
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3, fontsize="small", frameon=False)
    axes.set_title(axes.get_title(), pad=24)


def _limit_bar_height(axes: Axes, num_rows: int) -> None:
    """Keeps bars to a quarter of the panel at most, and the place of rows without a bar."""
    middle, half = (num_rows - 1) / 2, max(num_rows, 4) / 2
    axes.set_ylim(middle - half, middle + half)


def _label_undefined(axes: Axes, positions: Any, values: pd.Series, reason: str) -> None:
    """Writes the reason where a value is NaN and has no bar."""
    for position, value in zip(positions, values, strict=True):
        if math.isnan(value):
            axes.text(0, position, f" {reason}", va="center", fontsize="x-small", color="#606060")
