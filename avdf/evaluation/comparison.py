"""Two detectors on the clips both scored: the difference of every figure, paired by clip and person."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from avdf.errors import TableError
from avdf.evaluation.bootstrap import interval
from avdf.evaluation.cohort import Cohort, drawn_figures
from avdf.evaluation.curves import Floats
from avdf.evaluation.gaps import HARMS
from avdf.evaluation.groups import Group, error_counts, status_of
from avdf.evaluation.scores import in_order

COMPARED = ("fpr", "fnr", "f2", "f2_at_prevalence", "precision", "accuracy", "auc", "eer", "brier", "ece")
LOWER_IS_BETTER = {"fpr", "fnr", "eer", "brier", "ece"}


def shared_clips(
    first: pd.DataFrame, second: pd.DataFrame, groups: Sequence[str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The `test` rows of clips in both checked tables, row for row; who it is comes from the first.

    Raises TableError where no clip is shared or the two tables disagree about a label.
    """
    sides = []
    for table in (first, second):
        if "clip" not in table:
            raise TableError("no column 'clip'; runs are compared clip by clip, so both tables need it")
        test = table[table["split"] == "test"]
        sides.append(test.drop_duplicates("clip").set_index("clip"))
    clips = sides[0].index.intersection(sides[1].index)
    if clips.empty:
        raise TableError("the two tables share no test clip; audit both on the same test split")
    one, other = (side.loc[clips] for side in sides)
    torn = clips[(one["is_fake"] != other["is_fake"]).to_numpy()]
    if len(torn):
        raise TableError(f"{len(torn)} clips are real in one table and fake in the other, as {torn[0]!r}")
    same = ["identity", "split", *groups]
    other = other.drop(columns=[name for name in same if name in other]).join(one[same])
    return in_order(one.reset_index()), in_order(other.reset_index())


def differences_of(
    cohorts: tuple[Cohort, Cohort], groups: Sequence[Group], seed: int
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """(a row a group and figure, a row a gap): second less first, intervals from the same people drawn."""
    draws = drawn_figures(list(cohorts), [group.cells for group in groups], seed)
    figures = [
        row
        for group, (one, other) in zip(groups, draws, strict=True)
        for row in _rows(cohorts, group, one, other)
    ]
    attributes = list(dict.fromkeys(group.attribute for group in groups))[1:]  # the first is everybody
    return figures, [
        _gap_row(groups, draws, figures, name, metric) for name in attributes for metric in HARMS
    ]


def _rows(
    cohorts: tuple[Cohort, Cohort], group: Group, one: Mapping[str, Floats], other: Mapping[str, Floats]
) -> list[dict[str, Any]]:
    first, second = (cohort.figures(cohort.rows_in(group.cells)) for cohort in cohorts)
    people = {metric: len(error_counts(cohorts[0].folded, metric, group.cells)[1]) for metric in HARMS}
    found = []
    for metric in COMPARED:
        num = people.get(metric, min(people.values()))
        known = status_of(num) not in ("undefined", "suppressed")
        difference = second[metric] - first[metric]
        ci = interval(other[metric] - one[metric]) if known and not np.isnan(difference) else [np.nan] * 2
        found.append(
            {
                "attribute": group.attribute,
                "group": group.name,
                "metric": metric,
                "first": first[metric] if known else None,
                "second": second[metric] if known else None,
                "difference": difference if known else None,
                "ci": ci,
                "change": _change(metric, ci),
                "num_identities": num,
                "status": status_of(num),
            }
        )
    return found


def _change(metric: str, ci: Sequence[float]) -> str:
    """better, worse, or unclear where the interval holds 0 (or is none)."""
    low, high = ci
    if not (low > 0.0 or high < 0.0):
        return "unclear"
    return "better" if (high < 0.0) == (metric in LOWER_IS_BETTER) else "worse"


def _gap_row(
    groups: Sequence[Group],
    draws: Sequence[Sequence[Mapping[str, Floats]]],
    figures: Sequence[Mapping[str, Any]],
    attribute: str,
    metric: str,
) -> dict[str, Any]:
    """The change of max - min over the known groups of at least 5 people."""
    rows = [
        row
        for row in figures
        if row["attribute"] == attribute and row["metric"] == metric and row["first"] is not None
    ]
    used = {row["group"] for row in rows} - {"unknown"}
    rows = [row for row in rows if row["group"] in used]
    if len(rows) < 2:
        return {
            "attribute": attribute,
            "metric": metric,
            "status": "undefined",
            "change": "unclear",
        } | dict.fromkeys(("first", "second", "difference", "ci"))
    first, second = (float(np.ptp([row[side] for row in rows])) for side in ("first", "second"))
    inside = [
        drawn
        for group, drawn in zip(groups, draws, strict=True)
        if group.attribute == attribute and group.name in used
    ]
    one, other = (np.ptp(np.stack([drawn[side][metric] for drawn in inside]), axis=0) for side in (0, 1))
    ci = interval(other - one)
    return {
        "attribute": attribute,
        "metric": metric,
        "first": first,
        "second": second,
        "difference": second - first,
        "ci": ci,
        "change": _change("fpr", ci),
        "status": "ok",
    }
