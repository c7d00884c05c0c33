"""The saved map from a detector's logits to log-likelihood ratios: a schema of detector.json."""

import math
from dataclasses import dataclass
from typing import Literal

from avdf.config.bounds import check_at_least, check_positive, check_within

MOST_LOGIT = 36.0  # beyond it a sigmoid in 64 bits is 1; logits are cut there before they are mapped


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """llr = slope * logit + intercept, natural logarithm, higher for fake.

    `name`: none (1 and 0), temperature (intercept 0) or logistic. Fitted on the clips of `split`. The Cllr
    are those of these clips: before, and after the map was fitted on other people (cross-validation).
    """

    name: Literal["none", "temperature", "logistic"]
    slope: float
    intercept: float
    split: str
    num_clips: int
    num_identities: int
    cllr_before: float
    cllr_after: float

    def __post_init__(self) -> None:
        check_positive(self, "slope", highest=1000)
        check_within(self, "intercept", lowest=-1000, highest=1000)
        check_at_least(self, "num_clips", "num_identities", lowest=0)
        check_within(self, "cllr_before", "cllr_after", lowest=0, highest=1e6)

    def llr(self, logit: float) -> float:
        """The log-likelihood ratio of a clip with this logit."""
        return self.slope * min(max(logit, -MOST_LOGIT), MOST_LOGIT) + self.intercept


def probability_of(llr: float, prevalence: float) -> float:
    """The probability of fake where `prevalence` of the clips are fake (Bayes' rule).

    >>> round(probability_of(0.0, 0.05), 6)
    0.05
    """
    log_odds = llr + math.log(prevalence) - math.log1p(-prevalence)
    if log_odds >= 0:
        return 1 / (1 + math.exp(-log_odds))
    odds = math.exp(log_odds)
    return odds / (1 + odds)
