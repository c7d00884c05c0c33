"""What each augmentation is worth: switched on alone, and switched on or off in the best config."""

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
from avdf.files import read_json, text_hash, write_json
from avdf.sweep.space import AUGMENT, Space
from avdf.sweep.study import completed
from avdf.sweep.trial_config import with_augment, without_place
from avdf.sweep.trials import AUGMENT_OF_TRIAL

_LOG = logging.getLogger(__name__)
Augment = Mapping[str, Mapping[str, Any] | None]
Judge = Callable[[Config], float]


def ablation_table(
    best: Config, spare: Augment, order: Sequence[str], seeds: Sequence[int], judge: Judge
) -> pd.DataFrame:
    """A row an augmentation: F2 without any, with it alone, with and without it in the best config.

    `spare` holds settings for every augmentation that the sweep could switch on; `best` has its own for
    those it uses; `order` is that in which a trial applies them all. Gains are means over seeds of
    differences under one seed, `_sd` their spread; NaN where a training of theirs failed.
    """
    augment = best.model.augment

    def f2(chosen: Augment) -> list[float]:
        config = with_augment(best, {name: chosen[name] for name in order if name in chosen})
        return [judge(replace(config, seed=seed)) for seed in seeds]

    rows = []
    for name in spare:
        own = augment.get(name) or spare[name]
        values = {
            "f2_none": f2({}),
            "f2_alone": f2({name: own}),
            "f2_with": f2({**augment, name: own}),
            "f2_without": f2({**augment, name: None}),
        }
        _LOG.info("%s: %s", name, ", ".join(f"{key} {np.mean(item):.4f}" for key, item in values.items()))
        alone = np.subtract(values["f2_alone"], values["f2_none"])
        in_best = np.subtract(values["f2_with"], values["f2_without"])
        rows.append(
            {
                "augmentation": name,
                "in_best": augment.get(name) is not None,
                "num_seeds": len(seeds),
                **{key: float(np.mean(item)) for key, item in values.items()},
                "gain_alone": float(alone.mean()),
                "gain_alone_sd": _spread(alone),
                "gain_in_best": float(in_best.mean()),
                "gain_in_best_sd": _spread(in_best),
            }
        )
    return pd.DataFrame(rows)


def _spread(differences: Any) -> float:
    return float(np.std(differences, ddof=1)) if len(differences) > 1 else float("nan")


_LOG = logging.getLogger(__name__)


class Remembered:
    """F2 of a config, NaN where its training fails. One that stands in the file `kept` is not trained again.

    `facts` say what else the figure hangs on: the data, the folds, the study.
    """

    def __init__(self, judge: Judge, kept: Path, facts: Mapping[str, str]) -> None:
        self._judge, self._kept, self._facts = judge, kept, dict(facts)
        self._found: dict[str, float | None] = read_json(kept) if kept.is_file() else {}

    def __call__(self, config: Config) -> float:
        key = text_hash(json.dumps([self._facts, yaml_text(without_place(config))], sort_keys=True))
        if key not in self._found:
            try:
                self._found[key] = self._judged(config)
            except torch.OutOfMemoryError:  # another time there may be enough
                _LOG.warning("the memory is too small, or too full, for this training: left out")
                return math.nan
            write_json(self._kept, self._found)
        value = self._found[key]
        return math.nan if value is None else value

    def _judged(self, config: Config) -> float | None:
        what = f"{', '.join(config.model.augment) or 'no augmentation'}, seed {config.seed}"
        _LOG.info("ablation with %s begins", what)
        try:
            return self._judge(config)
        except UserError as error:
            _LOG.warning("ablation with %s failed, and is left out: %s", what, str(error).splitlines()[0])
            return None


def spare_settings(study: optuna.Study, config: Config, space: Space) -> dict[str, Mapping[str, Any]]:
    """Each as in the best trial that had it on; where none had, in the middle of its ranges."""
    ranked = sorted(completed(study), key=lambda trial: trial.value or 0.0, reverse=True)
    found: dict[str, Mapping[str, Any]] = {}
    for name, own in space.augment.items():
        having = [trial for trial in ranked if trial.params[f"{AUGMENT}.{name}"] == "on"]
        middle = {item: parameter.middle() for item, parameter in own.items()}
        in_config = config.model.augment.get(name) or {}
        found[name] = having[0].user_attrs[AUGMENT_OF_TRIAL][name] if having else {**in_config, **middle}
    return found
