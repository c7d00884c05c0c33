"""Permutation test of a gap between groups: group labels are shuffled over people."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avdf.evaluation.counts import Floats
from avdf.evaluation.intervals import NAN

NUM_PERMUTATIONS = 9_999
_ROUNDING = 1e-12  # equal fractions may differ by this much
_NUMBERS_AT_ONCE = 4_000_000
_SHUFFLES_PER_DRAW = 40  # one hypergeometric draw takes as long as moving this many people
_ERRORS = (1 << 32) - 1

Whole = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class GapTest:
    """The observed gap, the mean and 95th percentile of the gaps of shuffled labels, and p, never 0."""

    gap: float
    null_mean: float
    null_q95: float
    p: float


def gap_test(
    errors: Sequence[Floats],
    rows: Sequence[Floats],
    stream: np.random.Generator,
    num_permutations: int = NUM_PERMUTATIONS,
) -> GapTest:
    """Tests "no gap": max - min of the groups' rates against labels permuted over people.

    errors[g], rows[g]: (num_people of g,) whole numbers in a fixed order, rows >= 1.
    p = (1 + #{T* >= T}) / (num_permutations + 1) (Phipson and Smyth 2010).
    """
    sizes = np.array([len(item) for item in rows])
    starts = np.concatenate(([0], np.cumsum(sizes)[:-1])).astype(np.int64)
    # A person's two counts are packed into one number, so that one shuffle moves both.
    packed = (np.concatenate(rows).astype(np.int64) << 32) + np.concatenate(errors).astype(np.int64)
    gap = float(_gaps(np.add.reduceat(packed[None, :], starts, axis=1))[0])
    kinds, counts = np.unique(packed, return_counts=True)
    num_draws = (len(kinds) - 1) * (len(sizes) - 1)
    if num_draws * _SHUFFLES_PER_DRAW < len(packed):
        null = _gaps(_drawn_sums(kinds, counts, sizes, stream, num_permutations))
    else:
        null = _shuffled_gaps(packed, starts, stream, num_permutations)
    return _result(gap, null)


def within_people_test(
    errors: Sequence[Floats],
    rows: Sequence[Floats],
    people: Sequence[NDArray[np.str_]],
    stream: np.random.Generator,
    num_permutations: int = NUM_PERMUTATIONS,
) -> GapTest:
    """`gap_test` where most people have clips in several groups, such as codecs.

    people[g]: (num_people of g,) names. A person's counts are exchanged between the groups in which that
    person has clips, so that a difference between people is no difference between groups.
    """
    group = np.repeat(np.arange(len(rows)), [len(item) for item in rows])
    _, person = np.unique(np.concatenate(people), return_inverse=True)
    packed = (np.concatenate(rows).astype(np.int64) << 32) + np.concatenate(errors).astype(np.int64)
    order = np.argsort(person, kind="stable")
    packed, person = packed[order], person[order]
    by_group = np.argsort(group[order], kind="stable")
    starts = np.searchsorted(group, np.arange(len(rows)))  # `group` is sorted
    gap = float(_gaps(np.add.reduceat(packed[None, by_group], starts, axis=1))[0])
    null = np.empty(num_permutations)
    at_once = max(1, _NUMBERS_AT_ONCE // len(packed))
    for start in range(0, num_permutations, at_once):
        size = min(at_once, num_permutations - start)
        places = np.argsort(person + stream.random((size, len(packed))), axis=1)
        shuffled = packed[places][:, by_group]
        null[start : start + size] = _gaps(np.add.reduceat(shuffled, starts, axis=1))
    return _result(gap, null)


def _result(gap: float, null: Floats) -> GapTest:
    as_large = int((null >= gap - _ROUNDING).sum())
    return GapTest(
        gap=gap,
        null_mean=float(np.sort(null).mean()),
        null_q95=float(np.quantile(null, 0.95)),
        p=(1 + as_large) / (len(null) + 1),
    )


def holm(p: Sequence[float]) -> list[float]:
    """p-values adjusted for multiple tests, step-down (Holm 1979); NaN stays NaN and is not counted.

    >>> holm([0.01, 0.04])
    [0.02, 0.04]
    """
    value = np.asarray(p, dtype=np.float64)
    order = np.argsort(value, kind="stable")[: int((~np.isnan(value)).sum())]
    adjusted = np.full(len(value), NAN)
    scaled = value[order] * np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(scaled)) if len(order) else scaled
    return [float(item) for item in adjusted]


def _shuffled_gaps(packed: Whole, starts: Whole, stream: np.random.Generator, num: int) -> Floats:
    null = np.empty(num)
    at_once = max(1, _NUMBERS_AT_ONCE // len(packed))
    for start in range(0, num, at_once):
        size = min(at_once, num - start)
        shuffled = np.repeat(packed[None, :], size, axis=0)
        stream.permuted(shuffled, axis=1, out=shuffled)
        null[start : start + size] = _gaps(np.add.reduceat(shuffled, starts, axis=1))
    return null


def _drawn_sums(kinds: Whole, counts: Whole, sizes: Whole, stream: np.random.Generator, num: int) -> Whole:
    """(num, group) packed sums of shuffled groups, for tables in which many people have equal counts.

    Draws how many people of each kind fall into each group, without replacement: the same distribution as
    that of shuffles, at less cost. The last kind fills the room that is left, the last group takes all
    people that are left.
    """
    left = np.repeat(counts[:, None], num, axis=1)  # people of each kind not yet assigned
    sums = np.zeros((num, len(sizes)), dtype=np.int64)
    for group, size in enumerate(sizes[:-1]):
        room = np.full(num, size)
        others = left.sum(axis=0)
        for kind, packed in enumerate(kinds):
            others = others - left[kind]
            is_last = kind == len(kinds) - 1
            drawn = room if is_last else stream.hypergeometric(left[kind], others, room)
            left[kind] -= drawn
            room = room - drawn
            sums[:, group] += packed * drawn
    sums[:, -1] = kinds @ left
    return sums


def _gaps(sums: Whole) -> Floats:
    """(permutation, group) packed sums -> (permutation,) highest minus lowest rate."""
    rates = (sums & _ERRORS) / (sums >> 32)
    return np.asarray(rates.max(axis=1) - rates.min(axis=1), dtype=np.float64)
