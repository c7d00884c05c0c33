"""The content of metrics.json: every split's figures at the threshold, with intervals over people."""

from typing import Any

import numpy as np
import pandas as pd

from avdf.evaluation.binary import binary_metrics
from avdf.evaluation.bootstrap import figures_of_sums, interval, ranked_figures_of_sums, resampled_sums
from avdf.evaluation.curves import Floats
from avdf.evaluation.scores import check_scores
from avdf.evaluation.tally import tally
from avdf.evaluation.threshold import Threshold


def measure(scores: pd.DataFrame, threshold: Threshold, *, seed: int = 0) -> dict[str, Any]:
    """`{threshold, splits: {name: {num_clips, ..., f2, ..., ci: {metric: [low, high]}}}}`.

    A table with a `threshold` column is called by it, row by row. Raises TableError for an untrusty table.
    """
    table = check_scores(scores)
    parts = {name: part.reset_index(drop=True) for name, part in table.groupby("split", sort=True)}
    return {
        "threshold": threshold.as_dict(),
        "splits": {name: _one_split(part, threshold, seed) for name, part in parts.items()},
    }


def thresholds_of(table: pd.DataFrame, threshold: Threshold) -> float | Floats:
    """The threshold of each row where the table carries one, else the one for all."""
    return table["threshold"].to_numpy(np.float64) if "threshold" in table else threshold.value


def _one_split(table: pd.DataFrame, threshold: Threshold, seed: int) -> dict[str, Any]:
    at = thresholds_of(table, threshold)
    rule = {"beta": threshold.beta, "prevalence": threshold.prevalence}
    values = binary_metrics(table["is_fake"], table["score"], at, **rule)
    folded = tally(table, at)
    draws: dict[str, list[Floats]] = {}
    for sums in resampled_sums([folded], [np.ones(1, dtype=bool)], seed):
        drawn = sums[0][0]
        for found in (figures_of_sums(drawn, folded, **rule), ranked_figures_of_sums(drawn, folded)):
            for name, value in found.items():
                draws.setdefault(name, []).append(value)
    few = len(folded.identity) < 2
    return {
        "num_clips": len(table),
        "num_identities": len(folded.identity),
        "num_fake": int(table["is_fake"].sum()),
        **values,
        "ci": {
            name: [None, None] if few or np.isnan(values[name]) else interval(np.concatenate(draws[name]))
            for name in values
        },
    }
