"""What each augmentation is worth: switched on alone, and switched on or off in the best config."""

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from avdf.config import yaml_text
from avdf.files import text_hash, write_json
from avdf.settings import Config
from avdf.sweep.overlay import with_augment

_LOG = logging.getLogger(__name__)
Judge = Callable[[Config], float]
Augment = Mapping[str, Mapping[str, Any] | None]


def ablation_table(
    best: Config, spare: Augment, seeds: Sequence[int], judge: Judge, kept: Path
) -> pd.DataFrame:
    """A row an augmentation: F2 without any, with it alone, with and without it in the best config.

    `spare` holds settings for every augmentation that the sweep could switch on; `best` has its own for
    those it uses. Gains are means over seeds of differences under one seed, `_sd` their spread.
    Trainings already in the file `kept` are not run again.
    """
    augment = best.model.augment
    remembered = _Remembered(judge, kept)

    def f2(chosen: Augment) -> list[float]:
        config = with_augment(best, chosen)
        return [remembered(replace(config, seed=seed)) for seed in seeds]

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


class _Remembered:
    """A judge that writes down what it found, so that a killed ablation goes on where it was."""

    def __init__(self, judge: Judge, kept: Path) -> None:
        self._judge, self._kept = judge, kept
        self._found: dict[str, float] = json.loads(kept.read_text("utf-8")) if kept.is_file() else {}

    def __call__(self, config: Config) -> float:
        key = text_hash(yaml_text(config))
        if key not in self._found:
            self._found[key] = self._judge(config)
            write_json(self._kept, self._found)
        return self._found[key]


def _spread(differences: Any) -> float:
    return float(np.std(differences, ddof=1)) if len(differences) > 1 else float("nan")
