"""Stratified assignment of whole units (people, recordings) to splits."""

from collections.abc import Hashable, Sequence
from itertools import product

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from avdf.data.clips import group_columns

_MAX_PASSES = 20
_LABEL = "audio_fake"
_MOST_CROSSED = 3  # columns; crossings of more have about one clip per stratum


def assign_groups(
    clips: pd.DataFrame, units: Sequence[int], shares: Sequence[float], rng: np.random.Generator
) -> NDArray[np.int64]:
    """(clip,) unit of each clip, 0 to num_units - 1, and (split,) shares -> (unit,) split.

    Units are visited in random order and each goes to the split that lacks it most, counted in clips
    and units at every level of the group columns, the label and their crossings. Then each unit is
    moved again while that helps. A split with a share gets at least one unit if there are enough.
    """
    unit_of_clip = np.asarray(units)
    sizes, level_weight = _sizes(clips, unit_of_clip)
    splits = np.flatnonzero(np.asarray(shares) > 0)
    wanted = np.outer(np.asarray(shares, dtype=float)[splits], sizes.sum(axis=0))
    # Squared shortfalls are in units: a clip weighs as much as its share of a typical unit.
    typical = (sizes**2).sum(axis=0) / np.maximum(sizes.sum(axis=0), 1)
    weight = np.divide(level_weight, wanted * typical, out=np.zeros_like(wanted), where=wanted * typical > 0)
    assigned = np.zeros_like(wanted)
    split_of = np.full(len(sizes), -1)
    for _ in range(_MAX_PASSES):
        num_moved = 0
        for unit in rng.permutation(len(sizes)):
            size, before = sizes[unit], split_of[unit]
            if before >= 0:
                assigned[before] -= size
            cost = (weight * size * (2 * (assigned - wanted) + size)).sum(axis=1)
            after = int(before if before >= 0 and cost[before] <= cost.min() + 1e-9 else cost.argmin())
            assigned[after] += size
            split_of[unit] = after
            num_moved += int(after != before)
        if num_moved == 0:
            break
    return np.asarray(splits[_fill_empty(split_of, len(splits))])


def stratified_order(strata: Sequence[Hashable], rng: np.random.Generator) -> NDArray[np.int64]:
    """(item,) stratum of each -> (item,) a random order in which every prefix is stratified.

    An item's place is its random rank within its stratum, as a share of the stratum's size.
    """
    shuffled = rng.permutation(len(strata))
    table = pd.DataFrame({"item": shuffled, "stratum": [strata[item] for item in shuffled]})
    in_stratum = table.groupby("stratum", sort=False)["item"]
    rank = (in_stratum.cumcount() + 0.5) / in_stratum.transform("size")
    return np.asarray(table["item"].to_numpy()[np.argsort(rank.to_numpy(), kind="stable")])


def _sizes(
    clips: pd.DataFrame, unit_of_clip: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(unit, stratum) number of clips and of units at every level of the group columns and the label.

    Also (stratum,) weights, with which every level weighs the same however many strata it has.
    """
    num_units = int(unit_of_clip.max()) + 1
    columns = []
    for level in product(*(((), (name,)) for name in (*group_columns(clips), _LABEL))):
        names = [name for part in level for name in part]
        if len(names) > _MOST_CROSSED:
            continue
        stratum = clips.groupby(names, sort=True).ngroup().to_numpy() if names else np.zeros(len(clips), int)
        counts = np.zeros((num_units, int(stratum.max()) + 1))
        np.add.at(counts, (unit_of_clip, stratum), 1.0)
        columns.append(counts)
        if _LABEL not in names:
            columns.append((counts > 0).astype(float))
    weights = [np.full(column.shape[1], 1 / column.shape[1]) for column in columns]
    return np.concatenate(columns, axis=1), np.concatenate(weights)


def _fill_empty(split_of: NDArray[np.int64], num_splits: int) -> NDArray[np.int64]:
    """Moves one unit of the largest split into each empty one."""
    for split in range(num_splits):
        counts = np.bincount(split_of, minlength=num_splits)
        if counts[split] == 0 and counts.max() > 1:
            split_of[np.flatnonzero(split_of == counts.argmax())[-1]] = split
    return split_of
