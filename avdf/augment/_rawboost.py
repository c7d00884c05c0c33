"""The three algorithms of RawBoost (arXiv 2111.04433, section 3) as functions of arrays."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import firwin, freqz, oaconvolve

_EDGE_HZ = 1e-3  # how close to 0 and to half the sample rate a notch may reach


@dataclass(frozen=True)
class Notch:
    centre_hz: float
    width_hz: float
    num_taps: int


@dataclass(frozen=True)
class Filter:
    """Notches one after the other; the highest gain over all frequencies is `gain_db`."""

    notches: tuple[Notch, ...]
    gain_db: float


def convolutive(
    waveform: NDArray[np.float64], filters: Sequence[Filter], sample_rate_hz: int
) -> NDArray[np.float64]:
    """Algorithm 1, LnL: the sum over orders j of filter_j * waveform^j, without its mean."""
    total, power = np.zeros_like(waveform), np.ones_like(waveform)
    for one in filters:
        power = power * waveform
        total += _filtered(power, filter_taps(one, sample_rate_hz))
    return np.asarray(total - total.mean())


def impulsive(waveform: NDArray[np.float64], share: float, gain: float, seed: int) -> NDArray[np.float64]:
    """Algorithm 2, ISD: adds gain * d * x to a share of the samples x.

    d, from -1 to 1, is the product of two even draws, whose density is -log|d| / 2.
    """
    rng = np.random.default_rng(seed)
    places = rng.choice(len(waveform), int(share * len(waveform)), replace=False)
    strength = rng.uniform(-1, 1, len(places)) * rng.uniform(-1, 1, len(places))
    altered = waveform.copy()
    altered[places] += gain * strength * waveform[places]
    return altered


def stationary(
    waveform: NDArray[np.float64], one: Filter, snr_db: float, seed: int, sample_rate_hz: int
) -> NDArray[np.float64]:
    """Algorithm 3, SSI: adds white noise through a filter, at that ratio over the whole waveform."""
    white = np.random.default_rng(seed).standard_normal(len(waveform))
    noise = _filtered(white, filter_taps(one, sample_rate_hz))
    norm = float(np.linalg.norm(noise))
    if norm == 0:
        return waveform
    return waveform + noise * (float(np.linalg.norm(waveform)) / norm / 10 ** (snr_db / 20))


def filter_taps(one: Filter, sample_rate_hz: int) -> NDArray[np.float64]:
    """(tap,) the filter's response to an impulse."""
    taps = np.ones(1)
    for notch in one.notches:
        low = max(notch.centre_hz - notch.width_hz / 2, _EDGE_HZ)
        high = min(notch.centre_hz + notch.width_hz / 2, sample_rate_hz / 2 - _EDGE_HZ)
        num_taps = notch.num_taps + (notch.num_taps % 2 == 0)  # an even number can't stop a band
        taps = np.convolve(taps, firwin(num_taps, [low, high], window="hamming", fs=sample_rate_hz))
    _, response = freqz(taps, worN=2048)
    return np.asarray(taps * (10 ** (one.gain_db / 20) / np.abs(response).max()))


def _filtered(waveform: NDArray[np.float64], taps: NDArray[np.float64]) -> NDArray[np.float64]:
    """Filtered without delay, of the same length (also where that is less than the filter's)."""
    start = (len(taps) - 1) // 2
    return np.asarray(oaconvolve(waveform, taps)[start : start + len(waveform)])
