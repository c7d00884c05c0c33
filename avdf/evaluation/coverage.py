"""Coverage: the share of clips with a score. A detector that answers only the easy clips looks better."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from avdf.evaluation.groups import RANKED_FROM
from avdf.evaluation.scores import CheckedScores

LEAST = 0.95  # a lower coverage is warned of on the first screen


def coverage_of(scores: CheckedScores, columns: Sequence[str]) -> list[dict[str, Any]]:
    """One row for all clips of the split, then one per group of each column.

    attribute, group, num_clips, num_scored, num_identities, and the shares `coverage`, `coverage_real` and
    `coverage_fake`, NaN where there is no such clip.
    """
    table = pd.concat([scores.table, scores.unscored], ignore_index=True)
    is_scored = np.arange(len(table)) < len(scores.table)
    rows = [_row(table, is_scored, "all", "all", np.ones(len(table), dtype=bool))]
    for name in columns:
        for group in sorted(set(table[name])):
            rows.append(_row(table, is_scored, name, group, (table[name] == group).to_numpy()))
    return rows


def low_coverage(rows: Sequence[Mapping[str, Any]], least: float) -> list[str]:
    """Sentences on what is covered less than `least`: all clips, a class, a group of at least 20 people.

    >>> row = {"attribute": "all", "group": "all", "num_identities": 9, "coverage": 0.5}
    >>> low_coverage([row | {"coverage_real": 0.2, "coverage_fake": 1.0}], 0.95)
    ['50.0 % of all clips have a score', '20.0 % of real clips have a score']
    """
    everyone, *groups = rows
    shares = [("all clips", everyone["coverage"])]
    shares += [(f"{kind} clips", everyone[f"coverage_{kind}"]) for kind in ("real", "fake")]
    shares += [
        (f"clips of {row['attribute']} {row['group']}", row["coverage"])
        for row in groups
        if row["num_identities"] >= RANKED_FROM
    ]
    return [
        f"{100 * share:.1f} % of {name} have a score"
        for name, share in shares
        if share is not None and share < least  # None and NaN: there is no such clip
    ]


def _row(
    table: pd.DataFrame,
    is_scored: NDArray[np.bool_],
    attribute: str,
    group: str,
    inside: NDArray[np.bool_],
) -> dict[str, Any]:
    fake = table["is_fake"].to_numpy(bool)
    masks = {"": inside, "_real": inside & ~fake, "_fake": inside & fake}
    shares = {
        f"coverage{kind}": float(is_scored[mask].mean()) if mask.any() else float("nan")
        for kind, mask in masks.items()
    }
    return {
        "attribute": attribute,
        "group": group,
        "num_clips": int(inside.sum()),
        "num_scored": int((inside & is_scored).sum()),
        "num_identities": int(table["identity"][inside].nunique()),
        **shares,
    }
