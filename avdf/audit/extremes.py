"""Which groups of an attribute with very many are shown: those with the highest and the lowest rates."""

from collections.abc import Mapping, Sequence
from typing import Any

from avdf.evaluation.groups import RANKED_FROM

MANY_GROUPS = 40  # of an attribute with more, the page shows NUM_SHOWN at each end
NUM_SHOWN = 20
Row = Mapping[str, Any]


def shown_rows(rows: Sequence[Row]) -> list[tuple[str, Sequence[Row]]]:
    """The rows of one attribute and rate -> (heading, rows) to be shown.

    All of them without a heading if they are at most 40. Otherwise the 20 highest and the 20 lowest, of the
    groups with at least 20 people if 40 groups have them, else of all groups that have a rate.
    """
    if len(rows) <= MANY_GROUPS:
        return [("", rows)]
    known = [row for row in rows if row["value"] is not None]
    ranked = [row for row in known if row["num_identities"] >= RANKED_FROM]
    candidates = ranked if len(ranked) >= 2 * NUM_SHOWN else known
    ordered = sorted(candidates, key=lambda row: -row["value"])
    if len(ordered) <= 2 * NUM_SHOWN:
        return [(f"{len(ordered)} of {len(rows)}, highest first", ordered)]
    heading = f"of {len(rows)}" if candidates is known else f"of {len(ordered)} with {RANKED_FROM}+ people"
    return [
        (f"the {NUM_SHOWN} highest {heading}", ordered[:NUM_SHOWN]),
        (f"the {NUM_SHOWN} lowest {heading}", ordered[-NUM_SHOWN:]),
    ]


def has_many_groups(content: Mapping[str, Any], attribute: str) -> bool:
    """Whether an attribute of audit.json has more than MANY_GROUPS groups."""
    groups = [row for row in content["counts"]["groups"] if row["attribute"] == attribute]
    return len(groups) > MANY_GROUPS
