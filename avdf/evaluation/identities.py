"""Sums per identity: the unit of all intervals and tests, since clips of one person are not independent."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from avdf.evaluation.bins import UNKNOWN
from avdf.evaluation.counts import NUM_BINS, Counts, Floats, equal_mass_bins
from avdf.evaluation.curves import midpoints
from avdf.evaluation.llr import is_probability, llr_sums

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

MAX_LEVELS = 512  # score levels of the resampled curves; exact where a table has no more distinct scores
# Columns of `sums`; then real and fake by level, then bins.
_FP, _FN, _SQUARED, _LLR, _LEVELS_FROM = 0, 1, 2, slice(3, 7), 7


@dataclass(frozen=True, kw_only=True)
class IdentitySums:
    """Sums per unit, in sorted order; a unit is an identity within a cell of the group columns.

    An identity has several units only where some of its rows lack a group. All arrays are (num_units,).
    cells: the combinations of group values that occur, sorted; cell: each unit's index into them.
    copies: how many times the whole table is repeated.
    level_borders: (num_levels - 1,) thresholds between score levels, ascending.
    sums: (num_units, num_entries) sparse, what `counts` reads: false positives, false negatives, squared
    errors, `Counts.llr`, real clips per level, fakes per level, and per calibration bin clips, scores, fakes.
    """

    identity: NDArray[np.object_]
    cell: NDArray[np.intp]
    cells: tuple[tuple[str, ...], ...]
    num_real: Floats
    num_fake: Floats
    fp: Floats
    fn: Floats
    copies: int
    level_borders: Floats
    num_levels: int
    has_calibration: bool
    sums: "csr_matrix"

    def where(self, column: int, value: str) -> NDArray[np.bool_]:
        """(num_cells,) whether a cell holds `value` in group column number `column`."""
        return np.array([cell[column] == value for cell in self.cells], dtype=bool)

    def entries_of(self, units: NDArray[np.intp]) -> NDArray[np.intp]:
        """The entries of `sums` without the score levels at which none of these units has a clip."""
        end = _LEVELS_FROM + 2 * self.num_levels
        used = np.unique(self.sums[units].indices)
        of_levels = used[(used >= _LEVELS_FROM) & (used < end)] - _LEVELS_FROM
        levels = _LEVELS_FROM + np.unique(of_levels % self.num_levels)
        bins = np.arange(end, self.sums.shape[1])
        return np.concatenate((np.arange(_LEVELS_FROM), levels, levels + self.num_levels, bins))

    def counts(self, drawn: Floats) -> Counts:
        """The counts of (num_entries, D) weighted sums over units; of all entries or of some levels."""
        end = len(drawn) - 3 * NUM_BINS
        real, fake = drawn[_LEVELS_FROM:end].reshape(2, (end - _LEVELS_FROM) // 2, -1)
        bins = drawn[end:].reshape(3, NUM_BINS, -1) if self.has_calibration else None
        squared_error = drawn[_SQUARED] if self.has_calibration else None
        return Counts(
            fp=drawn[_FP],
            fn=drawn[_FN],
            real=real,
            fake=fake,
            llr=drawn[_LLR],
            squared_error=squared_error,
            bins=bins,
        )


def sum_by_identity(
    table: pd.DataFrame, threshold: float | Floats, groups: Sequence[str] = ()
) -> IdentitySums:
    """Sums a checked score table per identity; `threshold` is one number or one per row."""
    score = table["score"].to_numpy(np.float64)
    fake = table["is_fake"].to_numpy(bool)
    called = score >= threshold
    unit, identity, cell, cells = _units(table, groups)
    level, borders = _levels(score)

    def count(which: NDArray[np.bool_]) -> Floats:
        return np.bincount(unit, weights=which, minlength=len(identity)).astype(np.float64)

    fp, fn = count(called & ~fake), count(~called & fake)
    return IdentitySums(
        identity=identity,
        cell=cell,
        cells=cells,
        num_real=count(~fake),
        num_fake=count(fake),
        fp=fp,
        fn=fn,
        copies=_copies(unit, fake, score),
        level_borders=borders,
        num_levels=len(borders) + 1,
        has_calibration=is_probability(score),
        sums=_sparse_sums(unit, np.stack([fp, fn]), level, len(borders) + 1, fake, score),
    )


def _sparse_sums(
    unit: NDArray[np.intp],
    errors: Floats,
    level: NDArray[np.intp],
    num_levels: int,
    fake: NDArray[np.bool_],
    score: Floats,
) -> "csr_matrix":
    """IdentitySums.sums from (2, num_units) errors and (num_rows,) units, levels, labels and scores."""
    from scipy.sparse import coo_matrix

    num_units = errors.shape[1]
    every, clip = np.arange(num_units), np.ones(len(score))
    entries: list[tuple[NDArray[np.intp], int | NDArray[np.intp], Floats]] = [
        (every, _FP, errors[0]),
        (every, _FN, errors[1]),
    ]
    for column, values in zip(range(_LLR.start, _LLR.stop), llr_sums(fake, score), strict=True):
        entries.append((unit, column, values))
    entries.append((unit, _LEVELS_FROM + level + num_levels * fake, clip))
    start = _LEVELS_FROM + 2 * num_levels
    if is_probability(score):
        place = equal_mass_bins(score)
        entries.append((unit, _SQUARED, (score - fake) ** 2))
        for number, weight in enumerate((clip, score, fake.astype(np.float64))):
            entries.append((unit, start + number * NUM_BINS + place, weight))
    rows = np.concatenate([row for row, _, _ in entries])
    columns = np.concatenate([np.broadcast_to(column, row.shape) for row, column, _ in entries])
    entered = np.concatenate([value for _, _, value in entries])
    return coo_matrix((entered, (rows, columns)), shape=(num_units, start + 3 * NUM_BINS)).tocsr()


def cell_of(
    table: pd.DataFrame, groups: Sequence[str]
) -> tuple[NDArray[np.intp], tuple[tuple[str, ...], ...]]:
    """Each row's cell, and the cells that occur, sorted; a cell is a combination of group values."""
    code = np.zeros(len(table), dtype=np.intp)
    names: list[list[str]] = []
    for name in groups:
        codes, values = pd.factorize(table[name], sort=True)
        code = code * len(values) + codes
        names.append([str(value) for value in values])
    codes_present, cell = np.unique(code, return_inverse=True)
    sizes = [len(values) for values in names]
    indices = (
        zip(*np.unravel_index(codes_present, sizes), strict=True) if groups else [()] * len(codes_present)
    )
    cells = tuple(tuple(values[i] for values, i in zip(names, index, strict=True)) for index in indices)
    return cell, cells


def crossed(cell: Sequence[str]) -> str:
    """The name of a cell; `unknown` where one of its values is."""
    return UNKNOWN if UNKNOWN in cell else " x ".join(cell)


def _units(
    table: pd.DataFrame, groups: Sequence[str]
) -> tuple[NDArray[np.intp], NDArray[np.object_], NDArray[np.intp], tuple[tuple[str, ...], ...]]:
    """Each row's unit, then each unit's identity and cell, and the cells."""
    cell, cells = cell_of(table, groups)
    who, names = pd.factorize(table["identity"], sort=True)
    codes, unit = np.unique(who * len(cells) + cell, return_inverse=True)
    return unit, np.asarray(names, dtype=object)[codes // len(cells)], codes % len(cells), cells


def _levels(score: Floats) -> tuple[NDArray[np.intp], Floats]:
    """The level of each score, and the thresholds between levels."""
    distinct = np.unique(score)
    num_levels = min(len(distinct), MAX_LEVELS)
    first = np.arange(num_levels) * len(distinct) // num_levels
    borders = midpoints(distinct)[first[1:] - 1]
    return np.searchsorted(distinct[first], score, side="right") - 1, borders


def _copies(unit: NDArray[np.intp], fake: NDArray[np.bool_], score: Floats) -> int:
    """How many times the whole table is repeated, since repeated rows carry no further information."""
    order = np.lexsort((fake, score, unit))
    same = (
        (np.diff(unit[order]) == 0) & (np.diff(score[order]) == 0) & (np.diff(fake[order].astype(int)) == 0)
    )
    starts = np.concatenate(([0], np.flatnonzero(~same) + 1, [len(order)]))
    return int(np.gcd.reduce(np.diff(starts)))
