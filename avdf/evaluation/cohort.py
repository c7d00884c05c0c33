"""All figures of every group: rates with their own intervals, the rest with resampled people."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from avdf.evaluation.bootstrap import figures_of_sums, interval, ranked_figures_of_sums, resampled_sums
from avdf.evaluation.curves import Floats
from avdf.evaluation.groups import REASONS, Group, error_counts, rate_of, status_of
from avdf.evaluation.identities import Tally, cell_of, tally
from avdf.evaluation.metrics import binary_metrics

RATES = ("fpr", "fnr")
RESAMPLED = ("f2", "f2_at_prevalence", "precision", "accuracy", "auc", "eer", "brier", "ece")
WILSON, RESAMPLING = "Wilson, clustered by identity", "identity bootstrap, approximate"


def cohort_of(
    table: pd.DataFrame, threshold: float | Floats, columns: Sequence[str], *, beta: float, prevalence: float
) -> "Cohort":
    """Folds a checked table of one split."""
    cell, _ = cell_of(table, columns)
    return Cohort(
        table=table,
        threshold=threshold,
        folded=tally(table, threshold, columns),
        cell=cell,
        columns=tuple(columns),
        beta=beta,
        prevalence=prevalence,
    )


@dataclass(frozen=True, kw_only=True)
class Cohort:
    """A checked table, what each row is called by, and its fold to identities."""

    table: pd.DataFrame
    threshold: float | Floats
    folded: Tally
    cell: NDArray[np.intp]  # of each row
    columns: tuple[str, ...]
    beta: float
    prevalence: float

    def rows_in(self, cells: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Which rows lie in those cells."""
        return cells[self.cell]

    def figures(self, rows: NDArray[np.bool_]) -> dict[str, float]:
        """The plain figures of some rows."""
        part = self.table[rows]
        at = self.threshold if isinstance(self.threshold, float) else self.threshold[rows]
        return binary_metrics(part["is_fake"], part["score"], at, beta=self.beta, prevalence=self.prevalence)


def drawn_figures(
    cohorts: Sequence[Cohort], selections: Sequence[NDArray[np.bool_]], seed: int
) -> list[list[dict[str, Floats]]]:
    """Per selection of cells and per cohort: each figure in every draw, the same people for all cohorts.

    Figures of the whole curve come for selections of every cell alone.
    """
    draws: list[list[dict[str, list[Floats]]]] = [[{} for _ in cohorts] for _ in selections]
    for sums in resampled_sums([cohort.folded for cohort in cohorts], selections, seed):
        for selection, kept, drawn in zip(selections, draws, sums, strict=True):
            for cohort, into, values in zip(cohorts, kept, drawn, strict=True):
                rule = {"beta": cohort.beta, "prevalence": cohort.prevalence}
                found = figures_of_sums(values, cohort.folded, **rule)
                if selection.all():
                    found |= ranked_figures_of_sums(values, cohort.folded)
                for name, value in found.items():
                    into.setdefault(name, []).append(value)
    return [
        [{name: np.concatenate(value) for name, value in found.items()} for found in kept] for kept in draws
    ]


def whole_figures(cohort: Cohort, draws: dict[str, Floats]) -> dict[str, Any]:
    """Counts, figures and intervals of the whole table, as metrics.json and audit.json keep them."""
    values = cohort.figures(np.ones(len(cohort.table), dtype=bool))
    num_identities = len(set(cohort.folded.identity))
    few = num_identities < 2
    ci = {
        name: [np.nan, np.nan] if few or np.isnan(value) else interval(draws[name])
        for name, value in values.items()
    }
    for metric in RATES:
        rate = rate_of(cohort.folded, metric, np.ones(len(cohort.folded.cells), dtype=bool))
        ci[metric] = [rate.low, rate.high]
    ci["recall"] = [1.0 - end for end in reversed(ci["fnr"])]
    num_fake = int(cohort.table["is_fake"].sum())
    return {
        "num_clips": len(cohort.table),
        "num_identities": num_identities,
        "num_fake": num_fake,
        "num_real": len(cohort.table) - num_fake,
        **values,
        "ci": ci,
    }


def group_rows(cohort: Cohort, group: Group, draws: dict[str, Floats]) -> list[dict[str, Any]]:
    """A group's rows of `groups[]` in audit.json: one a figure, undefined and suppressed ones included."""
    rows = cohort.rows_in(group.cells)
    values = cohort.figures(rows)
    counts = {metric: error_counts(cohort.folded, metric, group.cells) for metric in RATES}
    people = min(len(of) for _, of in counts.values())  # of the scarcer class
    found = []
    for metric in RATES:
        rate = rate_of(cohort.folded, metric, group.cells)
        entry = _row(group, metric, rate.value, [rate.low, rate.high], rate.num_identities)
        found.append({**entry, "num_rows": rate.num_rows, "num_errors": rate.num_errors, "ci_method": WILSON})
    errors = sum(int(wrong.sum()) for wrong, _ in counts.values())
    for metric in RESAMPLED:
        entry = _row(group, metric, values[metric], interval(draws[metric]), people)
        wrong = errors if metric in ("f2", "f2_at_prevalence", "precision", "accuracy") else None
        found.append({**entry, "num_rows": int(rows.sum()), "num_errors": wrong, "ci_method": RESAMPLING})
    return found


def _row(group: Group, metric: str, value: float, ci: list[float], num_identities: int) -> dict[str, Any]:
    status = status_of(num_identities)
    reason = REASONS[status]
    if status not in ("undefined", "suppressed") and np.isnan(value):
        status, reason = "undefined", "no value: nothing called fake, or scores that are no probabilities"
    known = status not in ("undefined", "suppressed")
    return {
        "attribute": group.attribute,
        "group": group.name,
        "metric": metric,
        "value": value if known else None,
        "ci": ci if known else [None, None],
        "num_identities": num_identities,
        "status": status,
        "reason": reason,
    }
