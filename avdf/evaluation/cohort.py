"""All figures of every group: rates with their own intervals, the rest with resampled people."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from avdf.evaluation.binary import binary_metrics
from avdf.evaluation.bootstrap import figures_of_sums, interval, resampled_sums
from avdf.evaluation.curves import Floats
from avdf.evaluation.groups import REASONS, Group, error_counts, rate_of, status_of
from avdf.evaluation.tally import Tally, cell_of

RATES = ("fpr", "fnr")
RESAMPLED = ("f2", "f2_at_prevalence", "precision", "accuracy", "auc", "eer", "brier", "ece")
WILSON, RESAMPLING = "Wilson, clustered by identity", "identity bootstrap, approximate"


@dataclass(frozen=True, kw_only=True)
class Cohort:
    """A checked table, what each row is called by, and its fold to identities."""

    table: pd.DataFrame
    threshold: float | Floats
    folded: Tally
    columns: tuple[str, ...]
    beta: float
    prevalence: float

    def rows_in(self, cells: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Which rows lie in those cells."""
        at, _ = cell_of(self.table, self.columns)
        return np.asarray(cells[at])

    def figures(self, rows: NDArray[np.bool_]) -> dict[str, float]:
        """The plain figures of some rows."""
        part = self.table[rows]
        at = self.threshold if isinstance(self.threshold, float) else self.threshold[rows]
        return binary_metrics(part["is_fake"], part["score"], at, beta=self.beta, prevalence=self.prevalence)


def drawn_figures(
    cohort: Cohort, selections: Sequence[NDArray[np.bool_]], seed: int
) -> list[dict[str, Floats]]:
    """Per selection of cells: each figure in every draw of the identity bootstrap."""
    draws: list[dict[str, list[Floats]]] = [{} for _ in selections]
    for sums in resampled_sums([cohort.folded], selections, seed):
        for kept, (drawn,) in zip(draws, sums, strict=True):
            found = figures_of_sums(drawn, cohort.folded, beta=cohort.beta, prevalence=cohort.prevalence)
            for name, value in found.items():
                kept.setdefault(name, []).append(value)
    return [{name: np.concatenate(value) for name, value in kept.items()} for kept in draws]


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
