"""How near a copy is to its recording."""

import numpy as np
from scipy.signal import stft


def spectral_distance_db(first: np.ndarray, second: np.ndarray, rate_hz: int = 16000) -> float:
    """The log spectral distance: the root mean square over frequency, the mean over frames of 32 ms."""
    levels = []
    for waveform in (first, second):
        magnitudes = np.abs(stft(waveform, rate_hz, nperseg=512, noverlap=384)[2])
        levels.append(20 * np.log10(magnitudes + 1e-5))
    return float(np.sqrt(np.mean((levels[0] - levels[1]) ** 2, axis=0)).mean())


def envelope_correlation(first: np.ndarray, second: np.ndarray, rate_hz: int = 16000) -> float:
    """The correlation of the levels of 24 bands, equally wide on the mel scale, in frames of 32 ms.

    Levels more than 60 dB below the loudest one are lifted to that.
    """
    edges_hz = 700 * (10 ** (np.linspace(0, np.log10(1 + rate_hz / 2 / 700), 25)) - 1)
    levels = []
    for waveform in (first, second):
        power = np.abs(stft(waveform, rate_hz, nperseg=512, noverlap=384)[2]) ** 2
        bands = np.add.reduceat(power, np.minimum(edges_hz * 512 / rate_hz, 256).astype(int)[:-1], axis=0)
        levels.append(10 * np.log10(np.maximum(bands, 1e-6 * bands.max())))
    return float(np.corrcoef(levels[0].ravel(), levels[1].ravel())[0, 1])
