"""Scores as log-likelihood ratios, and what each clip costs as one.

A score in [0, 1] is taken as a probability at equal shares of both classes, so that its ratio is its logit;
any other score is taken as a ratio as it is. Ratios are natural logarithms, higher for fake.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Costs:
    """The share of fakes that is expected, and the costs of a fake called real and of a real clip accused."""

    p_fake: float = 0.05
    cost_fn: float = 10.0
    cost_fp: float = 1.0

    @property
    def weight_fn(self) -> float:
        return self.cost_fn * self.p_fake

    @property
    def weight_fp(self) -> float:
        return self.cost_fp * (1.0 - self.p_fake)

    @property
    def threshold(self) -> float:
        """The log-likelihood ratio above which it costs less to call a clip fake."""
        return float(np.log(self.weight_fp / self.weight_fn))

    def relative(self, fnr: Floats, fpr: Floats) -> Floats:
        """The expected cost over the cost of the better constant answer."""
        cost = self.weight_fn * fnr + self.weight_fp * fpr
        return np.asarray(cost / min(self.weight_fn, self.weight_fp), dtype=np.float64)


# Of ASVspoof 5 (Wang et al., ASVspoof Workshop 2024): p_spoof = 0.05, C_fa = 10 for an accepted spoof,
# C_miss = 1 for a rejected bona fide clip.
ASVSPOOF5 = Costs()


def is_probability(score: Floats) -> bool:
    """Whether all scores lie in [0, 1]; other scores, such as logits, have no Brier score and no ECE."""
    return len(score) > 0 and bool(score.min() >= 0.0 and score.max() <= 1.0)


def llr_of(score: Floats) -> Floats:
    """(num_clips,) scores as log-likelihood ratios; infinite where a probability is 0 or 1.

    >>> llr_of(np.array([0.5, 0.75])).round(3)
    array([0.   , 1.099])
    """
    if not is_probability(score):
        return score
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(score) - np.log1p(-score), dtype=np.float64)


def llr_sums(fake: NDArray[np.bool_], score: Floats) -> Floats:
    """(4, num_clips) what each clip adds to `Counts.llr`: errors at the Bayes threshold, costs in bits."""
    llr = llr_of(score)
    called = llr > ASVSPOOF5.threshold
    cost = np.logaddexp(0.0, np.where(fake, -llr, llr)) / np.log(2.0)
    return np.stack([called & ~fake, ~called & fake, np.where(fake, 0.0, cost), np.where(fake, cost, 0.0)])
