"""How well scores are calibrated before and after a map: Cllr, ECE and reliability, both classes alike."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from avdf.config.calibration import MOST_LOGIT, Calibration
from avdf.evaluation.counts import Floats, equal_mass_bins, ratio, weighted_counts
from avdf.evaluation.llr import is_probability, llr_of

NUM_BINS = 10  # of equal mass


def reliability_of(table: pd.DataFrame, calibration: Calibration) -> dict[str, Any] | None:
    """`{before, after}`, each `{cllr, ece, bins}`, of one split; None for other scores than 0 to 1.

    `bins` lists `{probability, share_fake, num_clips}`: in a calibrated table the first two agree. All are
    for equal shares of both classes, whatever the table holds. NaN where a class is missing.
    """
    fake, score = table["is_fake"].to_numpy(bool), table["score"].to_numpy(float)
    if not is_probability(score):
        return None
    before = logits_of(score)
    after = calibration.slope * before + calibration.intercept
    return {name: _measured(fake, llr) for name, llr in (("before", before), ("after", after))}


def logits_of(score: Floats) -> Floats:
    """(clip,) probabilities -> their logits, from -36 to 36."""
    return np.clip(llr_of(score), -MOST_LOGIT, MOST_LOGIT)


def cllr_of_ratios(fake: NDArray[np.bool_], llr: Floats) -> float:
    """Cllr in bits of (clip,) natural log-likelihood ratios; NaN where a class is missing."""
    return float(ratio_costs(fake, llr).mean()) if fake.any() and not fake.all() else float("nan")


def ratio_costs(fake: NDArray[np.bool_], llr: Floats) -> Floats:
    """(clip,) what each clip adds to Cllr, whose mean it is: both classes have the same weight."""
    weight = len(fake) / 2 / np.where(fake, fake.sum(), (~fake).sum())
    return np.asarray(weight * np.logaddexp(0, np.where(fake, -llr, llr)) / np.log(2))


def _measured(fake: NDArray[np.bool_], llr: Floats) -> dict[str, Any]:
    probability = 1 / (1 + np.exp(-llr))
    place = equal_mass_bins(llr, NUM_BINS)
    # Weights under which both classes have half of the mass.
    weight = np.where(fake, ratio(0.5, fake.sum()), ratio(0.5, (~fake).sum()))
    mass = weighted_counts(place, weight, NUM_BINS)
    mean, share = (
        ratio(weighted_counts(place, weight * of, NUM_BINS), mass) for of in (probability, fake.astype(float))
    )
    num_clips = np.bincount(place, minlength=NUM_BINS)
    has_both = bool(fake.any() and not fake.all())
    return {
        "cllr": cllr_of_ratios(fake, llr),
        "ece": float(np.nansum(mass * np.abs(mean - share))) if has_both else float("nan"),
        "bins": [
            {"probability": mean[row], "share_fake": share[row], "num_clips": int(num_clips[row])}
            for row in np.flatnonzero(num_clips)
        ]
        if has_both
        else [],
    }
