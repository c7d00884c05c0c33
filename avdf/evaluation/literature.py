"""Fairness metrics as published, for comparison with papers; they do not account for chance."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

NAN = float("nan")
LITERATURE_NAMES = ("f_fpr", "f_eo", "f_meo", "f_dp", "f_oae")


@dataclass(frozen=True, kw_only=True)
class GroupRates:
    """(num_groups,) rates of groups that have both classes."""

    fpr: Sequence[float]
    fnr: Sequence[float]
    called_share: Sequence[float]
    accuracy: Sequence[float]


def literature_metrics(groups: GroupRates, overall_fpr: float, overall_fnr: float) -> dict[str, float]:
    """F_FPR, F_EO, F_MEO, F_DP and F_OAE (Ju et al., WACV 2024); NaN with fewer than two groups.

    f_fpr = sum |FPR_g - FPR|; f_eo = sum (|FPR_g - FPR| + |TPR_g - TPR|); f_meo = the largest max - min of
    FPR, FNR, TPR, TNR; f_dp = the largest max - min of the two predicted shares; f_oae = max - min of
    accuracy.
    """
    if len(groups.fpr) < 2:
        return dict.fromkeys(LITERATURE_NAMES, NAN)
    fpr, fnr = np.asarray(groups.fpr), np.asarray(groups.fnr)
    sum_fpr = float(np.abs(fpr - overall_fpr).sum())
    values = (
        sum_fpr,
        sum_fpr + float(np.abs(fnr - overall_fnr).sum()),
        float(max(np.ptp(fpr), np.ptp(fnr))),  # TPR = 1 - FNR and TNR = 1 - FPR have the same spread
        float(np.ptp(groups.called_share)),  # so has the share called real
        float(np.ptp(groups.accuracy)),
    )
    return dict(zip(LITERATURE_NAMES, values, strict=True))


def max_over_geometric_mean(errors: ArrayLike, rows: ArrayLike) -> float:
    """The highest rate over the geometric mean of the groups' rates (x + 0.5) / (n + 1) (NISTIR 8429).

    >>> round(max_over_geometric_mean([9, 4], [99, 99]), 3)
    1.453
    """
    if np.size(rows) < 2:
        return NAN
    rate = (np.asarray(errors, dtype=np.float64) + 0.5) / (np.asarray(rows, dtype=np.float64) + 1.0)
    return float(rate.max() / np.exp(np.log(rate).mean()))
