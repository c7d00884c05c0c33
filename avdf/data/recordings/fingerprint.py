"""Fingerprints of recordings: pairs of spectral peaks find candidates, waveforms decide.

Two clips of one recording may be encoded again, have another gain, and start up to a second apart.
Pairs of peaks (A. Wang, "An Industrial-Strength Audio Search Algorithm", ISMIR 2003, section 2) find
the candidates. A vocoder's copy of a voice has the same peaks but is another recording with another
waveform, so the correlation of the waveforms at the lag of the peaks decides.
"""

from dataclasses import dataclass

import numpy as np
import scipy.fft
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter

RATE_HZ = 16000  # of the waveforms that are compared
HOP_S = 0.016  # unit of the anchors' times
SAME = 0.8  # correlation; copies by AAC at 64 kbit/s reach 0.996, a vocoder's 0.53 at most

_WINDOW, _HOP = 1024, 256  # samples: 64 ms, 16 ms
_BINS = slice(6, 256)  # 94 to 4000 Hz
_REACH = (9, 13)  # a peak is the maximum within 4 frames and 6 bins
_PEAKS_PER_S = 18
_RANGE_DB = 50.0  # below the clip's highest peak; lower peaks are ignored
_QUIETEST = 4.0  # 16-bit steps; what is below is rounding noise
_FAN_OUT = 5  # pairs per anchor
_LONGEST_FRAMES = 63
_DECIMATION = 4  # samples averaged into one for the correlation, at 4 kHz
_EMPHASIS = 0.9
_MOST_COMPARED_S = 4.0
_LEAST_COMPARED_S = 0.5
_ELSEWHERE_S = 0.02  # as high a correlation this far away is that of a tone
_SEARCH_S = 0.048  # around the lag that the peaks gave
_TONE = 0.93


@dataclass(frozen=True)
class Landmarks:
    """(pair,) `hashes`: two bins and their distance; `frames`: the time of the first of the two, in hops."""

    hashes: NDArray[np.int64]
    frames: NDArray[np.int64]


def landmarks(waveform: NDArray[np.int16]) -> Landmarks:
    """(sample,) 16-bit at RATE_HZ -> its pairs of peaks; none for silence or for less than 64 ms."""
    if len(waveform) < _WINDOW:
        return Landmarks(np.zeros(0, np.int64), np.zeros(0, np.int64))
    frames = np.lib.stride_tricks.sliding_window_view(waveform, _WINDOW)[::_HOP]
    window = np.hanning(_WINDOW).astype(np.float32)
    level = np.abs(scipy.fft.rfft(frames * window, axis=1)[:, _BINS])
    floor = max(float(level.max()) * 10 ** (-_RANGE_DB / 20), _QUIETEST * float(window.sum()) / 2)
    time, pitch = np.nonzero((level == maximum_filter(level, size=_REACH)) & (level > floor))
    most = int(np.ceil(_PEAKS_PER_S * len(waveform) / RATE_HZ))
    if len(time) > most:
        strongest = np.sort(np.argsort(-level[time, pitch], kind="stable")[:most])
        time, pitch = time[strongest], pitch[strongest]
    hashes, anchors = [], []
    for step in range(1, _FAN_OUT + 1):
        ahead, rise = time[step:] - time[:-step], pitch[step:] - pitch[:-step] + 256
        near = ahead <= _LONGEST_FRAMES
        hashes.append(((pitch[:-step] << 15) | (rise << 6) | ahead)[near])
        anchors.append(time[:-step][near])
    return Landmarks(np.concatenate(hashes), np.concatenate(anchors))


def decimated(waveform: NDArray[np.int16]) -> NDArray[np.float32]:
    """(sample,) at RATE_HZ -> (sample,) at a quarter of it, with high frequencies emphasised."""
    whole = waveform[: len(waveform) // _DECIMATION * _DECIMATION].reshape(-1, _DECIMATION).astype(np.float32)
    quarters = whole @ np.ones(_DECIMATION, np.float32)
    smooth = quarters[:-1] + quarters[1:]  # two more taps against aliasing
    # The lowest harmonic of a voice must not decide alone: any two agree at some lag.
    return np.asarray(smooth[1:] - np.float32(_EMPHASIS) * smooth[:-1], dtype=np.float32)


def correlation(first: NDArray[np.float32], second: NDArray[np.float32], lag_s: float) -> float:
    """Correlation, 0 to 1, of two `decimated` waveforms of which `second` starts about `lag_s` into `first`.

    0 if they overlap by less than half a second or about half of the shorter one, if one is silent, or
    if another lag correlates as well, as it does for a hum or a tone.
    """
    lag, search, far = (round(value * RATE_HZ / _DECIMATION) for value in (lag_s, _SEARCH_S, _ELSEWHERE_S))
    start, stop = max(lag + search, 0), min(lag - search + len(second), len(first))
    least = max(_LEAST_COMPARED_S * RATE_HZ / _DECIMATION, min(len(first), len(second)) / 2 - 2 * search)
    if stop - start < least:
        return 0.0
    spare = max(stop - start - round(_MOST_COMPARED_S * RATE_HZ / _DECIMATION), 0)
    start, stop = start + spare // 2, stop - (spare - spare // 2)
    fixed, sought = first[start:stop], second[start - lag - search : stop - lag + search]
    power = np.concatenate([[0.0], np.cumsum(sought.astype(np.float64) ** 2)])
    norm = np.sqrt((power[len(fixed) :] - power[: -len(fixed)]) * float(fixed @ fixed))
    if not norm.min() > 0:
        return 0.0
    alike = np.abs(np.correlate(sought, fixed, mode="valid") / norm)
    best = int(alike.argmax())
    away = np.abs(np.arange(len(alike)) - best) > far
    if alike[away].max(initial=0.0) > _TONE * alike[best]:
        return 0.0
    return min(_peak(alike, best), 1.0)


def _peak(values: NDArray[np.floating], best: int) -> float:
    """The maximum of a parabola through the highest value and its neighbours, between two samples."""
    if not 0 < best < len(values) - 1:
        return float(values[best])
    left, top, right = (float(value) for value in values[best - 1 : best + 2])
    bend = 2 * top - left - right
    return top + (right - left) ** 2 / (8 * bend) if bend > 0 else top
