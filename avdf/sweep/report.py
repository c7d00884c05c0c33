"""A study as tables: its trials, and what each parameter matters."""

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

_FEWEST_TRIALS = 4  # that a forest can be grown on


def trials_table(study: optuna.Study) -> pd.DataFrame:
    """A row a trial: number, state, f2 (of a pruned one the last seen), epochs, seconds, what was drawn."""
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
    """A row a parameter: the share of the variance of F2 that it explains (fANOVA, Hutter et al. 2014).

    Switches and parameters that every trial draws are compared with each other over all completed
    trials; those of an augmentation with each other, over the trials that had it on. NaN where there
    are fewer than 4 such trials, where all came out the same, or all drew the same.
    """
    trials = completed(study)
    always = [*space.parameters, *(f"{AUGMENT}.{name}" for name in space.augment)]
    rows = _importances(study, always, trials, "all trials", seed)
    for name in space.augment:
        key = f"{AUGMENT}.{name}"
        having = [trial for trial in trials if trial.params.get(key) == "on"]
        own = sorted({item for trial in having for item in trial.params if item.startswith(f"{key}.")})
        rows += _importances(study, own, having, f"trials with {name} on", seed)
    return pd.DataFrame(rows, columns=["parameter", "importance", "among", "num_trials"])


def _importances(
    study: optuna.Study, names: Sequence[str], trials: Sequence[FrozenTrial], among: str, seed: int
) -> list[dict[str, object]]:
    if not names:
        return []
    found: dict[str, float] = {}
    varied = [name for name in names if len({trial.params[name] for trial in trials}) > 1]
    if varied and len(trials) >= _FEWEST_TRIALS and len({trial.value for trial in trials}) > 1:
        evaluator = FanovaImportanceEvaluator(seed=seed)
        with suppress(RuntimeError):  # the forest found no variance
            # It keeps to the trials that drew all of these by itself.
            found = get_param_importances(study, evaluator=evaluator, params=varied)
    rows = [
        {
            "parameter": name,
            "importance": found.get(name, math.nan),
            "among": among,
            "num_trials": len(trials),
        }
        for name in names
    ]
    return sorted(rows, key=lambda row: -found.get(str(row["parameter"]), 0.0))


def _last_f2(trial: FrozenTrial) -> float:
    if trial.value is not None:
        return trial.value
    return trial.intermediate_values[trial.last_step] if trial.last_step is not None else math.nan


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
