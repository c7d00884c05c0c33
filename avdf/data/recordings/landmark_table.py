"""Landmarks of many clips, sorted by hash: which clips share enough of another clip's at one lag."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avdf.data.recordings.fingerprint import HOP_S, Landmarks

_MIN_VOTES = 8  # pairs of peaks that agree on a lag; chance gives 1 to 8, one recording 100 and more
_LAGS = 1 << 20  # more than the frames of a clip: one number holds row and lag


@dataclass(frozen=True)
class LandmarkTable:
    """(pair,) hashes in order, their frames, and the row of each."""

    hashes: NDArray[np.int64]
    frames: NDArray[np.int64]
    rows: NDArray[np.int64]

    def candidates(self, marks: Landmarks) -> dict[int, float]:
        """Rows that share enough pairs at one lag, and that lag in seconds."""
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
        return best


def landmark_table(marks: Mapping[int, Landmarks], more: LandmarkTable | None = None) -> LandmarkTable:
    """The landmarks by row, and those of another table."""
    owners = [np.full(len(item.hashes), row, np.int64) for row, item in marks.items()]
    none, tables = [np.zeros(0, np.int64)], [] if more is None else [more]
    hashes = np.concatenate([*none, *(table.hashes for table in tables), *(m.hashes for m in marks.values())])
    frames = np.concatenate([*none, *(table.frames for table in tables), *(m.frames for m in marks.values())])
    rows = np.concatenate([*none, *(table.rows for table in tables), *owners])
    order = np.argsort(hashes, kind="stable")
    return LandmarkTable(hashes[order], frames[order], rows[order])
