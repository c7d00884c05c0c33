"""The frozen threshold: chosen on validation rows, given by the user, stored in a run, or one per row."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from avdf.config.evaluation import ThresholdConfig
from avdf.errors import TableError, UserError
from avdf.evaluation.bootstrap import interval, resampled_counts
from avdf.evaluation.counts import Floats, ratio
from avdf.evaluation.f_beta import FBeta, f2_all_fake, f_beta
from avdf.evaluation.identities import sum_by_identity
from avdf.evaluation.metrics import binary_metrics
from avdf.evaluation.scores import CheckedScores
from avdf.evaluation.threshold_rules import best_threshold, threshold_bounding_fnr

NAN = float("nan")


@dataclass(frozen=True, kw_only=True)
class Threshold:
    """A frozen threshold, its rule, the split it was chosen on, and its 95 % interval.

    A clip is called fake at score >= value. Raises UserError if the value is NaN or infinite.
    """

    value: float
    beta: float = 2.0
    prevalence: float = 0.5
    split: str = "unknown"
    num_clips: int = 0
    num_identities: int = 0
    name: str = "given"
    ci: tuple[float, float] = (NAN, NAN)
    warnings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not np.isfinite(self.value):
            raise UserError(f"the threshold must be a finite number, got {self.value}; give --threshold X")

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "ci": list(self.ci), "warnings": list(self.warnings)}


def finite_threshold(value: object) -> float:
    """A finite number of any type, Python's or numpy's, as a float. Raises UserError for any other value."""
    number = value.item() if isinstance(value, np.generic | np.ndarray) and value.ndim == 0 else value
    if isinstance(number, bool) or not isinstance(number, int | float) or not np.isfinite(number):
        raise UserError(f"the threshold must be a finite number, got {value!r}; give --threshold X")
    return float(number)


def given_threshold(value: float, *, beta: float = 2.0, prevalence: float = 0.5) -> Threshold:
    """A threshold given by the user; on which split it was chosen is unknown."""
    return Threshold(value=value, beta=beta, prevalence=prevalence, split="given")


def row_threshold(table: pd.DataFrame, *, beta: float = 2.0, prevalence: float = 0.5) -> Threshold:
    """The median and range of a `threshold` column, one value per run (a fold, a seed), for display.

    Rows are called by their own threshold. Raises TableError where one is not a finite number.
    """
    values = pd.to_numeric(table["threshold"], errors="coerce").to_numpy(np.float64)
    if not np.isfinite(values).all():
        num = int((~np.isfinite(values)).sum())
        raise TableError(f"threshold must be a finite number in every row; {num} rows differ")
    return Threshold(
        value=float(np.median(values)),
        beta=beta,
        prevalence=prevalence,
        split="inside each run",
        name="per_row",
        ci=(float(values.min()), float(values.max())),
    )


def stored_threshold(stored: Mapping[str, Any], where: str) -> Threshold:
    """The threshold kept in metrics.json or detector.json; `where` names the file in messages.

    The file may be a stranger's: raises UserError naming the first key whose value is of another type
    or out of bounds.
    """
    value = stored.get("value")
    if value is None or not _is_number(value):
        raise UserError(
            f"{where}: threshold.value must be a finite number, got {value!r:.40}; give --threshold X"
        )
    known = {key: entry for key, entry in stored.items() if key in _STORED and entry is not None}
    for key, entry in known.items():
        is_right, words = _STORED[key]
        if not is_right(entry):
            raise UserError(f"{where}: threshold.{key} must be {words}, got {entry!r:.40}")
    low, high = (NAN if end is None else float(end) for end in known.pop("ci", (None, None)))
    known["warnings"] = tuple(known.get("warnings", ()))
    return Threshold(value=float(value), ci=(low, high), **known)


def _is_number(value: Any) -> bool:
    """Whether JSON gave a finite number that a float can hold."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e300


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value < 1 << 53


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_text, value))


def _is_interval(value: Any) -> bool:
    """Whether it is [low, high]; null where an end is unknown."""
    ends = value if isinstance(value, list) else []
    return len(ends) == 2 and all(end is None or _is_number(end) for end in ends)


_STORED: dict[str, tuple[Callable[[Any], bool], str]] = {
    "beta": (lambda value: _is_number(value) and value > 0, "a number > 0"),
    "prevalence": (lambda value: _is_number(value) and 0 < value < 1, "between 0 and 1"),
    "split": (_is_text, "text"),
    "name": (_is_text, "text"),
    "num_clips": (_is_count, "a whole number >= 0"),
    "num_identities": (_is_count, "a whole number >= 0"),
    "warnings": (_are_texts, "a list of texts"),
    "ci": (_is_interval, "two numbers, [low, high]"),
}


def choose_threshold(
    scores: CheckedScores, rule: ThresholdConfig, *, beta: float, prevalence: float, seed: int = 0
) -> Threshold:
    """The threshold by `rule` from the rows of one split, with an interval over identities and warnings.

    Raises UserError for a table of several splits, or with `test` rows: a threshold chosen on test labels
    would make the test metrics too good.
    """
    table = _rows_of_one_split(scores)
    fake, score = table["is_fake"].to_numpy(bool), table["score"].to_numpy(float)
    identities = table["identity"].to_numpy(object)
    weights = FBeta(beta=beta, prevalence=prevalence)
    notes: list[str] = []
    if rule.name == "missed_fakes":
        if rule.at_most is None:
            raise UserError("evaluation.threshold.at_most: give the share of fakes that may be missed")
        value = threshold_bounding_fnr(fake, score, identities, at_most=rule.at_most)
        if value <= score[fake].min():
            notes.append(
                f"no threshold is certain (95 %, {len(set(identities[fake]))} identities) to miss at most "
                f"{rule.at_most:g} of the fakes: the lowest fake's score is taken, without a guarantee"
            )
    else:
        value = best_threshold(fake, score, beta=beta, prevalence=prevalence, max_fpr=rule.max_fpr)
    return Threshold(
        value=value,
        beta=beta,
        prevalence=prevalence,
        split=str(table["split"].iloc[0]),
        num_clips=len(table),
        num_identities=len(set(identities)),
        name=rule.name,
        ci=_interval(table, rule, weights, seed),
        warnings=(*notes, *_warnings(fake, score, value, weights)),
    )


def _rows_of_one_split(scores: CheckedScores) -> pd.DataFrame:
    if "test" in scores.splits:
        raise UserError(
            "a threshold can't be chosen on rows of the test split; give the validation rows alone"
        )
    if len(scores.splits) > 1:
        names = ", ".join(scores.splits)
        raise UserError(f"a threshold is chosen on one split, got {names}; give one of them")
    return scores.table


def _warnings(fake: np.ndarray, score: Floats, value: float, weights: FBeta) -> list[str]:
    metrics = binary_metrics(fake, score, value, beta=weights.beta, prevalence=weights.prevalence)
    notes = []
    if score.min() == score.max():
        notes.append(
            f"all {len(score)} validation scores are equal ({score[0]:g}): every clip is called fake"
        )
    if value > score.max():
        notes.append("no threshold keeps the validation FPR under its cap: no clip is called fake")
    if metrics["fpr"] > 0.5:
        notes.append(f"the threshold accuses {metrics['fpr']:.0%} of the real validation clips")
    all_fake = f2_all_fake(weights.prevalence)
    if metrics["f2_at_prevalence"] - all_fake < 0.005:
        notes.append(
            f"validation F2 at {weights.prevalence:.0%} fakes is {metrics['f2_at_prevalence']:.3f}, and "
            f"{all_fake:.3f} by calling every clip fake: the detector adds next to nothing"
        )
    return notes


def _interval(table: pd.DataFrame, rule: ThresholdConfig, weights: FBeta, seed: int) -> tuple[float, float]:
    """Bootstrap over identities, at the resolution of the score levels; NaN for other rules than F-beta."""
    sums = sum_by_identity(table, np.inf)
    if rule.name != "f_beta" or len(sums.level_borders) == 0 or len(sums.identity) < 2:
        return (NAN, NAN)
    thresholds = []
    for [[counts]] in resampled_counts([sums], [np.ones(1, dtype=bool)], seed):
        tpr = ratio(counts.fakes_from[1:-1], counts.num_fake)
        fpr = ratio(counts.reals_from[1:-1], counts.num_real)
        value = f_beta(tpr, fpr, weights.prevalence, weights.beta)
        if rule.max_fpr is not None:
            value = np.where(fpr <= rule.max_fpr, value, -1.0)
        best = len(value) - 1 - np.argmax(value[::-1], axis=0)
        thresholds.append(np.where(np.isnan(value[0]), np.nan, sums.level_borders[best]))
    low, high = interval(np.concatenate(thresholds))
    return (low, high)
