"""A threshold that misses few fakes, with a guarantee over new people: Learn then Test (arXiv 2110.01052)."""

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import bdtr

from avdf.errors import UserError
from avdf.evaluation.curves import Floats, arrays, midpoints


def max_missed_share(
    is_fake: ArrayLike, score: ArrayLike, identity: ArrayLike, *, at_most: float, confidence: float = 0.95
) -> float:
    """The highest threshold whose share of missed fakes is under `at_most` with that confidence.

    The share is that of a person's fakes, averaged over people, who are what is drawn at random. Thresholds
    are tried from the lowest up, and the first that fails the test of "misses more" ends the search, so
    the choice costs no confidence. Where none passes (59 people are the fewest for 0.05), the lowest score
    of a fake is returned: none of these fakes is missed, and nothing is guaranteed.
    """
    fake, value = arrays(is_fake, score)
    if not fake.any():
        raise UserError("a threshold by missed fakes needs fake clips, and there is none")
    who, person = np.unique(np.asarray(identity, dtype=object)[fake].astype(str), return_inverse=True)
    share = 1.0 / np.bincount(person)[person]  # what one missed clip adds to its person's share
    order = np.argsort(value[fake], kind="stable")
    ascending, missed_below = value[fake][order], np.cumsum(share[order])
    levels = np.unique(value)
    candidates = midpoints(levels)
    below = np.searchsorted(ascending, candidates, side="left")
    risk = np.where(below > 0, missed_below[below - 1], 0.0) / len(who)
    fails = np.flatnonzero(risk_p_value(risk, len(who), at_most) > 1.0 - confidence)
    passed = int(fails[0]) if len(fails) else len(candidates)
    return float(candidates[passed - 1]) if passed else float(ascending[0])


def risk_p_value(risk: ArrayLike, num: int, bound: float) -> Floats:
    """p of "the true mean is above `bound`" given the mean of `num` independent losses in [0, 1].

    Hoeffding-Bentkus, both tails of the same mean (arXiv 2110.01052).
    """
    mean = np.asarray(risk, dtype=np.float64)
    low = np.minimum(mean, bound)
    with np.errstate(divide="ignore", invalid="ignore"):
        first = np.where(low > 0.0, low * np.log(low / bound), 0.0)
        second = (1.0 - low) * np.log((1.0 - low) / (1.0 - bound))
    hoeffding = np.exp(-num * (first + second))
    bentkus = np.e * bdtr(np.ceil(num * mean - 1e-9), num, bound)
    return np.asarray(np.minimum(1.0, np.minimum(hoeffding, bentkus)), dtype=np.float64)
