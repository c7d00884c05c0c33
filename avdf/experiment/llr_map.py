"""Fits the map from a detector's logits to log-likelihood ratios on validation clips.

Three maps are compared by the Cllr of people that they were not fitted on: none, a slope (temperature; Guo
et al., ICML 2017, On Calibration of Modern Neural Networks), a slope and an intercept (logistic; Brummer and
du Preez, Computer Speech and Language 2006). The first within a standard error of the lowest is taken, so
that few people do not choose a map that fits them alone.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from avdf.config.calibration import Calibration
from avdf.errors import UserError
from avdf.evaluation.llr import Floats, is_probability
from avdf.evaluation.reliability import logits_of, ratio_costs
from avdf.evaluation.scores import CheckedScores

MapName = Literal["none", "temperature", "logistic"]
_NAMES: tuple[MapName, ...] = ("none", "temperature", "logistic")
_MIN_IDENTITIES = 5  # of each class
_MOST_FOLDS = 5
_MOST_SLOPE = 1000.0


@dataclass(frozen=True)
class _Clips:
    fake: NDArray[np.bool_]
    logit: Floats
    identity: NDArray[np.object_]

    def at(self, rows: NDArray[np.intp]) -> "_Clips":
        return _Clips(self.fake[rows], self.logit[rows], self.identity[rows])

    def people(self, fake: bool) -> int:
        return len(set(self.identity[self.fake == fake]))


def choose_calibration(scores: CheckedScores) -> tuple[Calibration | None, str]:
    """The map with the lowest cross-validated Cllr and "", or None and the reason why there is none.

    `scores` holds the rows of one split, other than test. Raises UserError for rows of test or of several
    splits.
    """
    if "test" in scores.splits or len(scores.splits) != 1:
        raise UserError(f"a calibration is fitted on one split, not test; got {', '.join(scores.splits)}")
    table = scores.table
    score = table["score"].to_numpy(float)
    if not is_probability(score):
        return None, "the scores are not between 0 and 1"
    clips = _Clips(table["is_fake"].to_numpy(bool), logits_of(score), table["identity"].to_numpy(object))
    fewest = min(clips.people(False), clips.people(True))
    if fewest < _MIN_IDENTITIES:
        return (
            None,
            f"validation has {fewest} people of the rarer class; a calibration needs {_MIN_IDENTITIES}",
        )
    costs = {name: _cross_validated(name, clips, min(fewest, _MOST_FOLDS)) for name in _NAMES}
    best = min(_NAMES, key=lambda name: costs[name].mean())
    name = next(name for name in _NAMES if _is_as_good(costs[name], costs[best], clips.identity))
    slope, intercept = _fitted(name, clips) or (1.0, 0.0)  # a slope below 0 on all clips: no map
    return Calibration(
        name=name,
        slope=slope,
        intercept=intercept,
        split=scores.splits[0],
        num_clips=len(table),
        num_identities=len(set(clips.identity)),
        cllr_before=float(costs["none"].mean()),
        cllr_after=float(costs[name].mean()),
    ), ""


def _cross_validated(name: MapName, clips: _Clips, num_folds: int) -> Floats:
    """The costs of all clips, each mapped as fitted on other people; infinite where a fit fails."""
    if name == "none":
        return ratio_costs(clips.fake, clips.logit)
    from sklearn.model_selection import StratifiedGroupKFold

    llr = np.full(len(clips.logit), np.nan)
    folds = StratifiedGroupKFold(num_folds).split(clips.logit, clips.fake, clips.identity)
    for others, tested in folds:
        fitted = _fitted(name, clips.at(others))
        if fitted is None:
            return np.full(len(llr), np.inf)
        llr[tested] = fitted[0] * clips.logit[tested] + fitted[1]
    return ratio_costs(clips.fake, llr)


def _is_as_good(costs: Floats, best: Floats, identity: NDArray[np.object_]) -> bool:
    """Whether the mean is within a standard error, over people, of the best mean."""
    more = costs - best
    if not np.isfinite(more).all():
        return False
    of_people = np.bincount(np.unique(identity, return_inverse=True)[1], weights=more)
    error = np.sqrt(len(of_people)) * of_people.std(ddof=1) / len(more)
    return bool(more.mean() <= error)


def _fitted(name: MapName, clips: _Clips) -> tuple[float, float] | None:
    """Slope and intercept; None where a class is missing or the slope is not positive.

    Both classes have the same weight, so that the log-odds are log-likelihood ratios. The weak penalty
    (C = 1) keeps the slope finite where the classes are separated.
    """
    if name == "none":
        return 1.0, 0.0
    if clips.fake.all() or not clips.fake.any():
        return None
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(fit_intercept=name == "logistic", class_weight="balanced", C=1.0)
    model.fit(clips.logit[:, None], clips.fake)
    slope = float(model.coef_[0, 0])
    intercept = float(model.intercept_[0]) if name == "logistic" else 0.0
    return (slope, intercept) if 0 < slope <= _MOST_SLOPE else None
