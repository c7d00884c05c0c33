"""Curves per group: rates against the threshold, DET, score distribution, calibration; and what-ifs."""

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from avdf.audit.extremes import MANY_GROUPS
from avdf.evaluation.counts import Floats, equal_mass_bins
from avdf.evaluation.curves import counts_at_thresholds
from avdf.evaluation.groups import SUPPRESSED_UNDER, Group
from avdf.evaluation.harms import HARMS
from avdf.evaluation.identities import cell_of, crossed
from avdf.evaluation.llr import is_probability
from avdf.evaluation.metrics import METRICS, binary_metrics
from avdf.evaluation.scored_split import ScoredSplit
from avdf.evaluation.scores import WITHOUT_START
from avdf.evaluation.threshold_rules import best_threshold

NUM_THRESHOLDS = 41
NUM_QUANTILES = 41
RELIABILITY_BINS = 8  # of equal mass
_MOST_CURVES = 20  # of an attribute with many groups
DET_FPR = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0)


def group_curves(split: ScoredSplit) -> list[dict[str, Any]]:
    """One entry per group with at least 5 people in both classes, "all" first."""
    score, fake = split.table["score"].to_numpy(float), split.table["is_fake"].to_numpy(bool)
    identity = split.table["identity"].to_numpy(object)
    margin = score - split.threshold  # comparable also where each row has its own threshold
    offsets = np.unique(np.append(np.quantile(margin, np.linspace(0, 1, NUM_THRESHOLDS)), 0.0))
    base = split.threshold if isinstance(split.threshold, float) else 0.0
    calibrated = is_probability(score)
    curves = []
    for group in (split.everyone, *_with_curves(split)):
        rows = split.rows_in(group.cells)
        if not _enough(identity[rows], fake[rows]):
            continue
        rates = {
            harm.key: _share_from(margin[rows & (fake == harm.of_fakes)], offsets) for harm in HARMS.values()
        }
        curves.append(
            {
                "attribute": group.attribute,
                "group": group.name,
                "threshold": offsets + base,
                **{key: 1.0 - share if HARMS[key].of_fakes else share for key, share in rates.items()},
                "det_fpr": DET_FPR,
                "det_fnr": _det(fake[rows], score[rows]),
                "quantile": np.linspace(0, 1, NUM_QUANTILES),
                "score_real": np.quantile(score[rows & ~fake], np.linspace(0, 1, NUM_QUANTILES)),
                "score_fake": np.quantile(score[rows & fake], np.linspace(0, 1, NUM_QUANTILES)),
                "reliability": _reliability(fake[rows], score[rows]) if calibrated else [],
            }
        )
    return curves


def _with_curves(split: ScoredSplit) -> list[Group]:
    """All groups; of an attribute with more than MANY_GROUPS those with most people."""
    shown: list[Group] = []
    for _, of_attribute in itertools.groupby(split.groups, key=lambda group: group.attribute):
        groups = list(of_attribute)
        if len(groups) > MANY_GROUPS:
            people = {group.name: int(group.cells[split.sums.cell].sum()) for group in groups}
            largest = sorted(people, key=lambda name: -people[name])[:_MOST_CURVES]
            groups = [group for group in groups if group.name in largest]
        shown += groups
    return shown


def what_ifs_of(table: pd.DataFrame, split: ScoredSplit) -> list[dict[str, Any]]:
    """Each group's own best threshold on validation rows and its test metrics there; never applied."""
    validation = table[table["split"] == "validation"]
    if "threshold" in table or validation.empty:
        return []
    rule = {"beta": split.f_beta.beta, "prevalence": split.f_beta.prevalence}
    rows = []
    for group in split.groups:
        members = validation[_members(validation, split.columns, group)]
        fake = members["is_fake"].to_numpy(bool)
        if not group.is_known or not _enough(members["identity"].to_numpy(object), fake):
            continue
        value = best_threshold(fake, members["score"].to_numpy(float), **rule)
        test = split.table[split.rows_in(group.cells)]
        metrics = binary_metrics(test["is_fake"], test["score"], value, **rule)
        rows.append(
            {
                "attribute": group.attribute,
                "group": group.name,
                "num_clips": len(members),
                "num_identities": int(members["identity"].nunique()),
                "threshold": value,
                "f2_at_prevalence": metrics["f2_at_prevalence"],
                **{harm: metrics[harm] for harm in HARMS},
            }
        )
    return rows


def without_start(split: ScoredSplit) -> dict[str, dict[str, float]] | None:
    """Metrics with and without the first 150 ms at the same threshold; None without such scores."""
    if WITHOUT_START not in split.table:
        return None
    rule = {"beta": split.f_beta.beta, "prevalence": split.f_beta.prevalence}
    metrics = {}
    for name, column in (("whole", "score"), ("without_start", WITHOUT_START)):
        values = binary_metrics(split.table["is_fake"], split.table[column], split.threshold, **rule)
        metrics[name] = {metric.key: values[metric.key] for metric in METRICS if metric.compact}
    return metrics


def _members(table: pd.DataFrame, columns: Sequence[str], group: Group) -> NDArray[np.bool_]:
    """Rows of another split that belong to a group of the test split."""
    if group.attribute in columns:
        return np.asarray(table[group.attribute] == group.name, dtype=bool)
    cell, cells = cell_of(table, columns)
    in_group = np.array([crossed(names) == group.name for names in cells], dtype=bool)
    return np.asarray(in_group[cell], dtype=bool)


def _enough(identity: NDArray[np.object_], fake: NDArray[np.bool_]) -> bool:
    return all(len(set(identity[rows])) >= SUPPRESSED_UNDER for rows in (fake, ~fake))


def _share_from(values: Floats, offsets: Floats) -> Floats:
    """The share of values at or above each offset."""
    below = np.searchsorted(np.sort(values), offsets, side="left")
    share: Floats = 1.0 - below / len(values)
    return share


def _det(fake: NDArray[np.bool_], score: Floats) -> Floats:
    """The FNR at the lowest threshold whose FPR is at most each of DET_FPR."""
    counts = counts_at_thresholds(fake, score)
    index = np.array([int(np.argmax(counts.fpr <= most)) for most in DET_FPR])
    return np.asarray(1.0 - counts.tpr[index], dtype=np.float64)


def _reliability(fake: NDArray[np.bool_], score: Floats) -> list[dict[str, float]]:
    bins = equal_mass_bins(score, RELIABILITY_BINS)
    return [
        {
            "score": float(score[bins == number].mean()),
            "share_fake": float(fake[bins == number].mean()),
            "num_clips": int((bins == number).sum()),
        }
        for number in np.unique(bins)
    ]
