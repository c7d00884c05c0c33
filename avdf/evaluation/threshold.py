"""From which score on a clip is called fake: chosen once, on validation rows, then frozen."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from avdf.config.schema import ThresholdConfig
from avdf.errors import UserError
from avdf.evaluation.bootstrap import NUM_DRAWS, interval, resampled_sums
from avdf.evaluation.curves import Floats, midpoints, ratio, steps
from avdf.evaluation.identities import LEVELS_FROM, tally
from avdf.evaluation.metrics import binary_metrics, f_beta
from avdf.evaluation.scores import CheckedScores
from avdf.evaluation.threshold_rules import max_missed_share

_TIE = 1e-12  # equal fractions differ by rounding alone


@dataclass(frozen=True, kw_only=True)
class Threshold:
    """A frozen threshold and what it was chosen by, on and from; called_fake = score >= value."""

    value: float
    beta: float
    prevalence: float
    split: str
    num_clips: int
    num_identities: int
    name: str
    ci: tuple[float, float]
    warnings: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "ci": list(self.ci), "warnings": list(self.warnings)}


def best_threshold(
    is_fake: ArrayLike,
    score: ArrayLike,
    *,
    beta: float = 2.0,
    prevalence: float = 0.5,
    max_fpr: float | None = None,
) -> float:
    """The midpoint of distinct scores with the best F-beta at `prevalence`; of equals the highest.

    Equal scores leave no midpoint: the score itself is returned, and every clip is called fake. Where no
    midpoint keeps the FPR to `max_fpr`, the next number above all scores is, and no clip is called fake.
    Raises UserError where fakes or real clips are missing.
    """
    step = steps(is_fake, score)
    if not step.num_fake or not step.num_real:
        missing = "fake" if not step.num_fake else "real"
        raise UserError(f"a threshold needs fake and real clips, and no clip is {missing}; give some of both")
    candidates = midpoints(step.levels)
    if len(candidates) == 0:
        return float(step.levels[0])
    value = f_beta(step.tpr[1:-1], step.fpr[1:-1], prevalence, beta)
    if max_fpr is not None:
        value = np.where(step.fpr[1:-1] <= max_fpr, value, -1.0)
        if value.max() < 0.0:
            return float(np.nextafter(step.levels[-1], np.inf))
    return float(candidates[np.flatnonzero(value >= value.max() - _TIE)[-1]])


def choose_threshold(
    scores: CheckedScores, rule: ThresholdConfig, *, beta: float, prevalence: float, seed: int = 0
) -> Threshold:
    """The threshold by `rule` from the rows of one split, with its interval over identities and warnings.

    Raises UserError for a table of several splits or with a `test` row: who sees test labels chooses none.
    """
    table, splits = scores.table, scores.splits
    if "test" in splits:
        raise UserError(
            "a threshold can't be chosen on rows of the test split; give the validation rows alone"
        )
    if len(splits) > 1:
        raise UserError(f"a threshold is chosen on one split, got {', '.join(splits)}; give one of them")
    fake, score = table["is_fake"].to_numpy(bool), table["score"].to_numpy(float)
    identities = table["identity"].to_numpy(object)
    notes: list[str] = []
    if rule.name == "missed_fakes":
        if rule.at_most is None:
            raise UserError("evaluation.threshold.at_most: give the share of fakes that may be missed")
        value = max_missed_share(fake, score, identities, at_most=rule.at_most)
        if value <= score[fake].min():
            notes.append(
                f"no threshold is sure (95 %, {len(set(identities[fake]))} identities) to miss at most "
                f"{rule.at_most:g} of the fakes: the lowest fake's score is taken, without a guarantee"
            )
    else:
        value = best_threshold(fake, score, beta=beta, prevalence=prevalence, max_fpr=rule.max_fpr)
    return Threshold(
        value=value,
        beta=beta,
        prevalence=prevalence,
        split=splits[0],
        num_clips=len(table),
        num_identities=len(set(identities)),
        name=rule.name,
        ci=_interval(table, rule, beta, prevalence, seed),
        warnings=(*notes, *_warnings(fake, score, value, beta, prevalence)),
    )


def _warnings(fake: np.ndarray, score: Floats, value: float, beta: float, prevalence: float) -> list[str]:
    found = binary_metrics(fake, score, value, beta=beta, prevalence=prevalence)
    notes = []
    if score.min() == score.max():
        notes.append(
            f"all {len(score)} validation scores are equal ({score[0]:g}): every clip is called fake"
        )
    if value > score.max():
        notes.append("no threshold keeps the validation FPR under its cap: no clip is called fake")
    if found["fpr"] > 0.5:
        notes.append(f"the threshold accuses {found['fpr']:.0%} of the real validation clips")
    if found["f2"] - found["f2_all_fake"] < 0.005:
        notes.append(
            f"validation F2 is {found['f2']:.3f}, and {found['f2_all_fake']:.3f} by calling every clip fake: "
            "the detector adds next to nothing"
        )
    return notes


def _interval(
    table: pd.DataFrame, rule: ThresholdConfig, beta: float, prevalence: float, seed: int
) -> tuple[float, float]:
    """Over identities drawn again; at the resolution of the tally's levels. Only for the F-beta rule."""
    folded = tally(table, np.inf)
    if rule.name != "f_beta" or len(folded.borders) == 0 or len(folded.identity) < 2:
        return (float("nan"), float("nan"))
    chosen = []
    for sums in resampled_sums([folded], [np.ones(1, dtype=bool)], seed, NUM_DRAWS):
        real, fake = sums[0][0][LEVELS_FROM:][: 2 * folded.num_levels].reshape(2, folded.num_levels, -1)
        tpr, fpr = (ratio(side[::-1].cumsum(0)[::-1][1:], side.sum(0)) for side in (fake, real))
        value = f_beta(tpr, fpr, prevalence, beta)
        if rule.max_fpr is not None:
            value = np.where(fpr <= rule.max_fpr, value, -1.0)
        best = len(value) - 1 - np.argmax(value[::-1], axis=0)
        defined = ~np.isnan(value[0])
        chosen.append(np.where(defined, folded.borders[best], np.nan))
    low, high = interval(np.concatenate(chosen))
    return (low, high)
