"""Threshold rules: the best F-beta at a share of fakes, or few missed fakes with a guarantee."""

import numpy as np
from numpy.typing import ArrayLike

from avdf.errors import UserError
from avdf.evaluation.counts import Floats, check_labels_and_scores
from avdf.evaluation.curves import counts_at_thresholds, midpoints
from avdf.evaluation.f_beta import f_beta

_TIE = 1e-12  # equal fractions may differ by this much in floating point


def best_threshold(
    is_fake: ArrayLike,
    score: ArrayLike,
    *,
    beta: float = 2.0,
    prevalence: float = 0.5,
    max_fpr: float | None = None,
    weights: ArrayLike | None = None,
) -> float:
    """The midpoint of neighbouring distinct scores with the best F-beta at `prevalence`; ties: the highest.

    is_fake, score: (num_clips,) labels (1 = fake) and scores; a clip is called fake at score >= threshold.
    `weights`: how many clips each row stands for, 1 if left out.
    If all scores are equal there is no midpoint: the score itself is returned, and every clip is called
    fake. If no midpoint keeps the FPR at or below `max_fpr`, the next float above all scores is returned,
    and no clip is called fake. Raises UserError if no clip is fake or none is real.

    >>> best_threshold([1, 0, 1, 0], [0.9, 0.6, 0.4, 0.1])
    0.25
    """
    counts = counts_at_thresholds(is_fake, score, weights=weights)
    if not counts.num_fake or not counts.num_real:
        missing = "fake" if not counts.num_fake else "real"
        raise UserError(f"a threshold needs fake and real clips, and no clip is {missing}; give some of both")
    candidates = midpoints(counts.levels)
    if len(candidates) == 0:
        return float(counts.levels[0])
    value = f_beta(counts.tpr[1:-1], counts.fpr[1:-1], prevalence, beta)
    if max_fpr is not None:
        value = np.where(counts.fpr[1:-1] <= max_fpr, value, -1.0)
        if value.max() < 0.0:
            return float(np.nextafter(counts.levels[-1], np.inf))
    return float(candidates[np.flatnonzero(value >= value.max() - _TIE)[-1]])


def threshold_bounding_fnr(
    is_fake: ArrayLike, score: ArrayLike, identity: ArrayLike, *, at_most: float, confidence: float = 0.95
) -> float:
    """The highest threshold that misses at most a share `at_most` of fakes, with that confidence.

    is_fake, score, identity: (num_clips,). The bounded quantity is the share of missed fakes of a person,
    averaged over people, for new people from the same population. Learn then Test (arXiv 2110.01052) with
    fixed sequence testing: thresholds are tested from the lowest up until the first failure, so that the
    search needs no correction. If none passes (0.05 needs at least 59 people), the lowest score of a fake is
    returned: no fake here is missed, and nothing is guaranteed. Raises UserError if no clip is fake.

    >>> threshold_bounding_fnr([1] * 100, np.arange(100.0), np.arange(100), at_most=0.1)
    2.5
    """
    fake, value = check_labels_and_scores(is_fake, score)
    if not fake.any():
        raise UserError("a threshold by missed fakes needs fake clips, and no clip is fake")
    people, person = np.unique(np.asarray(identity, dtype=object)[fake].astype(str), return_inverse=True)
    share = 1.0 / np.bincount(person)[person]  # what a missed clip adds to its person's share
    order = np.argsort(value[fake], kind="stable")
    ascending, missed_below = value[fake][order], np.cumsum(share[order])
    candidates = midpoints(np.unique(value))
    below = np.searchsorted(ascending, candidates, side="left")
    risk = np.where(below > 0, missed_below[below - 1], 0.0) / len(people)
    fails = np.flatnonzero(risk_p_value(risk, len(people), at_most) > 1.0 - confidence)
    num_passed = int(fails[0]) if len(fails) else len(candidates)
    return float(candidates[num_passed - 1]) if num_passed else float(ascending[0])


def risk_p_value(risk: ArrayLike, num: int, bound: float) -> Floats:
    """p-value of "the true mean exceeds `bound`" from the mean of `num` independent losses in [0, 1].

    `risk` may hold many means. Hoeffding-Bentkus bound on both tails (arXiv 2110.01052).

    >>> risk_p_value([0.0, 0.1], 59, 0.05).round(3)
    array([0.048, 1.   ])
    """
    from scipy.special import bdtr

    mean = np.asarray(risk, dtype=np.float64)
    low = np.minimum(mean, bound)
    with np.errstate(divide="ignore", invalid="ignore"):
        first = np.where(low > 0.0, low * np.log(low / bound), 0.0)
        second = (1.0 - low) * np.log((1.0 - low) / (1.0 - bound))
    hoeffding = np.exp(-num * (first + second))
    bentkus = np.e * bdtr(np.ceil(num * mean - 1e-9), num, bound)
    return np.asarray(np.minimum(1.0, np.minimum(hoeffding, bentkus)), dtype=np.float64)
