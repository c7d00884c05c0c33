"""How far one trivial number of a clip alone tells fake from real: silence, loudness, sample rate, ..."""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from avdf.evaluation.curves import steps
from avdf.evaluation.metrics import auc


def probe_auc(is_fake: ArrayLike, feature: ArrayLike) -> float:
    """AUC of a feature, numbers or words, on (num_clips,); words are ranked by their share of fakes.

    Either direction betrays a class, so at least 0.5. Clips without the feature are left out; NaN without
    both classes. The ranking of words sees the labels, so many rare words make it too high.
    """
    fake, column = np.asarray(is_fake, dtype=bool), pd.Series(np.asarray(feature))
    value = pd.to_numeric(column.astype(object), errors="coerce").to_numpy(np.float64)
    if np.isnan(value).all():
        there = column.notna().to_numpy() & (column.astype(str) != "").to_numpy()
        value = column.map(pd.Series(fake[there]).groupby(column[there].to_numpy()).mean()).to_numpy(
            np.float64
        )
        value = np.where(there, value, np.nan)
    there = np.isfinite(value)
    found = auc(steps(fake[there], value[there]))
    return max(found, 1.0 - found)


def probes_of(table: pd.DataFrame, features: Sequence[str]) -> list[dict[str, Any]]:
    """`[{feature, auc}]` of columns of a table with `is_fake`, the most telling first."""
    found = [{"feature": name, "auc": probe_auc(table["is_fake"], table[name])} for name in features]
    return sorted(found, key=lambda item: (-np.nan_to_num(item["auc"]), item["feature"]))


def probes_by_type(table: pd.DataFrame, features: Sequence[str]) -> list[dict[str, Any]]:
    """`[{feature, type, auc, num_real, num_fake}]` of columns of a table with `is_fake` and `type`.

    All fakes against all real clips (`type` is `all`), then the fakes of each type against them.
    """
    fake = table["is_fake"].to_numpy(dtype=bool)
    types = table["type"].to_numpy()
    rows = {"all": np.ones(len(table), dtype=bool)}
    rows |= {str(letter): ~fake | (types == letter) for letter in sorted(set(types[fake]))}
    return [
        {
            **found,
            "type": letter,
            "num_real": int((~fake[chosen]).sum()),
            "num_fake": int(fake[chosen].sum()),
        }
        for letter, chosen in rows.items()
        for found in probes_of(table[chosen], features)
    ]


def mean_probes(of_runs: Sequence[Sequence[Mapping[str, Any]]]) -> list[dict[str, Any]]:
    """Each shortcut's AUC, the mean over the runs in which it is defined."""
    found: dict[str, tuple[dict[str, Any], list[float]]] = {}
    for probe in (probe for probes in of_runs for probe in probes):
        what = {key: value for key, value in probe.items() if key != "auc"}
        _, values = found.setdefault(json.dumps(what, sort_keys=True), (what, []))
        if probe["auc"] is not None:
            values.append(probe["auc"])
    return [
        {**what, "auc": sum(values) / len(values) if values else math.nan} for what, values in found.values()
    ]
