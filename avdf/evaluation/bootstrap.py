"""Stratified cluster bootstrap over identities, with percentile intervals.

Approximate: with few identities these intervals are too narrow, so FPR and FNR use Wilson's instead.
"""

import hashlib
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from avdf.evaluation.counts import Counts, Floats
from avdf.evaluation.identities import IdentitySums

NUM_DRAWS = 2000
_FEWEST_ALONE = 5  # identities; smaller cells are drawn together
_NUMBERS_AT_ONCE = 5_000_000  # keeps the arrays of a block near the cache, and a million rows under 2 GB


def random_stream(seed: int, *words: str) -> np.random.Generator:
    """A generator keyed by its purpose, so that no result depends on the order of the work."""
    digest = hashlib.sha256("\x1f".join(words).encode()).digest()
    return np.random.default_rng([seed, int.from_bytes(digest[:8], "little")])


def resampled_counts(
    tables: Sequence[IdentitySums],
    selections: Sequence[NDArray[np.bool_]],
    seed: int,
    num_draws: int = NUM_DRAWS,
) -> Iterator[list[list[Counts]]]:
    """Yields, for blocks of D draws, the counts of each selection of cells in each table.

    Identities are drawn with replacement within their cell; cells of fewer than 5 identities are drawn
    together. The tables must have the same identities in the same cells; every draw is the same in all of
    them, which pairs them. `selections` are (num_cells,) masks.
    """
    first = tables[0]
    members = [np.flatnonzero(first.cell == cell) for cell in range(len(first.cells))]
    strata = strata_of(members)
    by_cell = [[item.sums[rows].T.tocsr() for rows in members] for item in tables]
    streams = [random_stream(seed, "bootstrap", *first.cells[cells[0]]) for cells in strata]
    at_once = max(1, _NUMBERS_AT_ONCE // max(first.sums.shape[1] * len(selections), len(first.cell)))
    for start in range(0, num_draws, at_once):
        size = min(at_once, num_draws - start)
        totals = [[np.zeros((item.sums.shape[1], size)) for item in tables] for _ in selections]
        for cells, stream in zip(strata, streams, strict=True):
            ends = np.cumsum([len(members[cell]) for cell in cells])
            weights = _weights(stream, int(ends[-1]), size)
            for cell, cell_weights in zip(cells, np.split(weights, ends[:-1]), strict=True):
                for number in range(len(tables)):
                    drawn = by_cell[number][cell] @ cell_weights
                    for selection, total in zip(selections, totals, strict=True):
                        if selection[cell]:
                            total[number] += drawn
        yield [[item.counts(sums) for item, sums in zip(tables, total, strict=True)] for total in totals]


def interval(draws: Floats, level: float = 0.95) -> list[float]:
    """The percentile interval [low, high] of (D,) draws that are not NaN; NaN where most draws are NaN.

    >>> interval(np.arange(101.0), level=0.5)
    [25.0, 75.0]
    """
    defined = np.sort(draws[~np.isnan(draws)])
    if len(defined) < max(1, len(draws) / 2):
        return [float("nan"), float("nan")]
    tail = (1.0 - level) / 2.0
    return [float(value) for value in np.quantile(defined, (tail, 1.0 - tail))]


def strata_of(members: Sequence[NDArray[np.intp]]) -> list[list[int]]:
    """Numbers of the cells that are drawn together: small cells are joined until they hold 5 identities.

    A cell of one identity drawn alone would be the same in every draw, and its interval would have no width.
    """
    pool: list[int] = []
    alone: list[list[int]] = []
    people = 0
    for cell in sorted(range(len(members)), key=lambda cell: len(members[cell])):
        if len(members[cell]) < _FEWEST_ALONE or 0 < people < _FEWEST_ALONE:
            pool.append(cell)
            people += len(members[cell])
        else:
            alone.append([cell])
    return [*([pool] if pool else []), *alone]


def _weights(stream: np.random.Generator, num: int, size: int) -> Floats:
    """(num, size) how often each of num identities is drawn, in each of size draws."""
    drawn = stream.integers(0, num, size=(size, num))
    counts = np.bincount((drawn + num * np.arange(size)[:, None]).ravel(), minlength=num * size)
    return np.ascontiguousarray(counts.reshape(size, num).T, dtype=np.float64)
