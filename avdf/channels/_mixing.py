"""Adds a sound at a signal-to-noise ratio."""

import math

import numpy as np
from numpy.typing import NDArray


def mixed(waveform: NDArray[np.float32], noise: NDArray[np.float64], snr_db: float) -> NDArray[np.float32]:
    """(sample,), (sample,) -> (sample,): the ratio is that of the mean squares over the whole waveform.

    Digital silence, for which no ratio is defined, stays unchanged.
    """
    power = float(np.mean(np.square(waveform, dtype=np.float64)))
    scale = math.sqrt(power / float(np.mean(noise**2)) / 10 ** (snr_db / 10))
    return waveform + (scale * noise).astype(np.float32)
