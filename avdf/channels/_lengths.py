"""Keeps the length of a waveform."""

import numpy as np
from numpy.typing import NDArray


def fitted(waveform: NDArray[np.float32], num_samples: int) -> NDArray[np.float32]:
    """(sample,) -> (num_samples,): cut at its end, or filled up with zeros."""
    kept = waveform[:num_samples]
    return np.pad(kept, (0, num_samples - len(kept))).astype(np.float32, copy=False)
