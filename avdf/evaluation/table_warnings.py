"""Warnings of a checked score table: what was read in a way that a reader must know of."""

from collections.abc import Mapping, Sequence

import pandas as pd

from avdf.config.schema import SPLITS
from avdf.evaluation.bins import MOST_NUMBERS, UNKNOWN, suggested_edges
from avdf.evaluation.columns import are_numbers, have_names, people_in_several, some
from avdf.evaluation.table_names import people_like

_RUN_COLUMNS = ("fold", "seed", "threshold")  # tables of several runs list a clip once per run


def table_warnings(
    table: pd.DataFrame, groups: Sequence[str], bins: Mapping[str, Sequence[float]]
) -> list[str]:
    """Of splits that are not audited, of repeated clips, and of the group columns."""
    return [*_other_splits(table), *_repeated_clips(table), *_group_warnings(table, groups, bins)]


def each_clip_a_person(table: pd.DataFrame) -> str:
    """Where no column says who speaks."""
    column = people_like(table)
    remedy = f"name the column {column!r} with --identity {column}" if column else "name one with --identity"
    return (
        "The table has no column of people: each clip is taken as a person. Clips of one person resemble "
        f"each other, so the intervals are too narrow and the p-values too small; {remedy}."
    )


def _other_splits(table: pd.DataFrame) -> list[str]:
    """A warning of rows whose split is not train, validation or test."""
    counts = table.loc[~table["split"].isin(SPLITS), "split"].value_counts().sort_index()
    if counts.empty:
        return []
    names = some([f"{name} ({num})" for name, num in counts.items()])
    known = f"{SPLITS[0]}, {SPLITS[1]} nor {SPLITS[2]}"
    return [f"{counts.sum()} rows are neither {known} and are not audited: {names}."]


def _repeated_clips(table: pd.DataFrame) -> list[str]:
    """A warning of clips that are listed more than once, unless once per run."""
    if "clip" not in table:
        return []
    keys = ["clip", *(name for name in _RUN_COLUMNS if name in table)]
    named = table[have_names(table)]
    repeated = named[named.duplicated(keys, keep=False)]
    if repeated.empty:
        return []
    num_scores = repeated.groupby(keys, sort=True)["score"].nunique()
    differ = num_scores[num_scores > 1].index
    listed = differ if len(differ) else num_scores.index
    names = some([str(item[0] if isinstance(item, tuple) else item) for item in listed])
    scores = f"{len(differ)} of them with different scores" if len(differ) else "with the same score"
    return [
        f"{len(num_scores)} clips are listed more than once, {scores} ({names}): every row counts; keep one "
        "row per clip."
    ]


def _group_warnings(
    table: pd.DataFrame, groups: Sequence[str], bins: Mapping[str, Sequence[float]]
) -> list[str]:
    """Warnings of numbers that make too many groups, and of people in several bins."""
    lines = []
    for name in groups:
        if name in bins:
            known = table.loc[table[name] != UNKNOWN, ["identity", name]].drop_duplicates()
            num = int(known["identity"].duplicated().sum())
            if num:
                lines.append(
                    f"{num} people are in more than one bin of {name}; each of their clips counts in its own."
                )
            continue
        num_several, num_people, _ = people_in_several(table, name)
        if num_several:
            lines.append(
                f"{name} is a property of clips: {num_several} of {num_people} people have clips in several "
                "of its groups. Each clip counts in its own, and chance is judged within people."
            )
        values = sorted(set(table[name]) - {UNKNOWN})
        if len(values) > MOST_NUMBERS and are_numbers(values):
            edges = suggested_edges(table.loc[table[name] != UNKNOWN, name].astype(float).to_numpy())
            lines.append(
                f"{name} has {len(values)} distinct numbers, and each is a separate group: put them into "
                f"bins, for example with --bins {name}={edges}."
            )
    return lines
