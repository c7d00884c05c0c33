"""Every threshold at once: counts by distinct score, and the ROC, DET and precision-recall points of them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from avdf.errors import UserError

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Steps:
    """As the threshold rises: entry k is "call fake from levels[k] on", the last one "call none".

    All arrays hold num_levels + 1 counts but `levels`, the distinct scores, ascending.
    """

    levels: Floats
    fakes_called: Floats
    reals_called: Floats

    @property
    def num_fake(self) -> float:
        return float(self.fakes_called[0])

    @property
    def num_real(self) -> float:
        return float(self.reals_called[0])

    @property
    def tpr(self) -> Floats:
        return ratio(self.fakes_called, self.num_fake)

    @property
    def fpr(self) -> Floats:
        return ratio(self.reals_called, self.num_real)


def steps(is_fake: ArrayLike, score: ArrayLike) -> Steps:
    """Counts at every threshold; equal scores are one step. Raises UserError for NaN scores."""
    fake, value = arrays(is_fake, score)
    levels, at = np.unique(value, return_inverse=True)
    fakes = np.bincount(at, weights=fake, minlength=len(levels))
    reals = np.bincount(at, weights=~fake, minlength=len(levels))
    return Steps(levels=levels, fakes_called=_from_here_on(fakes), reals_called=_from_here_on(reals))


def roc_points(is_fake: ArrayLike, score: ArrayLike) -> tuple[Floats, Floats]:
    """(fpr, tpr) from (0, 0) to (1, 1), a point a distinct score."""
    step = steps(is_fake, score)
    return step.fpr[::-1], step.tpr[::-1]


def det_points(is_fake: ArrayLike, score: ArrayLike) -> tuple[Floats, Floats]:
    """(fpr, fnr) with the threshold falling: false accusations against missed fakes."""
    step = steps(is_fake, score)
    return step.fpr[::-1], 1.0 - step.tpr[::-1]


def precision_recall_points(is_fake: ArrayLike, score: ArrayLike) -> tuple[Floats, Floats]:
    """(recall, precision) with the threshold falling; where nothing is called fake precision is NaN."""
    step = steps(is_fake, score)
    called = (step.fakes_called + step.reals_called)[::-1]
    return step.tpr[::-1], ratio(step.fakes_called[::-1], called)


def midpoints(levels: Floats) -> Floats:
    """The thresholds between neighbours of ascending distinct scores: (num_levels,) -> (num_levels - 1,)."""
    low, high = levels[:-1], levels[1:]
    middle = low / 2 + high / 2
    return np.where(middle > low, middle, high)  # between neighbouring floats there is no middle


def ratio(part: ArrayLike, whole: ArrayLike) -> Floats:
    """part / whole, NaN where whole is 0: undefined is never 0."""
    below = np.asarray(whole, dtype=np.float64)
    above = np.asarray(part, dtype=np.float64)
    shape = np.broadcast_shapes(above.shape, below.shape)
    out = np.full(shape, np.nan)
    np.divide(above, below, out=out, where=np.broadcast_to(below != 0, shape))
    return out


def arrays(is_fake: ArrayLike, score: ArrayLike) -> tuple[NDArray[np.bool_], Floats]:
    """Labels and scores as arrays of one length. Raises UserError for labels not 0/1, scores not finite."""
    label, value = np.asarray(is_fake), np.asarray(score, dtype=np.float64)
    if label.shape != value.shape or label.ndim != 1:
        raise UserError(f"is_fake and score must be of one length, got {label.shape} and {value.shape}")
    if label.dtype != bool and not np.isin(label, (0, 1)).all():
        raise UserError("is_fake must be 0 (real) or 1 (fake)")
    if not np.isfinite(value).all():
        raise UserError(
            f"{int((~np.isfinite(value)).sum())} scores are NaN or infinite; score those clips again"
        )
    return label.astype(bool), value


def _from_here_on(counts: NDArray[np.number]) -> Floats:
    return np.append(np.cumsum(counts[::-1])[::-1], 0.0)
