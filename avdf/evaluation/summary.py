"""The content of metrics.json: the metrics of every split at the threshold, with their intervals."""

from collections.abc import Mapping, Sequence
from typing import Any

from avdf.evaluation.attacks import OF_NOBODY, SeenAttacks, with_seen
from avdf.evaluation.f_beta import FBeta
from avdf.evaluation.groups import attribute_order
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
    splits: Mapping[str, ScoredSplit], threshold: Threshold, seen_attacks: SeenAttacks = OF_NOBODY
) -> dict[str, Any]:
    """`{threshold, splits: {name: {num_clips, ..., f2, ..., ci: {metric: [low, high]}, attacks}}}`.

    A table with a `threshold` column is called by it, row by row. `seen_attacks` are those trained on; a
    table without names of attacks has no `attacks`.
    """
    return {
        "threshold": threshold.as_dict(),
        "splits": {
            name: split_metrics(split)
            | ({"attacks": with_seen(split.attacks, seen_attacks)} if split.attacks else {})
            for name, split in splits.items()
        },
    }
