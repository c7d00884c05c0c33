"""The voice cloner of the made-up data set: a mel spectrogram turned back into a waveform.

Phases by D. W. Griffin and J. S. Lim, Signal estimation from modified short-time Fourier transform,
IEEE TASSP 32, 1984, with the momentum of N. Perraudin et al., WASPAA 2013.
"""

from functools import lru_cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy import fft, sparse

_WINDOW, _HOP = 800, 200  # 50 ms and 12.5 ms at 16 kHz, as voice cloners use
_NUM_FFT = 1024
_NUM_MELS = 80
_ITERATIONS = 8
_MOMENTUM = 0.9


def resynthesised(
    waveform: NDArray[np.float64],
    rate_hz: int,
    strength: float,
    rng: np.random.Generator,
    *,
    below_hz: float | None = None,
) -> NDArray[np.float64]:
    """(sample,) -> (sample,) the same sound, rebuilt from 80 mel bands.

    `strength` is the share of the original spectrum that is discarded: 0 keeps all of it, 1 keeps only the
    bands, so that fine structure and phase are new. With `below_hz` only what is below it changes.
    """
    discarded: float | NDArray[np.float32] = strength
    if below_hz is not None:
        discarded = np.where(_bins_hz(rate_hz) < below_hz, strength, 0).astype(np.float32)
    true = _stft(waveform.astype(np.float32))  # half the time of float64, and no difference to hear
    size = np.abs(true) + 1e-9
    to_mel, from_mel = _mel_bank(rate_hz)
    smooth = (from_mel @ (to_mel @ (size**2).T)).T
    wanted = size ** (1 - discarded) * np.sqrt(smooth + 1e-18) ** discarded
    phase = np.angle(true) + discarded * np.pi * rng.uniform(-1, 1, true.shape).astype(np.float32)
    guess = before = wanted * np.exp(1j * phase)
    for _ in range(_ITERATIONS):
        again = _stft(_inverse(guess, len(waveform)))
        ahead = again + _MOMENTUM * (again - before)
        before = again
        guess = wanted * ahead / (np.abs(ahead) + 1e-12)
    # Griffin and Lim's method loses energy where phases cancel: the mean energy per frequency is restored.
    lost = (size**2).mean(axis=0) / (np.abs(_stft(_inverse(guess, len(waveform)))) ** 2).mean(axis=0)
    return np.asarray(_inverse(guess * np.sqrt(lost), len(waveform)), np.float64)


def _bins_hz(rate_hz: int) -> NDArray[np.float64]:
    return np.asarray(np.arange(_NUM_FFT // 2 + 1) * rate_hz / _NUM_FFT)


@lru_cache
def _mel_bank(rate_hz: int) -> tuple[sparse.csr_array, sparse.csr_array]:
    """(mel, bin) means over triangles, and (bin, mel) the inverse: a bin from its triangles.

    Sparse, so that the order of the sums does not depend on the number of threads.
    """
    bins_hz = _bins_hz(rate_hz)
    top = 2595 * np.log10(1 + rate_hz / 2 / 700)
    edges_hz = 700 * (10 ** (np.linspace(0, top, _NUM_MELS + 2) / 2595) - 1)
    low, middle, high = edges_hz[:-2, None], edges_hz[1:-1, None], edges_hz[2:, None]
    # A triangle narrower than a bin would be empty, so each is at least two bins wide.
    rise = np.maximum(middle - low, bins_hz[1])
    fall = np.maximum(high - middle, bins_hz[1])
    bank = np.clip(np.minimum((bins_hz - middle) / rise + 1, (middle - bins_hz) / fall + 1), 0, None)
    bank[:, 0] += bank.sum(axis=0)[0] == 0
    back = bank / np.maximum(bank.sum(axis=0), 1e-9)
    to_mel = bank / bank.sum(axis=1, keepdims=True)
    return sparse.csr_array(to_mel.astype(np.float32)), sparse.csr_array(back.T.astype(np.float32))


def _stft(waveform: NDArray[np.float32]) -> NDArray[np.complex64]:
    """(sample,) -> (frame, bin), with the edges mirrored."""
    padded = np.pad(waveform, (_WINDOW, _WINDOW + _HOP), mode="reflect")
    return np.asarray(fft.rfft(sliding_window_view(padded, _WINDOW)[::_HOP] * _window(), _NUM_FFT))


def _inverse(spectrum: NDArray[np.complex64], num_samples: int) -> NDArray[np.float32]:
    """(frame, bin) -> (sample,) with the nearest spectrum in the least-squares sense, by overlap and add."""
    frames = fft.irfft(spectrum, _NUM_FFT)[:, :_WINDOW] * _window()
    per_window = _WINDOW // _HOP
    total = np.zeros((len(frames) + per_window - 1, _HOP), np.float32)
    weight = np.zeros_like(total)
    for part in range(per_window):
        hops = slice(part * _HOP, (part + 1) * _HOP)
        total[part : part + len(frames)] += frames[:, hops]
        weight[part : part + len(frames)] += _window()[hops] ** 2
    waveform = (total / np.maximum(weight, 1e-9)).ravel()
    return np.asarray(waveform[_WINDOW : _WINDOW + num_samples])


@lru_cache
def _window() -> NDArray[np.float32]:
    return np.hanning(_WINDOW + 1)[:-1].astype(np.float32)
