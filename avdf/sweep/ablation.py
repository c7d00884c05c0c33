"""Ablation: the gain in F2 of each augmentation, alone and in the best config."""

import json
import logging
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pandas as pd
import torch

from avdf.config.loading import yaml_text
from avdf.config.schema import Config
from avdf.errors import UserError
from avdf.files import text_hash, write_json
from avdf.sweep.space import AUGMENT, Space
from avdf.sweep.storage import read_small_json
from avdf.sweep.study import completed
from avdf.sweep.trial_config import config_of_trial, with_augment, without_machine_settings

_LOG = logging.getLogger(__name__)
Augment = Mapping[str, Mapping[str, Any] | None]
Objective = Callable[[Config], float]


def ablation_table(
    best: Config, fallback: Augment, order: Sequence[str], seeds: Sequence[int], objective: Objective
) -> pd.DataFrame:
    """One row per augmentation: F2 without any, with it alone, with and without it in the best config.

    `fallback` holds settings for each augmentation of the space; those that `best` uses keep the settings
    they have there. `order` is the order in which a trial applies them. Gains are means over seeds of
    differences under one seed, `_sd` their standard deviation; NaN if one of the trainings failed.
    """

    def f2(augment: Augment) -> list[float]:
        config = with_augment(best, {name: augment[name] for name in order if name in augment})
        return [objective(replace(config, seed=seed)) for seed in seeds]

    in_best = best.model.augment
    rows = []
    for name in fallback:
        settings = in_best.get(name) or fallback[name]
        values = {
            "f2_none": f2({}),
            "f2_alone": f2({name: settings}),
            "f2_with": f2({**in_best, name: settings}),
            "f2_without": f2({**in_best, name: None}),
        }
        _LOG.info("%s: %s", name, ", ".join(f"{key} {np.mean(item):.4f}" for key, item in values.items()))
        rows.append(
            {
                "augmentation": name,
                "in_best": in_best.get(name) is not None,
                "num_seeds": len(seeds),
                **{key: float(np.mean(item)) for key, item in values.items()},
                **_gain("gain_alone", values["f2_alone"], values["f2_none"]),
                **_gain("gain_in_best", values["f2_with"], values["f2_without"]),
            }
        )
    return pd.DataFrame(rows)


def fallback_settings(study: optuna.Study, config: Config, space: Space) -> dict[str, Mapping[str, Any]]:
    """Settings for each augmentation of the space: those of the best trial that used it.

    If no trial did, those of the config with the middle of each range of the space.
    """
    ranked = sorted(completed(study), key=lambda trial: trial.value or 0.0, reverse=True)
    fallback: dict[str, Mapping[str, Any]] = {}
    for name, parameters in space.augment.items():
        users = [trial for trial in ranked if trial.params[f"{AUGMENT}.{name}"] == "on"]
        if users:
            fallback[name] = config_of_trial(config, space, users[0]).model.augment[name] or {}
        else:
            middle = {key: parameter.middle() for key, parameter in parameters.items()}
            fallback[name] = {**(config.model.augment.get(name) or {}), **middle}
    return fallback


class CachedObjective:
    """F2 of a config, kept in the JSON file `path`, so that a killed ablation repeats no training.

    NaN if the training fails. `facts` name what else the value depends on: data, folds, study.
    Raises UserError if the file holds something else.
    """

    def __init__(self, objective: Objective, path: Path, facts: Mapping[str, str]) -> None:
        self._objective, self._path, self._facts = objective, path, dict(facts)
        self._f2_by_key = _read_cache(path) if path.is_file() else {}

    def __call__(self, config: Config) -> float:
        settings = yaml_text(without_machine_settings(config))
        key = text_hash(json.dumps([self._facts, settings], sort_keys=True))
        if key not in self._f2_by_key:
            try:
                self._f2_by_key[key] = self._f2_or_none(config)
            except torch.OutOfMemoryError:  # tried again by the next call
                _LOG.warning("not enough memory for this training, which is left out")
                return math.nan
            write_json(self._path, self._f2_by_key)
        value = self._f2_by_key[key]
        return math.nan if value is None else value

    def _f2_or_none(self, config: Config) -> float | None:
        name = f"{', '.join(config.model.augment) or 'no augmentation'}, seed {config.seed}"
        _LOG.info("ablation with %s begins", name)
        try:
            return self._objective(config)
        except UserError as error:
            _LOG.warning("ablation with %s failed and is left out: %s", name, str(error).splitlines()[0])
            return None


def _read_cache(path: Path) -> dict[str, float | None]:
    values = read_small_json(path, "delete it and its trainings are repeated")
    if not isinstance(values, dict) or not all(value is None or _is_f2(value) for value in values.values()):
        raise UserError(f"{path}: must hold an F2 from 0 to 1 per training; delete it and they are repeated")
    return values


def _is_f2(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1


def _gain(name: str, f2_on: Sequence[float], f2_off: Sequence[float]) -> dict[str, float]:
    differences = np.subtract(f2_on, f2_off)
    sd = float(np.std(differences, ddof=1)) if len(differences) > 1 else math.nan
    return {name: float(differences.mean()), f"{name}_sd": sd}
