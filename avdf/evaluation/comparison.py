"""Two detectors on the clips that both scored: paired differences of every metric, per group."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from avdf.errors import TableError
from avdf.evaluation.bins import UNKNOWN
from avdf.evaluation.bootstrap import interval
from avdf.evaluation.columns import have_names
from avdf.evaluation.groups import Group, error_counts, status_of
from avdf.evaluation.harms import HARMS
from avdf.evaluation.scored_split import PER_GROUP, Draws, ScoredSplit, draw_metrics
from avdf.evaluation.scores import in_order


def shared_clips(
    first: pd.DataFrame, second: pd.DataFrame, groups: Sequence[str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The `test` rows of the clips that are in both checked tables, in one order.

    Identities and groups are those of the first table.

    Raises TableError where no clip is shared or the two tables disagree about a label.
    """
    tests = []
    for table in (first, second):
        if "clip" not in table:
            raise TableError("no column 'clip'; tables are compared clip by clip, so both need it")
        test = table[(table["split"] == "test") & have_names(table)]
        tests.append(test.drop_duplicates("clip").set_index("clip"))
    clips = tests[0].index.intersection(tests[1].index)
    if clips.empty:
        names = [str(test.index[0]) if len(test) else "none" for test in tests]
        raise TableError(
            f"the two tables share no test clip (the first of each: {names[0]!r} and {names[1]!r}); audit "
            "both on the same test split, with the same names of clips"
        )
    before, after = (test.loc[clips] for test in tests)
    disagree = clips[(before["is_fake"] != after["is_fake"]).to_numpy()]
    if len(disagree):
        raise TableError(
            f"{len(disagree)} clips are real in one table and fake in the other, for example "
            f"{disagree[0]!r}; correct the labels"
        )
    columns = ["identity", "split", *groups]
    after = after.drop(columns=[name for name in columns if name in after]).join(before[columns])
    return in_order(before.reset_index()), in_order(after.reset_index())


def differences_of(
    splits: tuple[ScoredSplit, ScoredSplit], seed: int
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """One row per group and metric, one per gap; values are second minus first, draws are paired."""
    groups = [splits[0].everyone, *splits[0].groups]
    draws = draw_metrics(list(splits), [group.cells for group in groups], seed)
    rows = [
        row
        for group, (first, second) in zip(groups, draws, strict=True)
        for row in _rows(splits, group, first, second)
    ]
    attributes = list(dict.fromkeys(group.attribute for group in groups[1:]))
    drawn = {(group.attribute, group.name): pair for group, pair in zip(groups, draws, strict=True)}
    return rows, [_gap_row(rows, drawn, attribute, harm) for attribute in attributes for harm in HARMS]


def _rows(
    splits: tuple[ScoredSplit, ScoredSplit], group: Group, first: Draws, second: Draws
) -> list[dict[str, Any]]:
    before, after = (split.metrics(split.rows_in(group.cells)) for split in splits)
    people = {harm: len(error_counts(splits[0].sums, harm, group.cells)[1]) for harm in HARMS}
    rows = []
    for metric in PER_GROUP:
        key = metric.key
        num_identities = people.get(key, min(people.values()))
        known = status_of(num_identities) not in ("undefined", "suppressed")
        difference = after[key] - before[key]
        ci = [np.nan, np.nan]
        if known and not np.isnan(difference):
            ci = interval(second[key] - first[key])
        rows.append(
            {
                "attribute": group.attribute,
                "group": group.name,
                "metric": key,
                "first": before[key] if known else None,
                "second": after[key] if known else None,
                "difference": difference if known else None,
                "ci": ci,
                "change": _change(ci, lower_is_better=metric.lower_is_better),
                "num_identities": num_identities,
                "status": status_of(num_identities),
            }
        )
    return rows


def _change(ci: Sequence[float], *, lower_is_better: bool) -> str:
    """better, worse, or unclear where the interval holds 0 or is undefined."""
    low, high = ci
    if not (low > 0.0 or high < 0.0):
        return "unclear"
    return "better" if (high < 0.0) == lower_is_better else "worse"


def _gap_row(
    rows: Sequence[Mapping[str, Any]],
    drawn: Mapping[tuple[str, str], Sequence[Draws]],
    attribute: str,
    harm: str,
) -> dict[str, Any]:
    """The change of max - min over the known groups of at least 5 people."""
    compared = [
        row
        for row in rows
        if (row["attribute"], row["metric"]) == (attribute, harm)
        and row["first"] is not None
        and row["group"] != UNKNOWN
    ]
    row: dict[str, Any] = {"attribute": attribute, "metric": harm, "status": "undefined", "change": "unclear"}
    if len(compared) < 2:
        return {**row, "first": None, "second": None, "difference": None, "ci": None}
    first, second = (float(np.ptp([row[side] for row in compared])) for side in ("first", "second"))
    draws = [drawn[(attribute, row["group"])] for row in compared]
    before, after = (np.ptp(np.stack([pair[side][harm] for pair in draws]), axis=0) for side in (0, 1))
    ci = interval(after - before)
    change = _change(ci, lower_is_better=True)
    values = {"first": first, "second": second, "difference": second - first, "ci": ci}
    return {**row, **values, "change": change, "status": "ok"}
