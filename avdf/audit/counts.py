"""How much there is to judge by: clips and people, by split, group, type and method."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from avdf.evaluation.cohort import Cohort
from avdf.evaluation.curves import Floats, steps
from avdf.evaluation.groups import Group, status_of
from avdf.evaluation.intervals import Estimate, rate_interval
from avdf.evaluation.metrics import auc


def counts_of(
    table: pd.DataFrame, cohort: Cohort, groups: Sequence[Group], num_skipped: int | None
) -> dict[str, Any]:
    """Counts of every split, and of the test rows by group and type."""
    test = cohort.table
    return {
        "splits": {str(name): _counted(part) for name, part in table.groupby("split", sort=True)},
        "groups": [
            {"attribute": group.attribute, "group": group.name, **_counted(test[cohort.rows_in(group.cells)])}
            for group in groups
        ],
        "types": [{"type": name, **_counted(part)} for name, part in _parts(test, "type")],
        "num_skipped": num_skipped,
    }


def methods_of(cohort: Cohort) -> list[dict[str, Any]]:
    """Rates by type and method of manipulation; AUC is of a method's fakes against all real clips."""
    test = cohort.table
    if "method" not in test:
        return []
    kinds = test["type"] if "type" in test else pd.Series("", index=test.index)
    real = ~test["is_fake"].to_numpy(bool)
    found = []
    for (kind, method), index in sorted(test.groupby([kinds, test["method"]], observed=True).groups.items()):
        rows = np.zeros(len(test), dtype=bool)
        rows[index] = True
        both = rows | real
        step = steps(test["is_fake"].to_numpy()[both], test["score"].to_numpy()[both])
        rates = {"fpr": _rate(cohort, rows & real), "fnr": _rate(cohort, rows & ~real)}
        entry: dict[str, Any] = {"type": kind, "method": method, **_counted(test[rows])}
        for metric, rate in rates.items():
            shown = status_of(rate.num_identities) not in ("undefined", "suppressed")
            entry[metric] = rate.value if shown else None
            entry[f"{metric}_ci"] = [rate.low, rate.high] if shown else [None, None]
            entry[f"{metric}_status"] = status_of(rate.num_identities)
        found.append({**entry, "auc": auc(step) if (rows & ~real).any() else None})
    return found


def _rate(cohort: Cohort, rows: NDArray[np.bool_]) -> Estimate:
    part = cohort.table[rows]
    at: float | Floats = cohort.threshold if isinstance(cohort.threshold, float) else cohort.threshold[rows]
    called = part["score"].to_numpy() >= at
    wrong = called != part["is_fake"].to_numpy(bool)
    _, person = np.unique(part["identity"].to_numpy(object).astype(str), return_inverse=True)
    num = int(person.max()) + 1 if len(person) else 0
    errors = np.bincount(person, weights=wrong, minlength=num).astype(np.float64)
    return rate_interval(errors, np.bincount(person, minlength=num).astype(np.float64), cohort.folded.copies)


def _counted(part: pd.DataFrame) -> dict[str, int]:
    fake = int(part["is_fake"].sum())
    return {
        "num_clips": len(part),
        "num_identities": int(part["identity"].nunique()),
        "num_real": len(part) - fake,
        "num_fake": fake,
    }


def _parts(table: pd.DataFrame, name: str) -> list[tuple[str, pd.DataFrame]]:
    if name not in table:
        return []
    return [(str(value), part) for value, part in table.groupby(name, sort=True, observed=True)]
