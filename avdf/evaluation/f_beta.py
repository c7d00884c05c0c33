"""F-beta from two rates and a share of fakes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from avdf.evaluation.counts import Floats, ratio


@dataclass(frozen=True, kw_only=True)
class FBeta:
    """Parameters of F-beta: how much recall weighs, and the share of fakes it is stated for."""

    beta: float = 2.0
    prevalence: float = 0.5


def f_beta(tpr: ArrayLike, fpr: ArrayLike, prevalence: ArrayLike, beta: float = 2.0) -> Floats:
    """F-beta from two rates and the share of fakes p; arguments broadcast.

    (1 + b^2) p TPR / ((1 + b^2) p TPR + b^2 p FNR + (1 - p) FPR). At a table's own share of fakes it equals
    the F-beta of its rows. NaN where p is 0; where p is 1 the FPR has no weight.

    >>> float(f_beta(tpr=0.5, fpr=0.5, prevalence=0.5))
    0.5
    """
    recall, wrong, share = (np.asarray(item, dtype=np.float64) for item in (tpr, fpr, prevalence))
    false_alarms = np.where(share == 1.0, 0.0, (1.0 - share) * wrong)
    hits = (1.0 + beta**2) * share * recall
    return np.where(share > 0.0, ratio(hits, hits + beta**2 * share * (1.0 - recall) + false_alarms), np.nan)


def f2_all_fake(prevalence: float) -> float:
    """The F2 of calling everything fake at a share of fakes p, 5 p / (4 p + 1).

    >>> round(f2_all_fake(0.5), 3)
    0.833
    """
    return 5 * prevalence / (4 * prevalence + 1)
