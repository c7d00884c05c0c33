"""The content of metrics.json: every split's figures at the threshold, with intervals over people."""

from typing import Any

import numpy as np
import pandas as pd

from avdf.evaluation.cohort import cohort_of, drawn_figures, whole_figures
from avdf.evaluation.curves import Floats
from avdf.evaluation.scores import CheckedScores
from avdf.evaluation.threshold import Threshold


def measure(scores: CheckedScores, threshold: Threshold, *, seed: int = 0) -> dict[str, Any]:
    """`{threshold, splits: {name: {num_clips, ..., f2, ..., ci: {metric: [low, high]}}}}`.

    A table with a `threshold` column is called by it, row by row.
    """
    return {
        "threshold": threshold.as_dict(),
        "splits": {name: _one_split(scores.of_split(name).table, threshold, seed) for name in scores.splits},
    }


def thresholds_of(table: pd.DataFrame, threshold: Threshold) -> float | Floats:
    """The threshold of each row where the table carries one, else the one for all."""
    return table["threshold"].to_numpy(np.float64) if "threshold" in table else threshold.value


def _one_split(table: pd.DataFrame, threshold: Threshold, seed: int) -> dict[str, Any]:
    rule = {"beta": threshold.beta, "prevalence": threshold.prevalence}
    cohort = cohort_of(table, thresholds_of(table, threshold), (), **rule)
    [[draws]] = drawn_figures([cohort], [np.ones(1, dtype=bool)], seed)
    return whole_figures(cohort, draws)
