"""Counts that every metric is computed from, for the rows of a table or for many bootstrap draws at once."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from avdf.errors import UserError
from avdf.evaluation.llr import is_probability, llr_sums

Floats = NDArray[np.float64]
NUM_BINS = 15  # calibration bins of equal mass


@dataclass(frozen=True, kw_only=True)
class Counts:
    """Clip counts of D draws; the counts of a plain table are those of one draw (D = 1).

    fp, fn: (D,) real clips called fake, fakes called real.
    real, fake: (num_levels, D) clips per score level, ascending.
    squared_error: (D,) sum of (score - is_fake)^2.
    llr: (4, D) real clips called fake and fakes called real at the Bayes threshold, and the sums of the costs
    of log-likelihood ratios, in bits, of real clips and of fakes; see calibration.py.
    bins: (3, num_bins, D) per calibration bin the clips, the sum of their scores, and the fakes.
    squared_error and bins are None where a score lies outside [0, 1].
    """

    fp: Floats
    fn: Floats
    real: Floats
    fake: Floats
    llr: Floats
    squared_error: Floats | None = None
    bins: Floats | None = None

    @cached_property
    def reals_from(self) -> Floats:
        """(num_levels + 1, D) real clips at each level or above; the last row is 0."""
        return sums_from_here(self.real)

    @cached_property
    def fakes_from(self) -> Floats:
        """(num_levels + 1, D) fakes at each level or above; the last row is 0."""
        return sums_from_here(self.fake)

    @property
    def num_real(self) -> Floats:
        return np.asarray(self.reals_from[0], dtype=np.float64)

    @property
    def num_fake(self) -> Floats:
        return np.asarray(self.fakes_from[0], dtype=np.float64)

    @property
    def tp(self) -> Floats:
        return self.num_fake - self.fn


def counts_of_rows(
    is_fake: ArrayLike,
    score: ArrayLike,
    threshold: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    num_bins: int = NUM_BINS,
) -> Counts:
    """The counts of (num_rows,) labels and scores at a threshold, one for all rows or one per row.

    A row stands for one clip, or for as many as `weights` (num_rows,) says. Raises UserError for labels other
    than 0 and 1, scores or thresholds that are NaN or infinite, and weights that are not counts.
    """
    fake, value = check_labels_and_scores(is_fake, score)
    clips = clips_per_row(weights, len(value))
    limit = np.asarray(threshold, dtype=np.float64)
    if not np.isfinite(limit).all():
        raise UserError(f"a threshold must be a finite number, got {limit[~np.isfinite(limit)].flat[0]}")
    called = value >= limit
    levels, level = np.unique(value, return_inverse=True)
    squared_error, bins = None, None
    if is_probability(value):
        place = equal_mass_bins(value, num_bins, weights=clips)
        sums = (clips, clips * value, clips * fake)
        bins = np.stack([weighted_counts(place, item, num_bins) for item in sums])[:, :, None]
        squared_error = np.array([(clips * (value - fake) ** 2).sum()])
    return Counts(
        fp=np.array([clips[called & ~fake].sum()], dtype=np.float64),
        fn=np.array([clips[~called & fake].sum()], dtype=np.float64),
        real=weighted_counts(level, clips * ~fake, len(levels))[:, None],
        fake=weighted_counts(level, clips * fake, len(levels))[:, None],
        llr=(llr_sums(fake, value) @ clips)[:, None],
        squared_error=squared_error,
        bins=bins,
    )


def check_labels_and_scores(is_fake: ArrayLike, score: ArrayLike) -> tuple[NDArray[np.bool_], Floats]:
    """Labels and scores as (num_clips,) arrays. Raises UserError for labels not 0/1, scores not finite."""
    label, value = np.asarray(is_fake), np.asarray(score, dtype=np.float64)
    if label.shape != value.shape or label.ndim != 1:
        raise UserError(f"is_fake and score must have the same length, got {label.shape} and {value.shape}")
    if label.dtype != bool and not np.isin(label, (0, 1)).all():
        raise UserError("is_fake must be 0 (real) or 1 (fake)")
    if not np.isfinite(value).all():
        num = int((~np.isfinite(value)).sum())
        raise UserError(f"{num} scores are NaN or infinite; score those clips again")
    return label.astype(bool), value


def clips_per_row(weights: ArrayLike | None, num_rows: int) -> NDArray[np.int64]:
    """(num_rows,) how many clips each row stands for; 1 without `weights`.

    Raises UserError for weights that are not whole numbers of at least 1.
    """
    if weights is None:
        return np.ones(num_rows, dtype=np.int64)
    given = np.asarray(weights, dtype=np.float64)
    if given.shape != (num_rows,):
        raise UserError(f"weights must be one number per row, got {given.shape} for {num_rows} rows")
    wrong = ~((given >= 1) & (given < 1 << 53) & (np.floor(given) == given))
    if wrong.any():
        raise UserError(f"weights count clips: give whole numbers of at least 1, got {given[wrong][0]:g}")
    return given.astype(np.int64)


def ratio(numerator: ArrayLike, denominator: ArrayLike) -> Floats:
    """numerator / denominator; NaN, not 0, where the denominator is 0.

    >>> ratio([1, 1], [4, 0])
    array([0.25,  nan])
    """
    below = np.asarray(denominator, dtype=np.float64)
    above = np.asarray(numerator, dtype=np.float64)
    shape = above.shape if above.shape == below.shape else np.broadcast_shapes(above.shape, below.shape)
    out = np.full(shape, np.nan)
    np.divide(above, below, out=out, where=below != 0)
    return out


def weighted_counts(index: NDArray[np.intp], weights: ArrayLike, num: int) -> Floats:
    """(num,) the sum of the weights of each index from 0 to num - 1."""
    return np.bincount(index, weights=weights, minlength=num).astype(np.float64)


def sums_from_here(counts: Floats) -> Floats:
    """(num_levels, D) -> (num_levels + 1, D): the sum of each row and all rows after it; the last is 0."""
    above = np.zeros((len(counts) + 1, counts.shape[1]))
    np.cumsum(counts[::-1], axis=0, out=above[1:])
    return above[::-1]


def equal_mass_bins(
    score: Floats, num_bins: int = NUM_BINS, *, weights: ArrayLike | None = None
) -> NDArray[np.intp]:
    """The calibration bin, 0 to num_bins - 1, of each of (num_rows,) scores.

    Bins hold about the same number of clips, `weights` (num_rows,) of each row; equal scores share a bin. The
    bin depends on ranks alone, so a table in which every row is repeated 20 times has the same bins.

    >>> equal_mass_bins(np.array([0.1, 0.2, 0.2, 0.9]), num_bins=2)
    array([0, 1, 1, 1])
    """
    levels, level = np.unique(score, return_inverse=True)
    clips = clips_per_row(weights, len(score))
    counts = weighted_counts(level, clips, len(levels)).astype(np.int64)
    below = np.cumsum(counts) - counts
    bins: NDArray[np.intp] = ((2 * below + counts) * num_bins // (2 * clips.sum()))[level]
    return bins
