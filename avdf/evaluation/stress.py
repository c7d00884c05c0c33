"""FPR and FNR at a frozen threshold, and AUC, of the same clips under several conditions."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from avdf.evaluation.bootstrap import interval, resampled_counts
from avdf.evaluation.counts import Counts, Floats
from avdf.evaluation.f_beta import FBeta
from avdf.evaluation.groups import attribute_order, rate_of, status_of
from avdf.evaluation.harms import HARMS
from avdf.evaluation.metrics import METRICS, auc
from avdf.evaluation.scored_split import ScoredSplit, score_split_of
from avdf.evaluation.scores import CheckedScores
from avdf.evaluation.threshold import Threshold

AUC = "auc"
STRESSED = (*HARMS, AUC)  # the metrics of a condition
_LOWER_IS_BETTER = {metric.key: metric.lower_is_better for metric in METRICS}


def conditions_of(
    scores: pd.DataFrame, threshold: Threshold, groups: Sequence[str], *, seed: int
) -> dict[str, ScoredSplit]:
    """The rows of each condition, checked and called at the threshold, in the order of the table.

    `scores` has the columns of a score table and `condition`. Raises TableError.
    """
    f_beta = FBeta(beta=threshold.beta, prevalence=threshold.prevalence)
    splits = {}
    for name, rows in scores.groupby("condition", sort=False):
        table = CheckedScores.of(rows.drop(columns="condition"), groups).table
        columns = attribute_order(groups, list(table.columns))
        splits[str(name)] = score_split_of(table, threshold.value, columns, f_beta=f_beta, seed=seed)
    return splits


def condition_rates(split: ScoredSplit) -> Iterator[dict[str, Any]]:
    """One row per metric: value, 95 % interval over people, clips and people of the class concerned."""
    for harm in HARMS:
        rate = rate_of(split.sums, harm, split.everyone.cells)
        counts = {"num_clips": rate.num_rows, "num_identities": rate.num_identities}
        yield {"metric": harm, "value": rate.value, "ci": [rate.low, rate.high], **counts}
    value = split.metrics(np.ones(len(split.table), dtype=bool))[AUC]
    counts = {"num_clips": len(split.table), "num_identities": len(set(split.sums.identity))}
    yield {"metric": AUC, "value": value, "ci": _auc_interval(split, value), **counts}


def group_rates(split: ScoredSplit) -> Iterator[dict[str, Any]]:
    """One row per group and harm; no value with fewer than 5 people."""
    for group in split.groups:
        for harm in HARMS:
            rate = rate_of(split.sums, harm, group.cells)
            status = status_of(rate.num_identities)
            shown = status not in ("undefined", "suppressed")
            yield {
                "attribute": group.attribute,
                "group": group.name,
                "metric": harm,
                "value": rate.value if shown else None,
                "ci": [rate.low, rate.high] if shown else [None, None],
                "num_clips": rate.num_rows,
                "num_identities": rate.num_identities,
                "status": status,
            }


def worst_of(rows: Sequence[Mapping[str, Any]], metric: str) -> Mapping[str, Any] | None:
    """The row of `metric` with the highest error rate or the lowest AUC; None if none is defined."""
    defined = [row for row in rows if row["metric"] == metric and _is_number(row["value"])]
    sign = 1 if _LOWER_IS_BETTER[metric] else -1
    return max(defined, key=lambda row: sign * row["value"], default=None)


def stress_summary(rows: Sequence[Mapping[str, Any]], clean: str) -> dict[str, Any]:
    """Clean, the worst condition and the mean over all others, per metric: `stress` of metrics.json.

    `rows` have condition, metric and value. A condition counts once in the mean, however many clips it has.

    >>> rows = [{"condition": name, "metric": "fpr", "value": value}
    ...         for name, value in (("clean", 0.1), ("a_law", 0.2), ("mp3", 0.4))]
    >>> summary = stress_summary(rows, "clean")
    >>> summary["worst"]["fpr"], summary["worst_condition"]["fpr"], round(summary["mean"]["fpr"], 2)
    (0.4, 'mp3', 0.3)
    """
    summary: dict[str, Any] = {"clean": {}, "worst": {}, "worst_condition": {}, "mean": {}}
    channels = [row for row in rows if row["condition"] != clean]
    for metric in STRESSED:
        at_clean = [row["value"] for row in rows if row["condition"] == clean and row["metric"] == metric]
        values = [row["value"] for row in channels if row["metric"] == metric and _is_number(row["value"])]
        worst = worst_of(channels, metric)
        summary["clean"][metric] = at_clean[0] if at_clean else None
        summary["worst"][metric] = worst["value"] if worst else None
        summary["worst_condition"][metric] = worst["condition"] if worst else None
        summary["mean"][metric] = float(np.mean(values)) if values else None
    return {**summary, "num_channels": len({row["condition"] for row in channels})}


def _auc_interval(split: ScoredSplit, value: float) -> list[float]:
    """By the bootstrap over people of all other intervals; NaN with one person, or without a value."""
    if np.isnan(value) or len(set(split.sums.identity)) < 2:
        return [np.nan, np.nan]
    blocks = resampled_counts([split.sums], [split.everyone.cells], split.seed)
    draws = np.concatenate([_auc_of_draws(counts) for [[counts]] in blocks])
    return interval(draws)


def _auc_of_draws(counts: Counts) -> Floats:
    both = (counts.num_real > 0) & (counts.num_fake > 0)
    return np.where(both, auc(counts), np.nan)


def _is_number(value: float | None) -> bool:
    return value is not None and not np.isnan(value)
