"""Metrics of a detector, each written once on counts; fake is the positive class, undefined is NaN.

A metric takes the counts of D draws and returns D values. The rows of a table are one draw, so the same
function gives the value of a table and the distribution that its interval is taken from. To add a metric,
write its function and its row in METRICS: page, tables, comparisons and repeats list what METRICS lists.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from avdf.evaluation.calibration import act_dcf, cllr, min_cllr
from avdf.evaluation.counts import Counts, Floats, counts_of_rows, ratio
from avdf.evaluation.f_beta import FBeta, f_beta
from avdf.evaluation.llr import ASVSPOOF5, Costs


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One metric: how it is computed, named, read and where it is shown.

    `interval`: wilson (over people, of a rate), complement (1 minus the interval of `complement_of`), or
    bootstrap. `unit`: a share is printed in percent, a number with three decimals. `per_group`: reported
    for every group and compared between detectors. `title`: its name on the page's tiles, if it has one.
    `compact`: also a column of the page's table of groups. `per_attack`: reported for every attack.
    `undefined`: why it has no value though both classes are there, or the only class that it needs is not.
    """

    key: str
    label: str
    compute: Callable[[Counts, FBeta], Floats]
    title: str = ""
    unit: Literal["share", "number"] = "number"
    lower_is_better: bool = False
    needs_both_classes: bool = False
    at_threshold: bool = False
    interval: Literal["wilson", "complement", "bootstrap"] = "bootstrap"
    complement_of: str = ""
    per_group: bool = False
    compact: bool = False
    per_attack: bool = False
    undefined: str = "no fake clip"

    def reason(self, num_real: int, num_fake: int) -> str:
        """Why the metric of so many real clips and fakes has no value."""
        if self.needs_both_classes and not (num_real and num_fake):
            return "no real clip" if num_fake else "no fake clip"
        return self.undefined


def binary_metrics(
    is_fake: ArrayLike,
    score: ArrayLike,
    threshold: ArrayLike,
    *,
    beta: float = 2.0,
    prevalence: float = 0.5,
    weights: ArrayLike | None = None,
) -> dict[str, float]:
    """All metrics of (num_clips,) labels (1 = fake) and scores; a clip is called fake at score >= threshold.

    `threshold` is one number or one per clip. `weights`: how many clips each row stands for; the metrics are
    those of the table in which each row is repeated that often. `beta` other than 2 adds f_beta,
    f_beta_at_prevalence and f_beta_all_fake. A metric whose class is missing is NaN. Raises UserError for
    labels other than 0 and 1, for scores or thresholds that are NaN or infinite, and for weights that are
    not counts.

    >>> metrics = binary_metrics([1, 1, 0, 0], [0.9, 0.4, 0.6, 0.1], threshold=0.5)
    >>> metrics["fpr"], metrics["fnr"], metrics["auc"]
    (0.5, 0.5, 0.75)
    """
    counts = counts_of_rows(is_fake, score, threshold, weights=weights)
    values = values_of(counts, metrics_for(beta), FBeta(beta=beta, prevalence=prevalence))
    return {key: float(value[0]) for key, value in values.items()}


def values_of(counts: Counts, metrics: Sequence[Metric], rule: FBeta) -> dict[str, Floats]:
    """Each metric of the counts, (D,); NaN where a metric needs a class that a draw does not hold."""
    both = (counts.num_real > 0) & (counts.num_fake > 0)
    values = {}
    for metric in metrics:
        if metric.needs_both_classes and not both.any():
            values[metric.key] = np.full(len(both), np.nan)
            continue
        value = metric.compute(counts, rule)
        values[metric.key] = np.where(both, value, np.nan) if metric.needs_both_classes else value
    return values


def metrics_for(beta: float) -> list[Metric]:
    """The metrics to report; those named f_beta only if beta is not 2."""
    return [metric for metric in METRICS if beta != 2.0 or not metric.key.startswith("f_beta")]


def recall(counts: Counts) -> Floats:
    """TPR, the share of fakes called fake."""
    return ratio(counts.tp, counts.num_fake)


def fpr(counts: Counts) -> Floats:
    """The share of real clips called fake."""
    return ratio(counts.fp, counts.num_real)


def share_of_fakes(counts: Counts) -> Floats:
    """The share of fakes among all clips."""
    return ratio(counts.num_fake, counts.num_fake + counts.num_real)


def accuracy(counts: Counts) -> Floats:
    """The share of clips that are classified correctly."""
    right = counts.tp + counts.num_real - counts.fp
    return ratio(right, counts.num_fake + counts.num_real)


def balanced_accuracy(counts: Counts) -> Floats:
    """The mean of TPR and TNR."""
    return (recall(counts) + 1.0 - fpr(counts)) / 2.0


def auc(counts: Counts) -> Floats:
    """Area under the ROC curve: P(a fake scores higher than a real clip) + half of P(equal)."""
    wins = counts.real * (counts.fakes_from[1:] + counts.fake / 2.0)
    return ratio(wins.sum(axis=0), counts.num_real * counts.num_fake)


def average_precision(counts: Counts) -> Floats:
    """Precision at each fake's score, averaged over fakes; no interpolation, as in scikit-learn."""
    precision = ratio(counts.fakes_from[:-1], counts.fakes_from[:-1] + counts.reals_from[:-1])
    return ratio(np.nansum(counts.fake * precision, axis=0), counts.num_fake)


def eer(counts: Counts) -> Floats:
    """Equal error rate: where FPR and FNR are equal, linear between neighbouring thresholds."""
    false_alarms = ratio(counts.reals_from, counts.num_real)
    misses = 1.0 - ratio(counts.fakes_from, counts.num_fake)
    draws = np.arange(len(counts.fp))
    after = np.maximum(np.argmax(misses >= false_alarms, axis=0), 1)
    before = after - 1
    gap_before = false_alarms[before, draws] - misses[before, draws]
    gap_after = misses[after, draws] - false_alarms[after, draws]
    low = misses[before, draws]
    weight = ratio(gap_before, gap_before + gap_after)
    return np.asarray(low + weight * (misses[after, draws] - low), dtype=np.float64)


def min_dcf(counts: Counts, costs: Costs) -> Floats:
    """Lowest detection cost over all thresholds, normalised by the cost of the better constant answer.

    min (cost_fn p FNR + cost_fp (1 - p) FPR) / min(cost_fn p, cost_fp (1 - p)); ASVspoof 5 calls our FNR
    P_fa and our FPR P_miss.
    """
    fnr = 1.0 - ratio(counts.fakes_from, counts.num_fake)
    return np.asarray(costs.relative(fnr, ratio(counts.reals_from, counts.num_real)).min(axis=0))


def brier(counts: Counts) -> Floats:
    """Mean squared difference of score and label; NaN for scores outside [0, 1]."""
    if counts.squared_error is None:
        return np.full(len(counts.fp), np.nan)
    return ratio(counts.squared_error, counts.num_fake + counts.num_real)


def ece(counts: Counts) -> Floats:
    """Expected calibration error over bins of equal mass; NaN for scores outside [0, 1]."""
    if counts.bins is None:
        return np.full(len(counts.fp), np.nan)
    clips, scores, fakes = counts.bins
    return ratio(np.abs(scores - fakes).sum(axis=0), clips.sum(axis=0))


def _f_beta(counts: Counts, beta: float) -> Floats:
    return f_beta(recall(counts), fpr(counts), share_of_fakes(counts), beta)


def _f_beta_at_prevalence(counts: Counts, beta: float, prevalence: float) -> Floats:
    return f_beta(recall(counts), fpr(counts), prevalence, beta)


def _f_beta_all_fake(counts: Counts, beta: float) -> Floats:
    return f_beta(1.0, 1.0, share_of_fakes(counts), beta)


# In the order of every table and page.
# fmt: off
METRICS = (
    Metric(key="fpr", label="FPR", title="FPR: real clips accused", compute=lambda c, _: fpr(c),
           unit="share", lower_is_better=True, at_threshold=True, interval="wilson",
           per_group=True, compact=True, undefined="no real clip"),
    Metric(key="fnr", label="FNR", title="FNR: fakes missed", compute=lambda c, _: 1.0 - recall(c),
           unit="share", lower_is_better=True, at_threshold=True, interval="wilson",
           per_group=True, compact=True, per_attack=True),
    Metric(key="f2", label="F2", title="F2", compute=lambda c, _: _f_beta(c, 2.0),
           at_threshold=True, per_group=True, compact=True),
    Metric(key="f2_at_prevalence", label="F2 at prevalence", title="F2 at {prevalence} fakes",
           compute=lambda c, rule: _f_beta_at_prevalence(c, 2.0, rule.prevalence),
           needs_both_classes=True, at_threshold=True, per_group=True),
    Metric(key="f2_all_fake", label="F2, all called fake",
           compute=lambda c, _: _f_beta_all_fake(c, 2.0)),
    Metric(key="f_beta", label="F-beta", compute=lambda c, rule: _f_beta(c, rule.beta), at_threshold=True),
    Metric(key="f_beta_at_prevalence", label="F-beta at prevalence",
           compute=lambda c, rule: _f_beta_at_prevalence(c, rule.beta, rule.prevalence),
           needs_both_classes=True, at_threshold=True),
    Metric(key="f_beta_all_fake", label="F-beta, all called fake",
           compute=lambda c, rule: _f_beta_all_fake(c, rule.beta)),
    Metric(key="precision", label="precision", title="Precision",
           compute=lambda c, _: ratio(c.tp, c.tp + c.fp), unit="share",
           at_threshold=True, per_group=True, compact=True, undefined="no clip is called fake"),
    Metric(key="recall", label="recall", compute=lambda c, _: recall(c), unit="share", at_threshold=True,
           interval="complement", complement_of="fnr"),
    Metric(key="accuracy", label="accuracy", compute=lambda c, _: accuracy(c), unit="share",
           at_threshold=True, per_group=True),
    Metric(key="balanced_accuracy", label="balanced accuracy", title="Balanced accuracy",
           compute=lambda c, _: balanced_accuracy(c), unit="share",
           needs_both_classes=True, at_threshold=True, per_group=True),
    Metric(key="auc", label="AUC", title="AUC", compute=lambda c, _: auc(c), needs_both_classes=True,
           per_group=True, compact=True, per_attack=True),
    Metric(key="average_precision", label="average precision", title="Average precision",
           compute=lambda c, _: average_precision(c)),
    Metric(key="eer", label="EER", title="EER", compute=lambda c, _: eer(c), unit="share",
           lower_is_better=True, needs_both_classes=True, per_group=True, compact=True, per_attack=True),
    Metric(key="min_dcf", label="minDCF", title="minDCF (ASVspoof 5)",
           compute=lambda c, _: min_dcf(c, ASVSPOOF5),
           lower_is_better=True, needs_both_classes=True, per_attack=True),
    Metric(key="min_dcf_equal_costs", label="minDCF, equal costs",
           compute=lambda c, _: min_dcf(c, Costs(cost_fn=1.0)),
           lower_is_better=True, needs_both_classes=True),
    Metric(key="act_dcf", label="actDCF", title="actDCF (ASVspoof 5)", compute=lambda c, _: act_dcf(c),
           lower_is_better=True, needs_both_classes=True),
    Metric(key="cllr", label="Cllr", title="Cllr, bits", compute=lambda c, _: cllr(c),
           lower_is_better=True, needs_both_classes=True,
           undefined="a score of 0 or 1 on the wrong side is an infinite log-likelihood ratio"),
    Metric(key="min_cllr", label="minCllr", title="minCllr, bits", compute=lambda c, _: min_cllr(c),
           lower_is_better=True, needs_both_classes=True),
    Metric(key="brier", label="Brier", title="Brier score", compute=lambda c, _: brier(c),
           lower_is_better=True, per_group=True, undefined="scores lie outside [0, 1]"),
    Metric(key="ece", label="ECE", title="Calibration error", compute=lambda c, _: ece(c),
           lower_is_better=True, per_group=True, undefined="scores lie outside [0, 1]"),
)
# fmt: on
