"""Which clips carry the same recording, however it was coded, cut at its ends or made louder."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avdf.data.audio.store import Store
from avdf.data.recordings.fingerprint import HOP_S, SAME, Landmarks, correlation, folded
from avdf.data.recordings.measurement import Measured, at_fingerprint_rate
from avdf.progress import progress

_LEAST_VOTES = 8  # pairs of peaks that agree on a lag; chance gives 1 to 8, one recording 100 and more
_LEAST_BLOCK, _MOST_BLOCK = 512, 4096  # rows whose landmarks are in memory at once
_LAGS = 1 << 20  # more than the frames of a clip: one number holds row and lag
_NONE = np.zeros(0, np.int64)


def tracks(store: Store, measured: Measured) -> list[str]:
    """(row of the store,) the name of each clip's recording: t00000, t00001 ... in the rows' order.

    Every clip is held against one clip, the longest, of each recording found so far, so the work grows
    with the number of clips and not with its square.
    """
    number_of: dict[int, int] = {}
    groups = _grouped(store, measured)
    return [f"t{number_of.setdefault(group, len(number_of)):05}" for group in groups]


@dataclass(frozen=True)
class _Known:
    """Landmarks of many clips, sorted by hash, and the row that each belongs to."""

    hashes: NDArray[np.int64]
    frames: NDArray[np.int64]
    rows: NDArray[np.int64]

    def candidates(self, marks: Landmarks) -> list[tuple[int, float]]:
        """Rows that share enough pairs at one lag, and how far into `marks` they begin, in seconds.

        The most pairs first.
        """
        # The frames of two clips lie differently, so a distance may be one frame more or less.
        asked = np.concatenate([marks.hashes + step for step in (-1, 0, 1)])
        first, stop = (np.searchsorted(self.hashes, asked, side) for side in ("left", "right"))
        sizes = stop - first
        which = np.repeat(np.arange(len(asked)), sizes)
        hits = np.arange(len(which)) - (np.cumsum(sizes) - sizes - first)[which]
        lags = np.tile(marks.frames, 3)[which] - self.frames[hits]
        places, counts = np.unique(self.rows[hits] * _LAGS + lags + _LAGS // 2, return_counts=True)
        # A true lag lies between two frames, and its votes on both.
        shared = np.append(np.where(np.diff(places) == 1, counts[1:], 0), 0)[: len(places)]
        votes = counts + shared
        enough = votes >= _LEAST_VOTES
        rows, lags = np.divmod(places[enough], _LAGS)
        lag_s = (lags - _LAGS // 2 + shared[enough] / votes[enough]) * HOP_S
        best: dict[int, float] = {}
        for at in np.argsort(-votes[enough], kind="stable"):
            best.setdefault(int(rows[at]), float(lag_s[at]))
        return list(best.items())


def _known(measured: Measured, rows: Sequence[int], more: Sequence[_Known] = ()) -> _Known:
    marks = [measured.landmarks(row) for row in rows]
    owners = [np.full(len(item.hashes), row, np.int64) for item, row in zip(marks, rows, strict=True)]
    hashes = np.concatenate([_NONE, *(item.hashes for item in more), *(item.hashes for item in marks)])
    frames = np.concatenate([_NONE, *(item.frames for item in more), *(item.frames for item in marks)])
    of_pair = np.concatenate([_NONE, *(item.rows for item in more), *owners])
    order = np.argsort(hashes, kind="stable")
    return _Known(hashes[order], frames[order], of_pair[order])


def _grouped(store: Store, measured: Measured) -> list[int]:
    """(row,) the row that stands for each row's recording: the longest clip of it."""
    lengths = store.table["num_samples"].to_numpy()
    order = np.lexsort((np.arange(len(lengths)), -lengths)).tolist()
    parent = list(range(len(order)))
    found = beside = _known(measured, [])
    stands: dict[int, None] = {}
    next_block = 0
    for at, row in enumerate(progress(order, "finding tracks", total=len(order))):
        if at == next_block:
            # Blocks grow with what is known, so that the sorting of it does not grow with its square.
            next_block = at + min(max(_LEAST_BLOCK, at // 2), _MOST_BLOCK)
            found = _known(measured, list(stands), [found])
            beside, stands = _known(measured, order[at:next_block]), {}
        marks = measured.landmarks(row)
        near = found.candidates(marks)
        near += [(other, lag_s) for other, lag_s in beside.candidates(marks) if other in stands]
        own = _folded(store, row)
        for other, lag_s in near:
            root, other_root = _root(parent, row), _root(parent, other)
            if root != other_root and correlation(own, _folded(store, other), lag_s) >= SAME:
                parent[root] = other_root
        if parent[row] == row:
            stands[row] = None
    return [_root(parent, row) for row in range(len(parent))]


def _root(parent: list[int], row: int) -> int:
    while parent[row] != row:
        parent[row] = parent[parent[row]]
        row = parent[row]
    return row


def _folded(store: Store, row: int) -> NDArray[np.float32]:
    return folded(at_fingerprint_rate(store.waveform(row), store.sample_rate_hz))
