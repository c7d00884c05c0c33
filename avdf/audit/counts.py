"""Counts of clips and people, by split, group, type and method, and error rates by method."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from avdf.evaluation.counts import Floats, counts_of_rows
from avdf.evaluation.groups import status_of
from avdf.evaluation.harms import HARMS
from avdf.evaluation.intervals import Estimate, rate_interval
from avdf.evaluation.metrics import auc
from avdf.evaluation.scored_split import ScoredSplit


def counts_of(table: pd.DataFrame, split: ScoredSplit, num_skipped: int | None) -> dict[str, Any]:
    """Counts of every split, and of the test rows by group and type.

    `num_skipped` is None where skipped files were not recorded.
    """
    test = split.table
    return {
        "splits": {str(name): _counted(rows) for name, rows in table.groupby("split", sort=True)},
        "groups": [
            {"attribute": group.attribute, "group": group.name, **_counted(test[split.rows_in(group.cells)])}
            for group in split.groups
        ],
        "types": [{"type": name, **_counted(rows)} for name, rows in _rows_by(test, "type")],
        "num_skipped": num_skipped,
    }


def methods_of(split: ScoredSplit) -> list[dict[str, Any]]:
    """Error rates by type and method of manipulation; AUC is of a method's fakes against all real clips."""
    test = split.table
    if "method" not in test:
        return []
    types = test["type"] if "type" in test else pd.Series("", index=test.index)
    by_method = test.groupby([types, test["method"]], observed=True).groups
    rows = []
    for (type_name, method), index in sorted(by_method.items()):
        of_method = np.zeros(len(test), dtype=bool)
        of_method[index] = True
        rows.append({"type": type_name, "method": method, **_method_row(split, of_method)})
    return rows


def _method_row(split: ScoredSplit, of_method: NDArray[np.bool_]) -> dict[str, Any]:
    test = split.table
    fake = test["is_fake"].to_numpy(bool)
    row: dict[str, Any] = _counted(test[of_method])
    for harm in HARMS.values():
        rate = _rate(split, of_method & (fake == harm.of_fakes))
        shown = status_of(rate.num_identities) not in ("undefined", "suppressed")
        row[harm.key] = rate.value if shown else None
        row[f"{harm.key}_ci"] = [rate.low, rate.high] if shown else [None, None]
        row[f"{harm.key}_status"] = status_of(rate.num_identities)
    with_real = of_method | ~fake
    counts = counts_of_rows(fake[with_real], test["score"].to_numpy()[with_real], 0.0)
    return {**row, "auc": float(auc(counts)[0]) if (of_method & fake).any() else None}


def _rate(split: ScoredSplit, rows: NDArray[np.bool_]) -> Estimate:
    selected = split.table[rows]
    limit: float | Floats = split.threshold if isinstance(split.threshold, float) else split.threshold[rows]
    wrong = (selected["score"].to_numpy() >= limit) != selected["is_fake"].to_numpy(bool)
    _, person = np.unique(selected["identity"].to_numpy(object).astype(str), return_inverse=True)
    num = int(person.max()) + 1 if len(person) else 0
    errors = np.bincount(person, weights=wrong, minlength=num).astype(np.float64)
    return rate_interval(errors, np.bincount(person, minlength=num).astype(np.float64), split.sums.copies)


def _counted(rows: pd.DataFrame) -> dict[str, Any]:
    fake = int(rows["is_fake"].sum())
    return {
        "num_clips": len(rows),
        "num_identities": int(rows["identity"].nunique()),
        "num_real": len(rows) - fake,
        "num_fake": fake,
    }


def _rows_by(table: pd.DataFrame, column: str) -> list[tuple[str, pd.DataFrame]]:
    if column not in table:
        return []
    return [(str(value), rows) for value, rows in table.groupby(column, sort=True, observed=True)]
