"""The distance between a recording and a copy of it."""

import numpy as np
from scipy.signal import stft


def spectral_distance_db(first: np.ndarray, second: np.ndarray, rate_hz: int = 16000) -> float:
    """The log spectral distance: the root mean square over frequency, the mean over frames of 32 ms."""
    levels = []
    for waveform in (first, second):
        magnitudes = np.abs(stft(waveform, rate_hz, nperseg=512, noverlap=384)[2])
        levels.append(20 * np.log10(magnitudes + 1e-5))
    return float(np.sqrt(np.mean((levels[0] - levels[1]) ** 2, axis=0)).mean())
