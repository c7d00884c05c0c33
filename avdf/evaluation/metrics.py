"""Figures of one detector on one set of clips; fake is the positive class, undefined is NaN, never 0."""

import numpy as np
from numpy.typing import ArrayLike

from avdf.evaluation.curves import Floats, Steps, arrays, ratio, steps

NUM_BINS = 15  # of equal mass, for the calibration error


def binary_metrics(
    is_fake: ArrayLike,
    score: ArrayLike,
    threshold: ArrayLike,
    *,
    beta: float = 2.0,
    prevalence: float = 0.5,
) -> dict[str, float]:
    """All figures of (num_clips,) labels and scores at a threshold: one number, or one a clip.

    `f_beta`, `f_beta_at_prevalence` and `f_beta_all_fake` join in where beta isn't 2. Raises UserError for
    labels other than 0/1 and scores that aren't finite.
    """
    fake, value = arrays(is_fake, score)
    called = value >= np.asarray(threshold, dtype=np.float64)
    num_fake, num_real = float(fake.sum()), float((~fake).sum())
    caught, accused = float((called & fake).sum()), float((called & ~fake).sum())
    recall, fpr = float(ratio(caught, num_fake)), float(ratio(accused, num_real))
    share = float(ratio(num_fake, num_fake + num_real))
    step = steps(fake, value)
    found = {
        "precision": float(ratio(caught, caught + accused)),
        "recall": recall,
        "fpr": fpr,
        "fnr": 1.0 - recall,
        "accuracy": float(ratio(caught + num_real - accused, num_fake + num_real)),
        "auc": auc(step),
        "average_precision": average_precision(step),
        "eer": eer(step),
        "min_dcf": min_dcf(step),
        "brier": brier(fake, value),
        "ece": ece(fake, value),
    }
    for name, weight in {"f2": 2.0, "f_beta": beta}.items():
        if name == "f2" or beta != 2.0:
            found[name] = float(f_beta(recall, fpr, share, weight))
            found[f"{name}_at_prevalence"] = float(f_beta(recall, fpr, prevalence, weight))
            found[f"{name}_all_fake"] = float(f_beta(1.0, 1.0, share, weight)) if num_fake else np.nan
    return found


def f_beta(tpr: ArrayLike, fpr: ArrayLike, prevalence: ArrayLike, beta: float = 2.0) -> Floats:
    """F-beta of two rates at a share of fakes; at the table's own share it is the plain F-beta of its rows.

    (1 + b^2) p TPR / ((1 + b^2) p TPR + b^2 p FNR + (1 - p) FPR). NaN without fakes; without real clips FPR
    carries no weight.
    """
    caught, accused, share = (np.asarray(item, dtype=np.float64) for item in (tpr, fpr, prevalence))
    wrong = np.where(share == 1.0, 0.0, (1.0 - share) * accused)
    hits = (1.0 + beta**2) * share * caught
    return np.where(share > 0.0, ratio(hits, hits + beta**2 * share * (1.0 - caught) + wrong), np.nan)


def auc(step: Steps) -> float:
    """P(a fake's score > a real clip's) + half of P(equal): the area under the ROC curve."""
    wins = np.diff(step.reals_called) * (step.fakes_called[1:] + step.fakes_called[:-1]) / -2.0
    return float(ratio(wins.sum(), step.num_fake * step.num_real))


def average_precision(step: Steps) -> float:
    """Precision averaged over the fakes as they are found from the highest score down; no interpolation."""
    precision = ratio(step.fakes_called[:-1], step.fakes_called[:-1] + step.reals_called[:-1])
    return float(ratio((-np.diff(step.fakes_called) * precision).sum(), step.num_fake))


def eer(step: Steps) -> float:
    """The rate where false accusations and missed fakes are equally frequent, linear between thresholds."""
    if not step.num_fake or not step.num_real:
        return float("nan")
    missed, accused = 1.0 - step.tpr, step.fpr
    after = int(np.argmax(missed >= accused))  # rises from (0 missed, 1 accused) to (1 missed, 0 accused)
    before = after - 1
    gap_before, gap_after = accused[before] - missed[before], missed[after] - accused[after]
    weight = gap_before / (gap_before + gap_after)
    return float(missed[before] + weight * (missed[after] - missed[before]))


def min_dcf(step: Steps, p_fake: float = 0.05, cost_miss: float = 1.0, cost_accuse: float = 1.0) -> float:
    """The lowest detection cost of all thresholds, over that of the better constant answer (NIST).

    min (cost_miss p FNR + cost_accuse (1 - p) FPR) / min(cost_miss p, cost_accuse (1 - p)).
    """
    if not step.num_fake or not step.num_real:
        return float("nan")
    miss, accuse = cost_miss * p_fake, cost_accuse * (1.0 - p_fake)
    return float((miss * (1.0 - step.tpr) + accuse * step.fpr).min() / min(miss, accuse))


def brier(is_fake: ArrayLike, score: ArrayLike) -> float:
    """Mean squared distance of score and label; NaN for scores that are no probabilities."""
    fake, value = arrays(is_fake, score)
    return float(np.mean((value - fake) ** 2)) if is_probability(value) else float("nan")


def ece(is_fake: ArrayLike, score: ArrayLike, num_bins: int = NUM_BINS) -> float:
    """Expected calibration error over bins of equal mass; NaN for scores that are no probabilities."""
    fake, value = arrays(is_fake, score)
    if not is_probability(value):
        return float("nan")
    at = equal_mass_bins(value, num_bins)
    gap = np.bincount(at, weights=value - fake, minlength=num_bins)
    return float(np.abs(gap).sum() / len(value))


def equal_mass_bins(score: Floats, num_bins: int = NUM_BINS) -> np.ndarray:
    """The bin, 0 to num_bins - 1, of each clip: as many clips each as ties, which stay together, allow.

    Whole numbers alone decide, so a table with every row twenty times falls into the same bins.
    """
    _, at, counts = np.unique(score, return_inverse=True, return_counts=True)
    below = np.cumsum(counts) - counts
    return ((2 * below + counts) * num_bins // (2 * len(score)))[at]


def is_probability(score: Floats) -> bool:
    """Whether scores lie in [0, 1]: logits have no Brier score and no calibration error."""
    return len(score) > 0 and bool(score.min() >= 0.0 and score.max() <= 1.0)
