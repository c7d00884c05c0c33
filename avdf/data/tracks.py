"""Which clips carry the same recording, however it was coded, cut at its ends or made louder."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import soxr
from joblib import Parallel, delayed
from numpy.typing import NDArray

from avdf.data.fingerprint import HOP_S, RATE_HZ, SAME, Landmarks, correlation, folded, landmarks
from avdf.data.store import Store, as_float32, as_int16
from avdf.progress import progress

_LEAST_VOTES = 8  # pairs of peaks that agree on a lag; chance gives 1 to 8, one recording 100 and more
_ROWS_PER_JOB = 64
_ROWS_PER_BLOCK = 512
_LAGS = 1 << 20  # more than the frames of a clip: one number holds row and lag
_NONE = np.zeros(0, np.int64)


def tracks(store: Store, *, workers: int) -> list[str]:
    """(row of the store,) the name of each clip's recording: t00000, t00001 ... in the rows' order.

    Every clip is held against one clip, the longest, of each recording found so far, so the work grows
    with the number of clips and not with its square.
    """
    num_rows = len(store.table)
    chunks = [range(at, min(at + _ROWS_PER_JOB, num_rows)) for at in range(0, num_rows, _ROWS_PER_JOB)]
    jobs = Parallel(n_jobs=max(workers, 1), return_as="generator")(
        delayed(_landmarks_of)(store, rows) for rows in chunks
    )
    marks = [item for part in progress(jobs, "fingerprints", total=len(chunks), unit="part") for item in part]
    return track_names(_grouped(store, marks))


def track_names(groups: Sequence[int]) -> list[str]:
    """(row,) numbers of groups -> t00000, t00001 ..., counted in the order they first appear in."""
    number_of: dict[int, int] = {}
    return [f"t{number_of.setdefault(group, len(number_of)):05}" for group in groups]


@dataclass(frozen=True)
class _Known:
    """Landmarks of many clips, sorted by hash, and the row that each belongs to."""

    hashes: NDArray[np.int64]
    frames: NDArray[np.int64]
    rows: NDArray[np.int64]

    def candidates(self, marks: Landmarks) -> list[tuple[int, float]]:
        """Rows that share enough pairs of peaks at one lag, and how long after their start `marks` has them.

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
        order = np.argsort(-votes[enough], kind="stable")
        lag_s = (lags - _LAGS // 2 + shared[enough] / votes[enough]) * HOP_S
        best: dict[int, float] = {}
        for at in order:
            best.setdefault(int(rows[at]), float(lag_s[at]))
        return list(best.items())


def _known(marks: Sequence[Landmarks], rows: Sequence[int], more: Sequence[_Known] = ()) -> _Known:
    sizes = [len(marks[row].hashes) for row in rows]
    hashes = np.concatenate([_NONE, *(known.hashes for known in more), *(marks[row].hashes for row in rows)])
    frames = np.concatenate([_NONE, *(known.frames for known in more), *(marks[row].frames for row in rows)])
    owners = np.concatenate([_NONE, *(known.rows for known in more), np.repeat(np.array(rows, int), sizes)])
    order = np.argsort(hashes, kind="stable")
    return _Known(hashes[order], frames[order], owners[order])


def _grouped(store: Store, marks: Sequence[Landmarks]) -> list[int]:
    """(row,) the row that stands for each row's recording: the longest clip of it."""
    lengths = store.table["num_samples"].to_numpy()
    order = np.lexsort((np.arange(len(marks)), -lengths)).tolist()
    parent = list(range(len(marks)))
    found = _known(marks, [])
    at, size = 0, _ROWS_PER_BLOCK
    while at < len(order):
        block = order[at : at + size]
        beside = _known(marks, block)
        stands: set[int] = set()
        for row in block:
            near = found.candidates(marks[row])
            near += [item for item in beside.candidates(marks[row]) if item[0] in stands]
            own = _folded_of(store, row)
            for other, lag_s in near:
                one, its = _root(parent, other), _root(parent, row)
                if one != its and correlation(own, _folded_of(store, other), lag_s) >= SAME:
                    parent[its] = one
            if parent[row] == row:
                stands.add(row)
        found = _known(marks, sorted(stands), [found])
        at += size
        # Blocks that grow with what is known keep the sorting of it from growing with its square.
        size = max(_ROWS_PER_BLOCK, len(order[:at]) // 2)
    return [_root(parent, row) for row in range(len(marks))]


def _root(parent: list[int], row: int) -> int:
    while parent[row] != row:
        parent[row] = parent[parent[row]]
        row = parent[row]
    return row


def _landmarks_of(store: Store, rows: Sequence[int]) -> list[Landmarks]:
    return [landmarks(_at_rate(store, row)) for row in rows]


def _folded_of(store: Store, row: int) -> NDArray[np.float32]:
    return folded(_at_rate(store, row))


def _at_rate(store: Store, row: int) -> NDArray[np.int16]:
    waveform = store.waveform(row)
    if store.sample_rate_hz == RATE_HZ:
        return waveform
    return as_int16(soxr.resample(as_float32(waveform), store.sample_rate_hz, RATE_HZ))
