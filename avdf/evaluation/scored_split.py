"""Metrics of one split and of its groups: Wilson intervals for FPR and FNR, bootstrap for the others."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from avdf.evaluation.attacks import attack_rows
from avdf.evaluation.bootstrap import interval, resampled_counts
from avdf.evaluation.counts import Floats
from avdf.evaluation.f_beta import FBeta
from avdf.evaluation.groups import REASONS, Group, error_counts, groups_of, rate_of, status_of
from avdf.evaluation.harms import HARMS
from avdf.evaluation.identities import IdentitySums, cell_of, sum_by_identity
from avdf.evaluation.metrics import METRICS, Metric, binary_metrics, metrics_for, values_of
from avdf.evaluation.modalities import modality_rows

Draws = dict[str, Floats]  # metric -> its value in every draw, (num_draws,)
METRIC_OF = {metric.key: metric for metric in METRICS}
PER_GROUP = tuple(metric for metric in METRICS if metric.per_group)
CI_METHODS = {"wilson": "Wilson, clustered by identity", "bootstrap": "identity bootstrap, approximate"}


@dataclass(frozen=True, kw_only=True)
class ScoredSplit:
    """The checked rows of one split, how each is called, and their sums per identity.

    `threshold` is one number or one per row; `cell` is each row's cell. `draws` are computed once, on first
    use: metrics.json and the audit of a run read their intervals from the same draws.
    """

    table: pd.DataFrame
    threshold: float | Floats
    sums: IdentitySums
    cell: NDArray[np.intp]
    columns: tuple[str, ...]
    f_beta: FBeta
    seed: int

    @cached_property
    def everyone(self) -> Group:
        """All identities as one group."""
        return Group(attribute="all", name="all", cells=np.ones(len(self.sums.cells), dtype=bool))

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """The groups of each column and of their crossing."""
        return tuple(groups_of(self.sums, self.columns))

    @cached_property
    def draws(self) -> tuple[Draws, ...]:
        """The bootstrap draws of every metric: for everyone first, then for each of `groups`."""
        selections = [self.everyone.cells, *(group.cells for group in self.groups)]
        return tuple(draws for (draws,) in draw_metrics([self], selections, self.seed))

    @cached_property
    def attacks(self) -> list[dict[str, Any]]:
        """One row per attack, the worst first; none if the table does not name attacks."""
        return attack_rows(self.table, self.threshold, self.f_beta, self.seed)

    @cached_property
    def modalities(self) -> list[dict[str, Any]]:
        """One row per score and type; none for a detector of one modality."""
        return modality_rows(self.table, self.seed)

    def rows_in(self, cells: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """(num_rows,) whether a row lies in one of the cells."""
        return cells[self.cell]

    def metrics(self, rows: NDArray[np.bool_]) -> dict[str, float]:
        """The metrics of the rows in a mask."""
        selected = self.table[rows]
        limit = self.threshold if isinstance(self.threshold, float) else self.threshold[rows]
        rule = {"beta": self.f_beta.beta, "prevalence": self.f_beta.prevalence}
        return binary_metrics(selected["is_fake"], selected["score"], limit, **rule)


def score_split_of(
    table: pd.DataFrame, threshold: float, columns: Sequence[str] = (), *, f_beta: FBeta, seed: int = 0
) -> ScoredSplit:
    """The rows of one split of a checked table; its column `threshold`, if any, replaces `threshold`."""
    limit = table["threshold"].to_numpy(np.float64) if "threshold" in table else threshold
    return ScoredSplit(
        table=table,
        threshold=limit,
        sums=sum_by_identity(table, limit, columns),
        cell=cell_of(table, columns)[0],
        columns=tuple(columns),
        f_beta=f_beta,
        seed=seed,
    )


def draw_metrics(
    splits: Sequence[ScoredSplit], selections: Sequence[NDArray[np.bool_]], seed: int
) -> list[list[Draws]]:
    """Per selection of cells and per split, every metric in every draw; draws are paired across splits.

    Selections of fewer than all cells get the metrics that are reported per group.
    """
    blocks: list[list[dict[str, list[Floats]]]] = [[{} for _ in splits] for _ in selections]
    for counts in resampled_counts([split.sums for split in splits], selections, seed):
        for selection, kept, drawn in zip(selections, blocks, counts, strict=True):
            for split, values, item in zip(splits, kept, drawn, strict=True):
                metrics = metrics_for(split.f_beta.beta) if selection.all() else PER_GROUP
                for key, value in values_of(item, metrics, split.f_beta).items():
                    values.setdefault(key, []).append(value)
    return [[{key: np.concatenate(value) for key, value in item.items()} for item in kept] for kept in blocks]


def split_metrics(split: ScoredSplit) -> dict[str, Any]:
    """Counts, metrics and 95 % intervals of all rows, as in metrics.json and in `overall` of audit.json."""
    values = split.metrics(np.ones(len(split.table), dtype=bool))
    num_identities = len(set(split.sums.identity))
    num_fake = int(split.table["is_fake"].sum())
    counts = {
        "num_clips": len(split.table),
        "num_identities": num_identities,
        "num_fake": num_fake,
        "num_real": len(split.table) - num_fake,
    }
    ci = {key: _interval_of(split, key, value, num_identities) for key, value in values.items()}
    reasons = {
        key: METRIC_OF[key].reason(counts["num_real"], num_fake)
        for key, value in values.items()
        if np.isnan(value)
    }
    return {**counts, **values, "ci": ci, "reasons": reasons}


def group_rows(split: ScoredSplit, group: Group, draws: Draws) -> list[dict[str, Any]]:
    """A group's rows of `groups[]` in audit.json, one per metric, undefined and suppressed ones included."""
    in_group = split.rows_in(group.cells)
    values = split.metrics(in_group)
    counts = {harm: error_counts(split.sums, harm, group.cells) for harm in HARMS}
    num_in_scarcer_class = min(len(clips) for _, clips in counts.values())
    num_errors = sum(int(errors.sum()) for errors, _ in counts.values())
    rows = []
    for metric in PER_GROUP:
        if metric.interval == "wilson":
            rate = rate_of(split.sums, metric.key, group.cells)
            row = _row(group, metric, rate.value, [rate.low, rate.high], rate.num_identities)
            row |= {"num_rows": rate.num_rows, "num_errors": rate.num_errors}
        else:
            ci = interval(draws[metric.key])
            row = _row(group, metric, values[metric.key], ci, num_in_scarcer_class)
            row |= {
                "num_rows": int(in_group.sum()),
                "num_errors": num_errors if metric.at_threshold else None,
            }
        rows.append({**row, "ci_method": CI_METHODS[metric.interval]})
    return rows


def _interval_of(split: ScoredSplit, key: str, value: float, num_identities: int) -> list[float]:
    metric = METRIC_OF[key]
    if metric.interval == "complement":
        low, high = _interval_of(split, metric.complement_of, 1.0 - value, num_identities)
        return [1.0 - high, 1.0 - low]
    if metric.interval == "wilson":
        rate = rate_of(split.sums, key, split.everyone.cells)
        return [rate.low, rate.high]
    if num_identities < 2 or np.isnan(value):
        return [np.nan, np.nan]
    return interval(split.draws[0][key])


def _row(group: Group, metric: Metric, value: float, ci: list[float], num_identities: int) -> dict[str, Any]:
    status = status_of(num_identities)
    reason = REASONS[status]
    if status not in ("undefined", "suppressed") and np.isnan(value):
        status, reason = "undefined", metric.undefined
    known = status not in ("undefined", "suppressed")
    return {
        "attribute": group.attribute,
        "group": group.name,
        "metric": metric.key,
        "value": value if known else None,
        "ci": ci if known else [None, None],
        "num_identities": num_identities,
        "status": status,
        "reason": reason,
    }
