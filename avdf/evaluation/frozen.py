"""A threshold that comes from elsewhere: typed in, kept in a run's JSON, or one a run in the table."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from avdf.errors import UserError
from avdf.evaluation.threshold import Threshold

NAN = float("nan")


def given_threshold(value: float, *, beta: float = 2.0, prevalence: float = 0.5) -> Threshold:
    """A threshold that somebody typed: nothing is known of where it was chosen."""
    return _threshold({"value": value, "beta": beta, "prevalence": prevalence, "name": "given"}, "given")


def row_threshold(table: pd.DataFrame, *, beta: float = 2.0, prevalence: float = 0.5) -> Threshold:
    """What stands for a `threshold` column, frozen in each run (a fold, a seed): median and range.

    The rows are called by their own threshold; this value is for display alone.
    """
    values = table["threshold"].to_numpy(np.float64)
    found = {"value": float(np.median(values)), "beta": beta, "prevalence": prevalence, "name": "per_row"}
    return _threshold({**found, "ci": [float(values.min()), float(values.max())]}, "inside each run")


def stored_threshold(stored: Mapping[str, Any], where: str) -> Threshold:
    """The threshold that metrics.json or detector.json keeps; `where` is for the message.

    Raises UserError where it holds no number.
    """
    value = stored.get("value")
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise UserError(f"{where}: threshold.value must be a number, got {value!r}; give --threshold")
    return _threshold(stored, "unknown")


def _threshold(found: Mapping[str, Any], split: str) -> Threshold:
    low, high = (NAN if end is None else float(end) for end in found.get("ci", (None, None)))
    return Threshold(
        value=float(found["value"]),
        beta=float(found.get("beta", 2.0)),
        prevalence=float(found.get("prevalence", 0.5)),
        split=str(found.get("split", split)),
        num_clips=int(found.get("num_clips", 0)),
        num_identities=int(found.get("num_identities", 0)),
        name=str(found.get("name", "given")),
        ci=(low, high),
        warnings=tuple(str(line) for line in found.get("warnings", ())),
    )
