"""Finds clips of the same recording, also after encoding, a change of gain, or cuts at the ends."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import DisjointSet

from avdf.data.audio.store import Store
from avdf.data.components import numbers_of
from avdf.data.recordings.fingerprint import HOP_S, SAME, Landmarks, correlation, decimated
from avdf.data.recordings.measurement import Measured, at_fingerprint_rate
from avdf.progress import progress

_MIN_VOTES = 8  # pairs of peaks that agree on a lag; chance gives 1 to 8, one recording 100 and more
_MIN_BLOCK, _MAX_BLOCK = 512, 4096  # rows whose landmarks are in memory at once
_LAGS = 1 << 20  # more than the frames of a clip: one number holds row and lag
_NO_NUMBERS = np.zeros(0, np.int64)


def tracks(store: Store, measured: Measured) -> list[str]:
    """(row of the store,) the name of each clip's recording: t00000, t00001 ... in the rows' order.

    Every clip is compared with one clip, the longest, of each recording found so far, so the work
    grows with the number of clips times the number of recordings at most.
    """
    sets = _grouped(store, measured)
    return [f"t{number:05}" for number in numbers_of(sets, range(len(store.table)))]


@dataclass(frozen=True)
class _Known:
    """Landmarks of many clips, sorted by hash, with the row of each."""

    hashes: NDArray[np.int64]
    frames: NDArray[np.int64]
    rows: NDArray[np.int64]

    def candidates(self, marks: Landmarks) -> list[tuple[int, float]]:
        """Rows that share enough pairs at one lag and the lag in seconds; those with the most pairs first."""
        # The frames of two clips are not aligned, so a distance may be one frame more or less.
        wanted = np.concatenate([marks.hashes + step for step in (-1, 0, 1)])
        first, stop = (np.searchsorted(self.hashes, wanted, side) for side in ("left", "right"))
        sizes = stop - first
        which = np.repeat(np.arange(len(wanted)), sizes)
        hits = np.arange(len(which)) - (np.cumsum(sizes) - sizes - first)[which]
        lags = np.tile(marks.frames, 3)[which] - self.frames[hits]
        places, counts = np.unique(self.rows[hits] * _LAGS + lags + _LAGS // 2, return_counts=True)
        # A true lag is between two frames, and its votes are split between both.
        shared = np.append(np.where(np.diff(places) == 1, counts[1:], 0), 0)[: len(places)]
        votes = counts + shared
        enough = votes >= _MIN_VOTES
        rows, lags = np.divmod(places[enough], _LAGS)
        lag_s = (lags - _LAGS // 2 + shared[enough] / votes[enough]) * HOP_S
        best: dict[int, float] = {}
        for place in np.argsort(-votes[enough], kind="stable"):
            best.setdefault(int(rows[place]), float(lag_s[place]))
        return list(best.items())


def _known(measured: Measured, rows: Sequence[int], more: Sequence[_Known] = ()) -> _Known:
    marks = [measured.landmarks(row) for row in rows]
    owners = [np.full(len(item.hashes), row, np.int64) for item, row in zip(marks, rows, strict=True)]
    hashes = np.concatenate([_NO_NUMBERS, *(item.hashes for item in more), *(item.hashes for item in marks)])
    frames = np.concatenate([_NO_NUMBERS, *(item.frames for item in more), *(item.frames for item in marks)])
    of_pair = np.concatenate([_NO_NUMBERS, *(item.rows for item in more), *owners])
    order = np.argsort(hashes, kind="stable")
    return _Known(hashes[order], frames[order], of_pair[order])


def _grouped(store: Store, measured: Measured) -> DisjointSet:
    """The rows of the store, joined if they carry the same recording."""
    lengths = store.table["num_samples"].to_numpy()
    order = np.lexsort((np.arange(len(lengths)), -lengths)).tolist()
    sets = DisjointSet(range(len(order)))
    known = of_block = _known(measured, [])
    firsts: dict[int, None] = {}  # rows of this block that are the first of their recording
    next_block = 0
    for position, row in enumerate(progress(order, "finding tracks", total=len(order))):
        if position == next_block:
            # Blocks grow with what is known; else sorting it would take time that grows with its square.
            next_block = position + min(max(_MIN_BLOCK, position // 2), _MAX_BLOCK)
            known = _known(measured, list(firsts), [known])
            of_block, firsts = _known(measured, order[position:next_block]), {}
        marks = measured.landmarks(row)
        near = known.candidates(marks)
        near += [(other, lag_s) for other, lag_s in of_block.candidates(marks) if other in firsts]
        waveform = _decimated(store, row)
        is_first = True
        for other, lag_s in near:
            if (
                not sets.connected(row, other)
                and correlation(waveform, _decimated(store, other), lag_s) >= SAME
            ):
                sets.merge(row, other)
                is_first = False
        if is_first:
            firsts[row] = None
    return sets


def _decimated(store: Store, row: int) -> NDArray[np.float32]:
    return decimated(at_fingerprint_rate(store.waveform(row), store.sample_rate_hz))
