"""Counts at every threshold of one table, for threshold rules and curves."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from avdf.evaluation.counts import (
    Floats,
    check_labels_and_scores,
    clips_per_row,
    ratio,
    sums_from_here,
    weighted_counts,
)


@dataclass(frozen=True, kw_only=True)
class ThresholdCounts:
    """Clips called fake as the threshold rises.

    levels: (num_levels,) the distinct scores, ascending.
    fakes_called, reals_called: (num_levels + 1,) clips at levels[k] or above; the last entry is 0.
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


def counts_at_thresholds(
    is_fake: ArrayLike, score: ArrayLike, *, weights: ArrayLike | None = None
) -> ThresholdCounts:
    """Counts of (num_rows,) labels and scores at every threshold; equal scores share one level.

    A row stands for one clip, or for as many as `weights` (num_rows,) says. Raises UserError for labels other
    than 0 and 1, scores that are NaN or infinite, and weights that are not counts.

    >>> counts_at_thresholds([1, 0, 1], [0.9, 0.5, 0.5]).fakes_called
    array([2., 1., 0.])
    """
    fake, value = check_labels_and_scores(is_fake, score)
    levels, level = np.unique(value, return_inverse=True)
    clips = clips_per_row(weights, len(value))
    per_level = [weighted_counts(level, clips * which, len(levels)) for which in (fake, ~fake)]
    fakes, reals = (sums_from_here(counts[:, None])[:, 0] for counts in per_level)
    return ThresholdCounts(levels=levels, fakes_called=fakes, reals_called=reals)


def midpoints(levels: Floats) -> Floats:
    """Thresholds between neighbouring distinct scores, ascending: (num_levels,) -> (num_levels - 1,).

    Where two scores are neighbouring floats, the higher of them.
    """
    low, high = levels[:-1], levels[1:]
    middle = low / 2 + high / 2
    return np.where(middle > low, middle, high)
