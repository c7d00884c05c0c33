"""A score table folded to one row an identity: what intervals and tests look at, for rows depend."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import coo_matrix, csr_matrix

from avdf.evaluation.curves import Floats, midpoints
from avdf.evaluation.metrics import NUM_BINS, equal_mass_bins, is_probability
from avdf.evaluation.scores import UNKNOWN

NUM_LEVELS = 512  # of score, in the resampled curves; exact where a table has no more distinct scores
ACCUSED, MISSED, SQUARED, LEVELS_FROM = (
    0,
    1,
    2,
    3,
)  # rows of `sums`; then real and fake by level, then calibration


@dataclass(frozen=True, kw_only=True)
class Tally:
    """Per unit, an identity within a cell (one of its rows may lack a group), in sorted order.

    `cells` are the values of the group columns that occur, sorted; `cell` is a unit's index into them.
    `sums` (unit, entry) holds what is added up over identities: false accusations, missed fakes, squared
    errors, real clips by level, fakes by level, and clips, scores and fakes by calibration bin.
    """

    identity: NDArray[np.object_]
    cell: NDArray[np.intp]
    cells: tuple[tuple[str, ...], ...]
    num_real: Floats
    num_fake: Floats
    accused: Floats
    missed: Floats
    copies: int
    borders: Floats  # thresholds between the levels, ascending: (num_levels - 1,)
    num_levels: int
    has_calibration: bool
    sums: csr_matrix

    def where(self, column: int, value: str) -> NDArray[np.bool_]:
        """Which cells hold `value` in group column `column`."""
        return np.array([cell[column] == value for cell in self.cells], dtype=bool)


def tally(table: pd.DataFrame, threshold: float | Floats, groups: Sequence[str] = ()) -> Tally:
    """Folds a checked score table; `threshold` is one number or one a row."""
    score = table["score"].to_numpy(np.float64)
    fake = table["is_fake"].to_numpy(bool)
    called = score >= threshold
    unit, identity, cell, cells = _units(table, groups)
    num_units = len(identity)

    def count(which: NDArray[np.bool_]) -> Floats:
        return np.bincount(unit, weights=which, minlength=num_units).astype(np.float64)

    accused, missed = count(called & ~fake), count(~called & fake)
    level, borders, num_levels = _levels(score)
    calibrated = is_probability(score)
    every = np.arange(num_units)
    rows = [every, every, unit]
    columns = [
        np.full(num_units, ACCUSED),
        np.full(num_units, MISSED),
        LEVELS_FROM + level + num_levels * fake,
    ]
    values = [accused, missed, np.ones(len(score))]
    if calibrated:
        start, at = LEVELS_FROM + 2 * num_levels, equal_mass_bins(score)
        rows += [unit] * 4
        columns += [
            np.full(len(score), SQUARED),
            start + at,
            start + NUM_BINS + at,
            start + 2 * NUM_BINS + at,
        ]
        values += [(score - fake) ** 2, np.ones(len(score)), score, fake.astype(np.float64)]
    shape = (num_units, LEVELS_FROM + 2 * num_levels + 3 * NUM_BINS)
    entries = (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns)))
    return Tally(
        identity=identity,
        cell=cell,
        cells=cells,
        num_real=count(~fake),
        num_fake=count(fake),
        accused=accused,
        missed=missed,
        copies=_copies(unit, fake, score),
        borders=borders,
        num_levels=num_levels,
        has_calibration=calibrated,
        sums=coo_matrix(entries, shape=shape).tocsr(),
    )


def cell_of(
    table: pd.DataFrame, groups: Sequence[str]
) -> tuple[NDArray[np.intp], tuple[tuple[str, ...], ...]]:
    """Each row's cell and the cells that occur: the values of the group columns together, sorted."""
    code = np.zeros(len(table), dtype=np.intp)
    names: list[list[str]] = []
    for name in groups:
        codes, values = pd.factorize(table[name], sort=True)
        code = code * len(values) + codes
        names.append([str(value) for value in values])
    found, cell = np.unique(code, return_inverse=True)
    sizes = [len(values) for values in names]
    spelt = zip(*np.unravel_index(found, sizes), strict=True) if groups else [()] * len(found)
    return cell, tuple(tuple(values[i] for values, i in zip(names, at, strict=True)) for at in spelt)


def crossed(cell: Sequence[str]) -> str:
    """The name of a cell; `unknown` where any part of it is."""
    return UNKNOWN if UNKNOWN in cell else " x ".join(cell)


def _units(
    table: pd.DataFrame, groups: Sequence[str]
) -> tuple[NDArray[np.intp], NDArray[np.object_], NDArray[np.intp], tuple[tuple[str, ...], ...]]:
    cell, cells = cell_of(table, groups)
    who, names = pd.factorize(table["identity"], sort=True)
    found, unit = np.unique(who * len(cells) + cell, return_inverse=True)
    return unit, np.asarray(names, dtype=object)[found // len(cells)], found % len(cells), cells


def _levels(score: Floats) -> tuple[NDArray[np.intp], Floats, int]:
    distinct = np.unique(score)
    num_levels = min(len(distinct), NUM_LEVELS)
    first = np.arange(num_levels) * len(distinct) // num_levels
    between = midpoints(distinct)[first[1:] - 1]
    return np.searchsorted(distinct[first], score, side="right") - 1, between, num_levels


def _copies(unit: NDArray[np.intp], fake: NDArray[np.bool_], score: Floats) -> int:
    """How often the whole table is repeated: rows that stand k times each add nothing to what is known."""
    order = np.lexsort((fake, score, unit))
    same = (
        (np.diff(unit[order]) == 0) & (np.diff(score[order]) == 0) & (np.diff(fake[order].astype(int)) == 0)
    )
    starts = np.concatenate(([0], np.flatnonzero(~same) + 1, [len(order)]))
    return int(np.gcd.reduce(np.diff(starts)))
