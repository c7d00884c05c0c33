"""The CSV tables of reports, with cells escaped that a spreadsheet would run as formulas."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from avdf.evaluation.attacks import PER_ATTACK

_ENDS = ((0, "low"), (1, "high"))
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
# fmt: off
GROUP_COLUMNS = (
    "attribute", "group", "metric", "value", "ci_low", "ci_high", "ci_method",
    "num_rows", "num_identities", "num_errors", "status", "reason",
)
GAP_COLUMNS = (
    "attribute", "metric", "gap", "ci_low", "ci_high", "worst", "best", "null_mean", "null_q95",
    "p", "p_holm", "min_detectable", "status", "compared", "omitted",
)
DIFFERENCE_COLUMNS = (
    "attribute", "group", "metric", "first", "second", "difference", "ci_low", "ci_high", "change",
    "num_identities", "status",
)
STRESS_COLUMNS = (
    "condition", "metric", "value", "ci_low", "ci_high", "num_clips", "num_identities", "seen_in_training",
)
STRESS_GROUP_COLUMNS = (
    "condition", "attribute", "group", "metric", "value", "ci_low", "ci_high", "num_clips",
    "num_identities", "status",
)
# fmt: on


def groups_table(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """`groups[]` of audit.json as a table; undefined values are empty cells."""
    return _table(rows, GROUP_COLUMNS)


def gaps_table(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """`gaps[]` of audit.json as a table; lists of groups are joined by "; "."""
    return _table(rows, GAP_COLUMNS)


def attacks_csv(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """`attacks[]` of audit.json as a table, with two columns for each interval."""
    ends = {f"{metric.key}_ci_{end}": (metric.key, place) for metric in PER_ATTACK for place, end in _ENDS}
    columns = ["attack", "num_clips", "num_identities"]
    for metric in PER_ATTACK:
        columns += [metric.key, *(f"{metric.key}_ci_{end}" for _, end in _ENDS)]
    columns += ["seen_in_training", "seen_reason", "status"]
    flat = [{**row, **{name: row["ci"][key][at] for name, (key, at) in ends.items()}} for row in rows]
    cells = [{name: _cell(row[name]) for name in columns} for row in flat]
    return pd.DataFrame(cells, columns=columns, dtype=object)


def unseen_csv(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Rows of unseen_attacks.json: each metric when never trained on and, if it ever was, when trained on."""
    flat = []
    for row in rows:
        cells = {name: row[name] for name in ("attack", "num_clips", "num_copies", "num_identities")}
        for metric in PER_ATTACK:
            for side in ("unseen", "seen"):
                name, of_side = f"{metric.key}_{side}", row.get(side)
                cells[name] = of_side and of_side[metric.key]
                ends = of_side["ci"][metric.key] if of_side else (None, None)
                cells |= {f"{name}_ci_{end}": ends[place] for place, end in _ENDS}
        change = row.get("auc_change", {})
        cells |= {f"auc_change_{name}": change.get(name) for name in ("difference", "low", "high", "p")}
        flat.append({name: _cell(value) for name, value in {**cells, "status": row["status"]}.items()})
    return pd.DataFrame(flat, dtype=object)


def differences_table(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """`differences[]` of comparison.json as a table."""
    return _table(rows, DIFFERENCE_COLUMNS)


def stress_table(content: Mapping[str, Any]) -> pd.DataFrame:
    """`rates[]` of stress.json as stress.csv; seen_in_training is true, false, or empty if unknown."""
    words = {True: "true", False: "false", None: None}
    seen = {row["condition"]: words[row["seen_in_training"]] for row in content["conditions"]}
    rows = [{**row, "seen_in_training": seen[row["condition"]]} for row in content["rates"]]
    return _table(rows, STRESS_COLUMNS)


def stress_groups_table(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """`groups[]` of stress.json as a table."""
    return _table(rows, STRESS_GROUP_COLUMNS)


def _table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> pd.DataFrame:
    flat = [{**row, "ci_low": row["ci"][0], "ci_high": row["ci"][1]} for row in rows]
    cells = [{name: _cell(row.get(name)) for name in columns} for row in flat]
    return pd.DataFrame(cells, columns=list(columns), dtype=object)


def _cell(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        value = "; ".join(str(item) for item in value)
    if isinstance(value, str) and value.startswith(_FORMULA):
        return "'" + value
    return value
