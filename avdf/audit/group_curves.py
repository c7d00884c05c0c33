"""Curves of every group: rates against the threshold, DET, score distribution, calibration; and what-ifs."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from avdf.evaluation.cohort import Cohort
from avdf.evaluation.curves import Floats, ratio, steps
from avdf.evaluation.groups import SUPPRESSED_UNDER, Group
from avdf.evaluation.identities import cell_of, crossed
from avdf.evaluation.metrics import binary_metrics, equal_mass_bins, f_beta, is_probability
from avdf.evaluation.scores import WITHOUT_START
from avdf.evaluation.threshold import best_threshold

NUM_THRESHOLDS = 41
NUM_QUANTILES = 41
RELIABILITY_BINS = 8  # of equal mass, as many points as a group's curve can bear
DET_FPR = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0)


def sweeps_of(cohort: Cohort, groups: Sequence[Group]) -> list[dict[str, Any]]:
    """One entry a group with enough people of both classes, "all" first."""
    score, fake = cohort.table["score"].to_numpy(float), cohort.table["is_fake"].to_numpy(bool)
    margin = score - cohort.threshold  # what the threshold moves against, also where each row has its own
    offsets = np.unique(np.append(np.quantile(margin, np.linspace(0, 1, NUM_THRESHOLDS)), 0.0))
    base = cohort.threshold if isinstance(cohort.threshold, float) else 0.0
    probable = is_probability(score)
    found = []
    for group in groups:
        rows = cohort.rows_in(group.cells)
        if not _enough(cohort.table["identity"].to_numpy(object)[rows], fake[rows]):
            continue
        real, fakes = rows & ~fake, rows & fake
        found.append(
            {
                "attribute": group.attribute,
                "group": group.name,
                "threshold": offsets + base,
                "fpr": _share_from(margin[real], offsets),
                "fnr": 1.0 - _share_from(margin[fakes], offsets),
                "det_fpr": DET_FPR,
                "det_fnr": _det(fake[rows], score[rows]),
                "quantile": np.linspace(0, 1, NUM_QUANTILES),
                "score_real": np.quantile(score[real], np.linspace(0, 1, NUM_QUANTILES)),
                "score_fake": np.quantile(score[fakes], np.linspace(0, 1, NUM_QUANTILES)),
                "reliability": _reliability(fake[rows], score[rows]) if probable else [],
            }
        )
    return found


def what_ifs_of(table: pd.DataFrame, cohort: Cohort, groups: Sequence[Group]) -> list[dict[str, Any]]:
    """Each group's own best threshold on validation rows, and what it would do in test: never applied."""
    validation = table[table["split"] == "validation"]
    if "threshold" in table or validation.empty:
        return []
    found = []
    for group in groups:
        chosen = validation[_members(validation, cohort.columns, group)]
        fake = chosen["is_fake"].to_numpy(bool)
        if not group.is_known or not _enough(chosen["identity"].to_numpy(object), fake):
            continue
        rule = {"beta": cohort.beta, "prevalence": cohort.prevalence}
        value = best_threshold(fake, chosen["score"].to_numpy(float), **rule)
        test = cohort.table[cohort.rows_in(group.cells)]
        called, label = test["score"].to_numpy(float) >= value, test["is_fake"].to_numpy(bool)
        fpr = float(ratio((called & ~label).sum(), (~label).sum()))
        fnr = float(ratio((~called & label).sum(), label.sum()))
        found.append(
            {
                "attribute": group.attribute,
                "group": group.name,
                "num_clips": len(chosen),
                "num_identities": int(chosen["identity"].nunique()),
                "threshold": value,
                "fpr": fpr,
                "fnr": fnr,
                "f2_at_prevalence": float(f_beta(1.0 - fnr, fpr, cohort.prevalence)),
            }
        )
    return found


def without_start(cohort: Cohort) -> dict[str, dict[str, float]] | None:
    """Figures with and without the first 150 ms at the same threshold; None where nobody scored without."""
    if WITHOUT_START not in cohort.table:
        return None
    names = ("auc", "eer", "f2", "fpr", "fnr")
    found = {}
    for name, column in (("whole", "score"), ("without_start", WITHOUT_START)):
        rule = {"beta": cohort.beta, "prevalence": cohort.prevalence}
        values = binary_metrics(cohort.table["is_fake"], cohort.table[column], cohort.threshold, **rule)
        found[name] = {key: values[key] for key in names}
    return found


def _members(table: pd.DataFrame, columns: Sequence[str], group: Group) -> NDArray[np.bool_]:
    """Rows of another split that belong to a group of the test split."""
    if group.attribute in columns:
        return np.asarray(table[group.attribute] == group.name, dtype=bool)
    at, cells = cell_of(table, columns)
    chosen: NDArray[np.bool_] = np.array([crossed(cell) == group.name for cell in cells], dtype=bool)
    return np.asarray(chosen[at], dtype=bool)


def _enough(identity: NDArray[np.object_], fake: NDArray[np.bool_]) -> bool:
    return all(len(set(identity[which])) >= SUPPRESSED_UNDER for which in (fake, ~fake))


def _share_from(values: Floats, offsets: Floats) -> Floats:
    """The share of values at or above each offset."""
    below = np.searchsorted(np.sort(values), offsets, side="left")
    share: Floats = 1.0 - below / len(values)
    return share


def _det(fake: NDArray[np.bool_], score: Floats) -> Floats:
    """The missed share at the lowest threshold whose FPR is at most each of DET_FPR."""
    step = steps(fake, score)
    at = np.array([int(np.argmax(step.fpr <= most)) for most in DET_FPR])
    return np.asarray(1.0 - step.tpr[at], dtype=np.float64)


def _reliability(fake: NDArray[np.bool_], score: Floats) -> list[dict[str, float]]:
    at = equal_mass_bins(score, RELIABILITY_BINS)
    return [
        {
            "score": float(score[at == place].mean()),
            "share_fake": float(fake[at == place].mean()),
            "num_clips": int((at == place).sum()),
        }
        for place in np.unique(at)
    ]
