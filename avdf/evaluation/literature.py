"""The gap figures that papers print, to compare with theirs; none of them knows how sure it is."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

NAN = float("nan")


def literature_figures(
    fpr: Sequence[float],
    fnr: Sequence[float],
    called_share: Sequence[float],
    accuracy: Sequence[float],
    overall_fpr: float,
    overall_fnr: float,
) -> dict[str, float]:
    """The figures of groups with both classes (one entry each): NaN with fewer than two.

    f_fpr = sum |FPR_g - FPR|; f_eo = sum (|FPR_g - FPR| + |TPR_g - TPR|); f_meo = the largest max - min of
    FPR, FNR, TPR, TNR; f_dp = the largest max - min of the two shares called; f_oae = max - min of accuracy
    (Ju et al., WACV 2024).
    """
    if len(fpr) < 2:
        return {name: NAN for name in ("f_fpr", "f_eo", "f_meo", "f_dp", "f_oae")}
    accused, missed = np.asarray(fpr), np.asarray(fnr)
    sum_fpr = float(np.abs(accused - overall_fpr).sum())
    return {
        "f_fpr": sum_fpr,
        "f_eo": sum_fpr + float(np.abs(missed - overall_fnr).sum()),
        "f_meo": float(max(np.ptp(accused), np.ptp(missed))),  # TPR = 1 - FNR and TNR = 1 - FPR span the same
        "f_dp": float(np.ptp(called_share)),  # and the share called real is 1 - the share called fake
        "f_oae": float(np.ptp(accuracy)),
    }


def max_over_geometric_mean(errors: ArrayLike, rows: ArrayLike) -> float:
    """NIST's inequity: the worst rate over the geometric mean, of (x + 0.5) / (n + 1) (NISTIR 8429)."""
    if np.size(rows) < 2:
        return NAN
    rate = (np.asarray(errors, dtype=np.float64) + 0.5) / (np.asarray(rows, dtype=np.float64) + 1.0)
    return float(rate.max() / np.exp(np.log(rate).mean()))
