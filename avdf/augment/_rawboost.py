"""The three algorithms of RawBoost (arXiv 2111.04433, section 3) as functions of arrays."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import firwin, freqz, oaconvolve

_EDGE_HZ = 1e-3  # the smallest distance of a notch to 0 Hz and to half the sample rate


@dataclass(frozen=True)
class Notch:
    centre_hz: float
    width_hz: float
    num_taps: int


@dataclass(frozen=True)
class Filter:
    """Notch filters in series, scaled so that the highest gain over all frequencies is `gain_db`."""

    notches: tuple[Notch, ...]
    gain_db: float


def convolutive(
    waveform: NDArray[np.float64], filters: Sequence[Filter], sample_rate_hz: int
) -> NDArray[np.float64]:
    """Algorithm 1, LnL: the sum over orders j of filter_j convolved with waveform^j, minus its mean."""
    total, power = np.zeros_like(waveform), np.ones_like(waveform)
    for notch_filter in filters:
        power = power * waveform
        total += _filtered(power, filter_taps(notch_filter, sample_rate_hz))
    return np.asarray(total - total.mean())


def impulsive(waveform: NDArray[np.float64], share: float, gain: float, seed: int) -> NDArray[np.float64]:
    """Algorithm 2, ISD: adds gain * d * x to a share of the samples x.

    d, from -1 to 1, is the product of two uniform draws; its density is -log|d| / 2.
    """
    rng = np.random.default_rng(seed)
    places = rng.choice(len(waveform), int(share * len(waveform)), replace=False)
    strength = rng.uniform(-1, 1, len(places)) * rng.uniform(-1, 1, len(places))
    altered = waveform.copy()
    altered[places] += gain * strength * waveform[places]
    return altered


def stationary(
    waveform: NDArray[np.float64], noise_filter: Filter, snr_db: float, seed: int, sample_rate_hz: int
) -> NDArray[np.float64]:
    """Algorithm 3, SSI: adds filtered white noise at a signal-to-noise ratio over the whole waveform."""
    white = np.random.default_rng(seed).standard_normal(len(waveform))
    noise = _filtered(white, filter_taps(noise_filter, sample_rate_hz))
    norm = float(np.linalg.norm(noise))
    if norm == 0:
        return waveform
    return waveform + noise * (float(np.linalg.norm(waveform)) / norm / 10 ** (snr_db / 20))


def filter_taps(notch_filter: Filter, sample_rate_hz: int) -> NDArray[np.float64]:
    """(tap,) the impulse response of the filter."""
    taps = np.ones(1)
    for notch in notch_filter.notches:
        low = max(notch.centre_hz - notch.width_hz / 2, _EDGE_HZ)
        high = min(notch.centre_hz + notch.width_hz / 2, sample_rate_hz / 2 - _EDGE_HZ)
        num_taps = notch.num_taps + (notch.num_taps % 2 == 0)  # odd, as a band-stop needs
        taps = np.convolve(taps, firwin(num_taps, [low, high], window="hamming", fs=sample_rate_hz))
    _, response = freqz(taps, worN=2048)
    return np.asarray(taps * (10 ** (notch_filter.gain_db / 20) / np.abs(response).max()))


def _filtered(waveform: NDArray[np.float64], taps: NDArray[np.float64]) -> NDArray[np.float64]:
    """Filtered without delay; the result has the length of the waveform, even if the filter is longer."""
    start = (len(taps) - 1) // 2
    return np.asarray(oaconvolve(waveform, taps)[start : start + len(waveform)])
