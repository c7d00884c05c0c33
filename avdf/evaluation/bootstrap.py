"""Stratified cluster bootstrap over identities, with percentile intervals.

Approximate: with few identities these intervals are too narrow, so FPR and FNR use Wilson's instead.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from avdf.evaluation.counts import Counts, Floats
from avdf.evaluation.identities import IdentitySums

NUM_DRAWS = 2000
_FEWEST_ALONE = 5  # identities; smaller cells are drawn together
_SEVERAL = "several"  # in the profile of a person who has several groups of an attribute
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
    together. An identity that is in several cells is drawn with all of its rows. The tables must have the
    same identities in the same cells; every draw is the same in all of them, which pairs them. `selections`
    are (num_cells,) masks.
    """
    first = tables[0]
    people = _People.of(first)
    streams = [random_stream(seed, "bootstrap", *people.profiles[joined[0]]) for joined in people.strata]
    parts = [_parts_of(item, selections) for item in tables]
    num_entries = max(sum(len(entries) for entries in of_table.entries) for of_table in parts)
    at_once = max(1, _NUMBERS_AT_ONCE // max(num_entries, len(first.cell)))
    for start in range(0, num_draws, at_once):
        weights = people.weights(streams, min(at_once, num_draws - start))
        totals = [of_table.totals(weights) for of_table in parts]
        yield [
            [item.counts(total[number]) for item, total in zip(tables, totals, strict=True)]
            for number in range(len(selections))
        ]


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


@dataclass(frozen=True, kw_only=True)
class _People:
    """Who is drawn with whom: each unit's `person`, the people (`members`) of each profile, the strata.

    A profile is a person's cell, or, of a person in several cells, the group values that are the same in
    all of them: a person is drawn with all of their units.
    """

    person: NDArray[np.intp]
    profiles: list[tuple[str, ...]]
    members: list[NDArray[np.intp]]
    strata: list[list[int]]

    @classmethod
    def of(cls, sums: IdentitySums) -> "_People":
        _, person, num_units = np.unique(sums.identity.astype(str), return_inverse=True, return_counts=True)
        profile_of = np.empty(len(num_units), dtype=np.intp)
        profile_of[person] = sums.cell
        number_of = {cell: number for number, cell in enumerate(sums.cells)}
        units = np.split(np.argsort(person, kind="stable"), np.cumsum(num_units)[:-1])
        for who in np.flatnonzero(num_units > 1):
            profile = _profile([sums.cells[cell] for cell in sums.cell[units[who]]])
            profile_of[who] = number_of.setdefault(profile, len(number_of))
        profiles = list(number_of)
        members = [np.flatnonzero(profile_of == number) for number in range(len(profiles))]
        return cls(person=person, profiles=profiles, members=members, strata=strata_of(members))

    def weights(self, streams: Sequence[np.random.Generator], size: int) -> Floats:
        """(num_units, size) how often each unit is drawn, in each of size draws."""
        of_person = np.empty((sum(map(len, self.members)), size))
        for joined, stream in zip(self.strata, streams, strict=True):
            people = np.concatenate([self.members[number] for number in joined])
            of_person[people] = _weights(stream, len(people), size)
        return of_person[self.person]


def _profile(cells: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """The group values that are the same in all cells of a person."""
    return tuple(values[0] if len(set(values)) == 1 else _SEVERAL for values in zip(*cells, strict=True))


@dataclass(frozen=True, kw_only=True)
class _Parts:
    """Per selection of cells the entries of `sums` that it needs, and the places of each cell's in them."""

    cells: list[tuple[int, NDArray[np.intp], csr_matrix]]  # number, units, and (entry, unit) their sums
    entries: list[NDArray[np.intp]]
    places: list[dict[int, NDArray[np.intp]]]

    def totals(self, weights: Floats) -> list[Floats]:
        """Per selection the (num_entries, D) weighted sums over units."""
        totals = [np.zeros((len(entries), weights.shape[1])) for entries in self.entries]
        for cell, units, sums in self.cells:
            drawn = sums @ weights[units]
            for total, places in zip(totals, self.places, strict=True):
                if cell not in places:
                    continue
                if len(drawn) == len(total):
                    total += drawn
                else:
                    total[places[cell]] += drawn
        return totals


def _parts_of(sums: IdentitySums, selections: Sequence[NDArray[np.bool_]]) -> _Parts:
    """A small group has few scores: without the levels at which it has none, hundreds of groups are quick."""
    units = [np.flatnonzero(sums.cell == cell) for cell in range(len(sums.cells))]
    of_cell = [sums.entries_of(rows) for rows in units]
    entries = [sums.entries_of(np.flatnonzero(selection[sums.cell])) for selection in selections]
    return _Parts(
        cells=[
            (cell, units[cell], sums.sums[units[cell]][:, of_cell[cell]].T.tocsr())
            for joined in strata_of(units)
            for cell in joined
        ],
        entries=entries,
        places=[
            {int(cell): np.searchsorted(used, of_cell[cell]) for cell in np.flatnonzero(selection)}
            for selection, used in zip(selections, entries, strict=True)
        ],
    )


def _weights(stream: np.random.Generator, num: int, size: int) -> Floats:
    """(num, size) how often each of num people is drawn, in each of size draws."""
    drawn = stream.integers(0, num, size=(size, num))
    counts = np.bincount((drawn + num * np.arange(size)[:, None]).ravel(), minlength=num * size)
    return np.ascontiguousarray(counts.reshape(size, num).T, dtype=np.float64)
