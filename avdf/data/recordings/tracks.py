"""Finds clips of the same recording, also after encoding, a change of gain, or cuts at the ends."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from scipy.cluster.hierarchy import DisjointSet

from avdf.data.audio.parallel import processes
from avdf.data.audio.store import Store
from avdf.data.components import numbers_of
from avdf.data.recordings.fingerprint import SAME, correlation
from avdf.data.recordings.landmark_table import LandmarkTable, landmark_table
from avdf.data.recordings.measured import Measured
from avdf.data.recordings.sounds import Sounds, sounds_of
from avdf.progress import progress

_MIN_BLOCK, _MAX_BLOCK = 512, 4096  # rows whose landmarks are in memory at once
_ROWS_PER_PIECE, _PAIRS_PER_PIECE = 64, 256  # of work for a process
_FEW_ROWS = 2048  # take less time than starting processes

Lags = dict[int, float]  # in seconds, by row
Run = Callable[[Callable[..., Any], Iterable[tuple[Any, ...]]], Iterator[Any]]


def tracks(store: Store, measured: Measured, *, workers: int = 1) -> list[str]:
    """(row of the store,) the name of each clip's recording: t00000, t00001 ... in the rows' order.

    Clips of identical samples are one recording. Of the others, each is compared with one clip, the
    longest, of each recording found so far, so the work grows with the number of clips times the number
    of recordings at most. The result does not depend on the number of processes.
    """
    sets = DisjointSet(range(len(store.table)))
    first_of: dict[str, int] = {}
    for row, sample_hash in enumerate(store.table["sample_hash"]):
        sets.merge(first_of.setdefault(sample_hash, row), row)
    rows = np.fromiter(first_of.values(), np.int64, len(first_of))
    order = rows[np.lexsort((rows, -store.table["num_samples"].to_numpy()[rows]))].tolist()
    with processes(workers if len(order) > _FEW_ROWS else 1) as run:
        _join_same(sets, sounds_of(store, measured), order, run)
    return [f"t{number:05}" for number in numbers_of(sets, range(len(store.table)))]


def _join_same(sets: DisjointSet, sounds: Sounds, order: Sequence[int], run: Run) -> None:
    """Joins the rows that carry the same recording, block by block of `order`."""
    known = landmark_table({})
    blocks = list(_blocks(order))
    for block in progress(blocks, "finding recordings", total=len(blocks), unit="blocks"):
        marks = {row: sounds.landmarks(row) for row in block}
        of_block = landmark_table(marks)
        pieces = [block[start : start + _ROWS_PER_PIECE] for start in range(0, len(block), _ROWS_PER_PIECE)]
        found = run(_compare_with_known, [(sounds, piece, known, of_block) for piece in pieces])
        same, near = (dict(zip(block, values, strict=True)) for values in zip(*_flat(found), strict=True))
        for row, others in same.items():
            for other in others:
                sets.merge(row, other)
        firsts = _join_within(sets, sounds, [row for row in block if not same[row]], near, run)
        known = landmark_table({row: marks[row] for row in firsts}, known)


def _blocks(order: Sequence[int]) -> Iterator[Sequence[int]]:
    """Blocks grow with what is known; else sorting it would take time that grows with its square."""
    start = 0
    while start < len(order):
        stop = start + min(max(_MIN_BLOCK, start // 2), _MAX_BLOCK)
        yield order[start:stop]
        start = stop


def _compare_with_known(
    sounds: Sounds, rows: Sequence[int], known: LandmarkTable, of_block: LandmarkTable
) -> list[tuple[list[int], Lags]]:
    """Per row: the known rows of its recording, and what in its block may be of it."""
    results = []
    for row in rows:
        marks = sounds.landmarks(row)
        lags = known.candidates(marks)
        waveform = sounds.decimated(row) if lags else np.zeros(0, np.float32)
        same = [
            other
            for other, lag_s in lags.items()
            if correlation(waveform, sounds.decimated(other), lag_s) >= SAME
        ]
        results.append((same, of_block.candidates(marks)))
    return results


def _join_within(
    sets: DisjointSet, sounds: Sounds, rows: Sequence[int], near: Mapping[int, Lags], run: Run
) -> list[int]:
    """Joins rows of a block with those of `rows` that are the first of a recording; returns the latter.

    A row is the first of its recording if it is not the same as an earlier first one, so rounds are
    needed: in each, rows that no undecided row can precede are first, and others are compared with them.
    """
    place = {row: number for number, row in enumerate(near)}
    firsts: list[int] = []
    undecided = dict.fromkeys(rows)
    while undecided:
        new = [
            row
            for row in undecided
            if not any(other in undecided and place[other] < place[row] for other in near[row])
        ]
        firsts += new
        is_new = set(new)
        pairs = [
            (row, other, lag_s)
            for row, lags in near.items()
            for other, lag_s in lags.items()
            if other in is_new and place[other] < place[row] and not sets.connected(row, other)
        ]
        pieces = [pairs[start : start + _PAIRS_PER_PIECE] for start in range(0, len(pairs), _PAIRS_PER_PIECE)]
        are_same = _flat(run(_compare, [(sounds, piece) for piece in pieces]))
        for (row, other, _), is_same in zip(pairs, are_same, strict=True):
            if is_same:
                sets.merge(row, other)
                undecided.pop(row, None)
        undecided = {row: None for row in undecided if row not in is_new}
    return firsts


def _compare(sounds: Sounds, pairs: Sequence[tuple[int, int, float]]) -> list[bool]:
    """Whether both rows of each pair carry the same recording."""
    return [
        correlation(sounds.decimated(row), sounds.decimated(other), lag_s) >= SAME
        for row, other, lag_s in pairs
    ]


def _flat(lists: Iterable[Sequence[Any]]) -> list[Any]:
    return [item for items in lists for item in items]
