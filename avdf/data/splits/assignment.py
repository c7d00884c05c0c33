"""Whole units (people, recordings) dealt into parts so that each part is like the whole."""

from collections.abc import Hashable, Sequence
from itertools import product

import numpy as np
import pandas as pd
from numpy.typing import NDArray

_MOST_PASSES = 20
_LEVELS = tuple(product(*(((), (name,)) for name in ("race", "gender", "audio_fake"))))


def deal(
    clips: pd.DataFrame, units: Sequence[int], shares: Sequence[float], rng: np.random.Generator
) -> NDArray[np.int64]:
    """(clip,) unit of each clip, 0 to num_units - 1, and (part,) shares -> (unit,) part.

    The units come in random order, each to the part that lacks it most, counted in clips and units by
    race, gender, label and every crossing of them; then each is moved once more while that helps. A
    part with a share gets at least one unit where there are enough.
    """
    of_unit = np.asarray(units)
    sizes, level_weight = _sizes(clips, of_unit)
    parts = np.flatnonzero(np.asarray(shares) > 0)
    wanted = np.outer(np.asarray(shares, dtype=float)[parts], sizes.sum(axis=0))
    # Squared lacks, in units: a clip more weighs as much as its share of a typical unit.
    typical = (sizes**2).sum(axis=0) / np.maximum(sizes.sum(axis=0), 1)
    weight = np.divide(level_weight, wanted * typical, out=np.zeros_like(wanted), where=wanted * typical > 0)
    have = np.zeros_like(wanted)
    part_of = np.full(len(sizes), -1)
    for _ in range(_MOST_PASSES):
        num_moved = 0
        for unit in rng.permutation(len(sizes)):
            size, before = sizes[unit], part_of[unit]
            if before >= 0:
                have[before] -= size
            cost = (weight * size * (2 * (have - wanted) + size)).sum(axis=1)
            after = int(before if before >= 0 and cost[before] <= cost.min() + 1e-9 else cost.argmin())
            have[after] += size
            part_of[unit] = after
            num_moved += int(after != before)
        if num_moved == 0:
            break
    return np.asarray(parts[_none_empty(part_of, len(parts))])


def stratified_order(strata: Sequence[Hashable], rng: np.random.Generator) -> NDArray[np.int64]:
    """(item,) stratum of each -> (item,) a random order whose every beginning is stratified.

    Each item stands where its random rank within its stratum, as a share of it, puts it.
    """
    shuffled = rng.permutation(len(strata))
    table = pd.DataFrame({"item": shuffled, "stratum": [strata[item] for item in shuffled]})
    in_stratum = table.groupby("stratum", sort=False)["item"]
    rank = (in_stratum.cumcount() + 0.5) / in_stratum.transform("size")
    return np.asarray(table["item"].to_numpy()[np.argsort(rank.to_numpy(), kind="stable")])


def components(links: Sequence[tuple[Hashable, ...]]) -> list[int]:
    """(item,) what each item has -> (item,) the number of its unit: items that share anything share it.

    Units are counted in the order they first appear in.
    """
    parent: dict[Hashable, Hashable] = {}

    def root(one: Hashable) -> Hashable:
        parent.setdefault(one, one)
        while parent[one] != one:
            parent[one] = parent[parent[one]]
            one = parent[one]
        return one

    for things in links:
        for other in things[1:]:
            parent[root(other)] = root(things[0])
    number_of: dict[Hashable, int] = {}
    return [number_of.setdefault(root(things[0]), len(number_of)) for things in links]


def _sizes(
    clips: pd.DataFrame, of_unit: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(unit, stratum) clips of each unit at every level of race, gender and label, and units alike.

    Beside them (stratum,) weights: a level weighs as much as another, however many strata it has.
    """
    num_units = int(of_unit.max()) + 1
    columns = []
    for level in _LEVELS:
        names = [name for part in level for name in part]
        stratum = clips.groupby(names, sort=True).ngroup().to_numpy() if names else np.zeros(len(clips), int)
        counts = np.zeros((num_units, int(stratum.max()) + 1))
        np.add.at(counts, (of_unit, stratum), 1.0)
        columns.append(counts)
        if "audio_fake" not in names:
            columns.append((counts > 0).astype(float))
    weights = [np.full(column.shape[1], 1 / column.shape[1]) for column in columns]
    return np.concatenate(columns, axis=1), np.concatenate(weights)


def _none_empty(part_of: NDArray[np.int64], num_parts: int) -> NDArray[np.int64]:
    for part in range(num_parts):
        counts = np.bincount(part_of, minlength=num_parts)
        if counts[part] == 0 and counts.max() > 1:
            part_of[np.flatnonzero(part_of == counts.argmax())[-1]] = part
    return part_of
