"""Shortcut probes: the AUC of one trivial feature alone, such as silence, loudness or sample rate."""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from avdf.evaluation.counts import Floats, counts_of_rows
from avdf.evaluation.metrics import auc


def probe_auc(is_fake: ArrayLike, feature: ArrayLike) -> float:
    """AUC of a (num_clips,) feature, numbers or words, against (num_clips,) labels; at least 0.5.

    Either direction tells the classes apart, so the larger of AUC and 1 - AUC is returned. Words are ranked
    by their share of fakes; since that ranking uses the labels, many rare words overestimate the AUC. Clips
    without the feature are left out. NaN if a class is missing.

    >>> probe_auc([1, 1, 0, 0], ["aac", "aac", "opus", "opus"])
    1.0
    """
    fake = np.asarray(is_fake, dtype=bool)
    value = _as_numbers(pd.Series(np.asarray(feature)), fake)
    present = np.isfinite(value)
    if not 0 < fake[present].sum() < present.sum():
        return math.nan
    area = float(auc(counts_of_rows(fake[present], value[present], 0.0))[0])
    return max(area, 1.0 - area)


def _as_numbers(column: pd.Series, fake: NDArray[np.bool_]) -> Floats:
    """A feature as numbers, NaN where it is missing."""
    value = pd.to_numeric(column.astype(object), errors="coerce").to_numpy(np.float64)
    if not np.isnan(value).all():
        return np.asarray(value, dtype=np.float64)
    present = column.notna().to_numpy() & (column.astype(str) != "").to_numpy()
    shares = pd.Series(fake[present]).groupby(column[present].to_numpy()).mean()
    return np.where(present, column.map(shares).to_numpy(np.float64), np.nan)


def probes_of(table: pd.DataFrame, features: Sequence[str]) -> list[dict[str, Any]]:
    """`[{feature, auc}]` of columns of a table with `is_fake`, highest AUC first."""
    probes = [{"feature": name, "auc": probe_auc(table["is_fake"], table[name])} for name in features]
    return sorted(probes, key=lambda probe: (-np.nan_to_num(probe["auc"]), probe["feature"]))


def probes_by_type(table: pd.DataFrame, features: Sequence[str]) -> list[dict[str, Any]]:
    """`[{feature, type, auc, num_real, num_fake}]` of columns of a table with `is_fake` and `type`.

    All fakes against all real clips (`type` is `all`), then the fakes of each type against all real clips.
    """
    fake = table["is_fake"].to_numpy(dtype=bool)
    types = table["type"].to_numpy()
    masks = {"all": np.ones(len(table), dtype=bool)}
    masks |= {str(name): ~fake | (types == name) for name in sorted(set(types[fake]))}
    return [
        {**probe, "type": name, "num_real": int((~fake[rows]).sum()), "num_fake": int(fake[rows].sum())}
        for name, rows in masks.items()
        for probe in probes_of(table[rows], features)
    ]


def mean_probes(of_runs: Sequence[Sequence[Mapping[str, Any]]]) -> list[dict[str, Any]]:
    """The mean AUC of each shortcut over the runs in which it is defined; NaN if it is defined in none."""
    values: dict[str, list[float]] = {}
    descriptions: dict[str, dict[str, Any]] = {}
    for probe in (probe for probes in of_runs for probe in probes):
        description = {key: value for key, value in probe.items() if key != "auc"}
        key = json.dumps(description, sort_keys=True)
        descriptions.setdefault(key, description)
        values.setdefault(key, [])
        if probe["auc"] is not None:
            values[key].append(probe["auc"])
    return [
        {**descriptions[key], "auc": sum(aucs) / len(aucs) if aucs else math.nan}
        for key, aucs in values.items()
    ]
