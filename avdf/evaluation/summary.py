"""The content of metrics.json: every split's figures at the threshold, with intervals over people."""

from typing import Any

import numpy as np
import pandas as pd

from avdf.evaluation.cohort import cohort_of, drawn_figures, whole_figures
from avdf.evaluation.curves import Floats
from avdf.evaluation.scores import check_scores
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
    rule = {"beta": threshold.beta, "prevalence": threshold.prevalence}
    cohort = cohort_of(table, thresholds_of(table, threshold), (), **rule)
    [[draws]] = drawn_figures([cohort], [np.ones(1, dtype=bool)], seed)
    return whole_figures(cohort, draws)
