"""Identities drawn again with replacement, within their cell: percentile intervals of every figure.

Approximate by nature: with few identities they are too narrow, so the rates of the audit don't use them.
"""

import hashlib
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from avdf.evaluation.curves import Floats, ratio
from avdf.evaluation.identities import ACCUSED, LEVELS_FROM, MISSED, SQUARED, Tally
from avdf.evaluation.metrics import NUM_BINS, f_beta

NUM_DRAWS = 2000
_FEWEST_ALONE = 5  # identities; cells with fewer are drawn together
_NUMBERS_AT_ONCE = 5_000_000  # keeps a draw's arrays near the cache and a million rows under 2 GB


def random_stream(seed: int, *words: str) -> np.random.Generator:
    """A generator keyed by what it is for, so that no result depends on the order of the work."""
    digest = hashlib.sha256("\x1f".join(words).encode()).digest()
    return np.random.default_rng([seed, int.from_bytes(digest[:8], "little")])


def resampled_sums(
    tallies: Sequence[Tally], selections: Sequence[NDArray[np.bool_]], seed: int, num_draws: int = NUM_DRAWS
) -> Iterator[list[list[Floats]]]:
    """Yields, some draws at a time, the sums (entry, draw) of each selection of cells, of each tally.

    People are drawn within their cell, those of small cells together. The tallies must have the same
    identities; each draw is the same for all of them, which pairs them.
    """
    first = tallies[0]
    members = [np.flatnonzero(first.cell == cell) for cell in range(len(first.cells))]
    strata = strata_of(members)
    parts = [[item.sums[rows].T.tocsr() for rows in members] for item in tallies]
    streams = [random_stream(seed, "bootstrap", *first.cells[cells[0]]) for cells in strata]
    at_once = max(1, _NUMBERS_AT_ONCE // max(first.sums.shape[1] * len(selections), len(first.cell)))
    for start in range(0, num_draws, at_once):
        size = min(at_once, num_draws - start)
        sums = [[np.zeros((item.sums.shape[1], size)) for item in tallies] for _ in selections]
        for cells, stream in zip(strata, streams, strict=True):
            ends = np.cumsum([len(members[cell]) for cell in cells])
            weights = _weights(stream, int(ends[-1]), size)
            for cell, mine in zip(cells, np.split(weights, ends[:-1]), strict=True):
                for which in range(len(tallies)):
                    drawn = parts[which][cell] @ mine
                    for selection, into in zip(selections, sums, strict=True):
                        if selection[cell]:
                            into[which] += drawn
        yield sums


def figures_of_sums(sums: Floats, item: Tally, *, beta: float, prevalence: float) -> dict[str, Floats]:
    """(entry, draw) sums -> each figure, (draw,); the names are those of binary_metrics."""
    end = LEVELS_FROM + 2 * item.num_levels
    real, fake = sums[LEVELS_FROM:end].reshape(2, item.num_levels, -1)
    reals_called, fakes_called = _from_here_on(real), _from_here_on(fake)
    num_real, num_fake = reals_called[0], fakes_called[0]
    accused, caught = sums[ACCUSED], num_fake - sums[MISSED]
    recall, fpr = ratio(caught, num_fake), ratio(accused, num_real)
    share = ratio(num_fake, num_fake + num_real)
    found = {
        "precision": ratio(caught, caught + accused),
        "recall": recall,
        "fpr": fpr,
        "fnr": 1.0 - recall,
        "accuracy": ratio(caught + num_real - accused, num_fake + num_real),
        "auc": ratio((real * (fakes_called[1:] + fake / 2.0)).sum(axis=0), num_real * num_fake),
        "eer": _eer(ratio(reals_called, num_real), 1.0 - ratio(fakes_called, num_fake)),
        "brier": np.full_like(recall, np.nan),
        "ece": np.full_like(recall, np.nan),
    }
    if item.has_calibration:
        clips, scores, fakes = sums[end:].reshape(3, NUM_BINS, -1)
        found["brier"] = ratio(sums[SQUARED], clips.sum(axis=0))
        found["ece"] = ratio(np.abs(scores - fakes).sum(axis=0), clips.sum(axis=0))
    for name, weight in {"f2": 2.0, "f_beta": beta}.items():
        if name == "f2" or beta != 2.0:
            found[name] = f_beta(recall, fpr, share, weight)
            found[f"{name}_at_prevalence"] = f_beta(recall, fpr, prevalence, weight)
            found[f"{name}_all_fake"] = f_beta(1.0, 1.0, share, weight)
    return found


def ranked_figures_of_sums(sums: Floats, item: Tally) -> dict[str, Floats]:
    """The two figures of the whole curve that a group isn't asked for: average precision and minDCF."""
    end = LEVELS_FROM + 2 * item.num_levels
    real, fake = sums[LEVELS_FROM:end].reshape(2, item.num_levels, -1)
    reals_called, fakes_called = _from_here_on(real), _from_here_on(fake)
    precision = ratio(fakes_called[:-1], fakes_called[:-1] + reals_called[:-1])
    cost = 0.05 * (1.0 - ratio(fakes_called, fakes_called[0])) + 0.95 * ratio(reals_called, reals_called[0])
    return {
        "average_precision": ratio(np.nansum(fake * precision, axis=0), fakes_called[0]),
        "min_dcf": cost.min(axis=0) / 0.05,
    }


def interval(draws: Floats, level: float = 0.95) -> list[float]:
    """The percentile interval [low, high] of the defined draws; NaN where fewer than half are defined."""
    defined = np.sort(draws[~np.isnan(draws)])
    if len(defined) < max(1, len(draws) / 2):
        return [float("nan"), float("nan")]
    tail = (1.0 - level) / 2.0
    return [float(value) for value in np.quantile(defined, (tail, 1.0 - tail))]


def strata_of(members: Sequence[NDArray[np.intp]]) -> list[list[int]]:
    """Which cells are drawn together: each alone, the small ones joined until they are 5 people.

    Of a cell with one identity every draw is the same, so its interval would have no width.
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
    drawn = stream.integers(0, num, size=(size, num))
    counts = np.bincount((drawn + num * np.arange(size)[:, None]).ravel(), minlength=num * size)
    return np.ascontiguousarray(counts.reshape(size, num).T, dtype=np.float64)


def _from_here_on(counts: Floats) -> Floats:
    above = np.zeros((len(counts) + 1, counts.shape[1]))
    np.cumsum(counts[::-1], axis=0, out=above[1:])
    return above[::-1]


def _eer(accused: Floats, missed: Floats) -> Floats:
    draws = np.arange(accused.shape[1])
    after = np.maximum(np.argmax(missed >= accused, axis=0), 1)
    before = after - 1
    gap_before = accused[before, draws] - missed[before, draws]
    gap_after = missed[after, draws] - accused[after, draws]
    low = missed[before, draws]
    weight = ratio(gap_before, gap_before + gap_after)
    return np.asarray(low + weight * (missed[after, draws] - low), dtype=np.float64)
