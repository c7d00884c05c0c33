"""Pitch by autocorrelation, and a train of pulses at that pitch.

P. Boersma, Accurate short-term analysis of the fundamental frequency and the harmonics-to-noise ratio of a
sampled sound, IFA Proceedings 17, 1993: the autocorrelation is divided by that of the window.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy import fft
from scipy.ndimage import median_filter

_LOWEST_HZ, _HIGHEST_HZ = 65.0, 420.0
_PERIODS = 3  # of the lowest pitch, in a frame
_VOICED = 0.45  # autocorrelation from which a frame is voiced
_SILENT = 0.03  # of the strongest frame's amplitude: quieter frames are not voiced
_OCTAVE_COST = 0.02  # per octave of period: of equal peaks the shorter period is meant


def pitch_of(
    waveform: NDArray[np.floating], sample_rate_hz: int, hop: int
) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """(sample,) -> (frame,) pitch in Hz, 0 where unvoiced, and (frame,) share of the power that is periodic.

    Frames are centred on every `hop` samples, from the first sample on.
    """
    size = 2 * round(_PERIODS * sample_rate_hz / _LOWEST_HZ / 2)
    padded = np.pad(np.asarray(waveform, np.float64), (size // 2, size // 2))
    frames = sliding_window_view(padded, size)[::hop]
    frames = frames - frames.mean(axis=1, keepdims=True)
    window = np.hanning(size)
    lags = np.arange(int(sample_rate_hz / _HIGHEST_HZ), int(sample_rate_hz / _LOWEST_HZ) + 1)
    of_window = _autocorrelation(window[None])[0, [0, *lags]]
    raw = _autocorrelation(frames * window)
    power = np.maximum(raw[:, :1], 1e-12)
    strength = raw[:, lags] / power / (of_window[1:] / of_window[0])
    best = np.argmax(strength - _OCTAVE_COST * np.log2(lags / lags[0]), axis=1)
    strongest = strength[np.arange(len(best)), best]
    loud = power[:, 0] > _SILENT**2 * power.max()
    voiced = median_filter(((strongest > _VOICED) & loud).astype(np.int8), 5) > 0
    pitch_hz = np.where(voiced, median_filter(sample_rate_hz / lags[best], 5), 0.0)
    return pitch_hz, np.where(voiced, np.clip(strongest, 0, 1), 0).astype(np.float32)


def pulses_of(
    pitch_hz: NDArray[np.float64],
    num_samples: int,
    sample_rate_hz: int,
    hop: int,
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """(frame,) pitch -> (sample,) pulses of mean power 1 where voiced, from a random phase on."""
    frames = np.arange(len(pitch_hz)) * hop
    voiced = pitch_hz > 0
    if not voiced.any():
        return np.zeros(num_samples)
    samples = np.arange(num_samples)
    pitch = np.interp(samples, frames[voiced], pitch_hz[voiced])
    phase = rng.random() + np.cumsum(pitch) / sample_rate_hz
    starts = np.diff(np.floor(phase), prepend=np.floor(phase[0])) > 0
    return np.where(starts, np.sqrt(sample_rate_hz / pitch), 0.0)


def _autocorrelation(frames: NDArray[np.float64]) -> NDArray[np.float64]:
    """(frame, sample) -> (frame, lag)"""
    length = fft.next_fast_len(2 * frames.shape[1], real=True)
    result: NDArray[np.float64] = fft.irfft(np.abs(fft.rfft(frames, length)) ** 2, length)
    return result
