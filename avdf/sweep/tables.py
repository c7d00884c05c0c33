"""A study as tables: its trials, and what each parameter matters."""

import math
from collections.abc import Sequence
from contextlib import suppress

import optuna
import pandas as pd
from optuna.importance import FanovaImportanceEvaluator, get_param_importances
from optuna.trial import FrozenTrial

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
