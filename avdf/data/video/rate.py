"""Frames at a fixed rate: how many a clip has, and which of them belong to which seconds."""

import numpy as np
from numpy.typing import NDArray


def num_frames(duration_s: float, per_second: float) -> int:
    """Frames at 0, 1 / per_second, ... seconds, of which one is nearest to any second of a clip.

    >>> num_frames(2.0, 4.0)
    9
    """
    return round(duration_s * per_second) + 1


def nearest_frames(seconds: NDArray[np.float64], per_second: float, count: int) -> NDArray[np.int64]:
    """(time,) seconds -> (time,) numbers of the nearest of `count` frames.

    >>> nearest_frames(np.array([0.0, 0.6, 9.9]), 4.0, 9).tolist()
    [0, 2, 8]
    """
    return np.clip(np.rint(seconds * per_second), 0, count - 1).astype(np.int64)


def middles(num_samples: int, num_frames: int) -> NDArray[np.int64]:
    """(frame,) the samples in the middle of that many equal parts of a crop.

    >>> middles(100, 4).tolist()
    [12, 37, 62, 87]
    """
    return ((np.arange(num_frames) + 0.5) / num_frames * num_samples).astype(np.int64)
