"""What each augmentation is worth: switched on alone, and switched on or off in the best config."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from avdf.config.schema import Config
from avdf.sweep.remembered import Judge
from avdf.sweep.trial_config import with_augment

_LOG = logging.getLogger(__name__)
Augment = Mapping[str, Mapping[str, Any] | None]


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
