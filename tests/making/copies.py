"""Distances between a recording and a copy of it: spectra, and the lag of one after the other."""

import numpy as np
from scipy.signal import correlate, stft


def spectral_distance_db(first: np.ndarray, second: np.ndarray, rate_hz: int = 16000) -> float:
    """The log spectral distance: the root mean square over frequency, the mean over frames of 32 ms."""
    levels = []
    for waveform in (first, second):
        magnitudes = np.abs(stft(waveform, rate_hz, nperseg=512, noverlap=384)[2])
        levels.append(20 * np.log10(magnitudes + 1e-5))
    return float(np.sqrt(np.mean((levels[0] - levels[1]) ** 2, axis=0)).mean())


def lag_ms(parent: np.ndarray, copy: np.ndarray, rate_hz: int = 16000) -> float:
    """By how much the copy is later, from the maximum of the cross-correlation of the 25 ms envelopes."""
    window = np.hanning(round(0.025 * rate_hz))
    envelopes = [np.convolve(np.abs(waveform), window, "same") for waveform in (parent, copy)]
    before, after = (envelope - envelope.mean() for envelope in envelopes)
    return 1000 * (int(np.argmax(correlate(after, before))) - len(parent) + 1) / rate_hz
