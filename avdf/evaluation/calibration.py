"""Metrics of scores as log-likelihood ratios: Cllr, minCllr, and the cost at the Bayes threshold (actDCF)."""

import numpy as np

from avdf.evaluation.counts import Counts, Floats, ratio
from avdf.evaluation.llr import ASVSPOOF5


def act_dcf(counts: Counts) -> Floats:
    """Detection cost with ASVspoof 5's costs at their Bayes threshold, a log-likelihood ratio of 0.642.

    A clip is called fake above it; normalised like minDCF, which it reaches if the scores are calibrated.
    """
    fp, fn = counts.llr[:2]
    return ASVSPOOF5.relative(ratio(fn, counts.num_fake), ratio(fp, counts.num_real))


def cllr(counts: Counts) -> Floats:
    """Mean cost of log-likelihood ratios in bits, over both classes alike (Brummer and du Preez 2006).

    (mean over fakes of log2(1 + exp(-llr)) + mean over real clips of log2(1 + exp(llr))) / 2. NaN where a
    clip of the other class has a score of exactly 0 or 1, whose cost is infinite.
    """
    of_real, of_fake = counts.llr[2:]
    value = (ratio(of_real, counts.num_real) + ratio(of_fake, counts.num_fake)) / 2.0
    return np.where(np.isfinite(value), value, np.nan)


def min_cllr(counts: Counts) -> Floats:
    """Cllr after the best monotone map of the scores to ratios (pool adjacent violators)."""
    from scipy.optimize import isotonic_regression

    values = np.full(len(counts.fp), np.nan)
    fakes, reals = ratio(counts.fake, counts.num_fake), ratio(counts.real, counts.num_real)
    for draw in np.flatnonzero((counts.num_fake > 0) & (counts.num_real > 0)):
        used = (fakes[:, draw] + reals[:, draw]) > 0
        fake, real = fakes[used, draw], reals[used, draw]
        blocks = isotonic_regression(fake / (fake + real), weights=fake + real).blocks[:-1]
        fake, real = np.add.reduceat(fake, blocks), np.add.reduceat(real, blocks)
        values[draw] = (_bits(fake, real) + _bits(real, fake)).sum() / 2.0
    return values


def _bits(share: Floats, other: Floats) -> Floats:
    """The cost of a block's clips of one class, whose ratio is share / other."""
    return share * np.log2(ratio(share + other, share), out=np.zeros_like(share), where=share > 0)
