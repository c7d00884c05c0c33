"""The content of metrics.json: the metrics of every split at the threshold, with their intervals."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from avdf.config.calibration import Calibration
from avdf.evaluation.attacks import OF_NOBODY, SeenAttacks, with_seen
from avdf.evaluation.f_beta import FBeta
from avdf.evaluation.groups import attribute_order
from avdf.evaluation.reliability import reliability_of
from avdf.evaluation.scored_split import ScoredSplit, score_split_of, split_metrics
from avdf.evaluation.scores import CheckedScores
from avdf.evaluation.threshold import Threshold

Splits = dict[str, ScoredSplit]


def score_splits_of(
    scores: CheckedScores, threshold: Threshold, groups: Sequence[str] = (), *, seed: int = 0
) -> Splits:
    """Every split of a table by name. The same table, groups and seed give the same bootstrap draws."""
    columns = attribute_order(groups, list(scores.table.columns))
    f_beta = FBeta(beta=threshold.beta, prevalence=threshold.prevalence)
    return {
        name: score_split_of(scores.of_split(name).table, threshold.value, columns, f_beta=f_beta, seed=seed)
        for name in scores.splits
    }


def measure(
    splits: Mapping[str, ScoredSplit],
    threshold: Threshold,
    seen_attacks: SeenAttacks = OF_NOBODY,
    calibration: Calibration | str | None = None,
) -> dict[str, Any]:
    """`{threshold, splits: {name: {num_clips, ..., f2, ..., ci: {metric: [low, high]}, attacks}}}`.

    A table with a `threshold` column is called by it, row by row. `seen_attacks` are those trained on; a
    table without names of attacks has no `attacks`. `calibration`: a saved map, told with its effect on each
    split, or the reason why there is none.
    """
    return {
        "threshold": threshold.as_dict(),
        "splits": {
            name: split_metrics(split)
            | ({"attacks": with_seen(split.attacks, seen_attacks)} if split.attacks else {})
            | ({"modalities": split.modalities} if split.modalities else {})
            for name, split in splits.items()
        },
        **({} if calibration is None else {"calibration": calibration_content(calibration, splits)}),
    }


def calibration_content(calibration: Calibration | str, splits: Mapping[str, ScoredSplit]) -> dict[str, Any]:
    """The map, and Cllr, ECE and reliability of each split before and after it; or why there is none."""
    if isinstance(calibration, str):
        return {"reason": calibration}
    of_splits = {name: reliability_of(split.table, calibration) for name, split in splits.items()}
    return {**asdict(calibration), "splits": of_splits}
