"""Fingerprints of recordings: pairs of spectral peaks find candidates, waveforms decide.

Two clips of one recording may be encoded again, have another gain, and start up to a second apart.
Pairs of peaks (A. Wang, "An Industrial-Strength Audio Search Algorithm", ISMIR 2003, section 2) find
the candidates. A vocoder's copy of a voice has the same peaks but is another recording with another
waveform, so the correlation of the waveforms at the lag of the peaks decides.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 16000  # of the waveforms that are compared
HOP_S = 0.016  # unit of the anchors' times
SAME = 0.8  # correlation; copies by AAC at 64 kbit/s reach 0.996, a vocoder's 0.53 at most

_WINDOW, _HOP = 1024, 256  # samples: 64 ms, 16 ms
_BINS = slice(6, 256)  # 94 to 4000 Hz
_NEAR_FRAMES, _NEAR_BINS = 4, 6  # a peak is the maximum within so many on each side
_FRAMES_AT_ONCE = 4096  # 65 s: a long file's spectra are not in memory as a whole
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
    time, pitch = _peaks(waveform)
    hashes, anchors = [], []
    for step in range(1, _FAN_OUT + 1):
        ahead, rise = time[step:] - time[:-step], pitch[step:] - pitch[:-step] + 256
        near = ahead <= _LONGEST_FRAMES
        hashes.append(((pitch[:-step] << 15) | (rise << 6) | ahead)[near])
        anchors.append(time[:-step][near])
    return Landmarks(np.concatenate(hashes), np.concatenate(anchors))


def _peaks(waveform: NDArray[np.int16]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(peak,) frame and bin of the strongest maxima of the spectrogram, in the order of time."""
    import scipy.fft

    frames = np.lib.stride_tricks.sliding_window_view(waveform, _WINDOW)[::_HOP]
    window = np.hanning(_WINDOW).astype(np.float32)
    quietest, highest = _QUIETEST * float(window.sum()) / 2, 0.0
    parts = []
    for start in range(0, len(frames), _FRAMES_AT_ONCE):
        before = max(start - _NEAR_FRAMES, 0)
        part = frames[before : start + _FRAMES_AT_ONCE + _NEAR_FRAMES]
        level = np.abs(scipy.fft.rfft(part * window, axis=1)[:, _BINS])
        is_peak = (level == window_maximum(level, (_NEAR_FRAMES, _NEAR_BINS))) & (level > quietest)
        inside = slice(start - before, start - before + _FRAMES_AT_ONCE)
        level, is_peak = level[inside], is_peak[inside]
        highest = max(highest, float(level.max()))
        time, pitch = np.divmod(np.flatnonzero(is_peak), level.shape[1])
        parts.append((start + time, pitch, level[time, pitch]))
    time, pitch, heights = (np.concatenate(values) for values in zip(*parts, strict=True))
    high = heights > max(highest * 10 ** (-_RANGE_DB / 20), quietest)
    time, pitch, heights = time[high], pitch[high], heights[high]
    most = int(np.ceil(_PEAKS_PER_S * len(waveform) / RATE_HZ))
    strongest = np.sort(np.argsort(-heights, kind="stable")[:most])
    return time[strongest], pitch[strongest]


def window_maximum(values: NDArray[np.float32], near: tuple[int, int]) -> NDArray[np.float32]:
    """(row, column) the maximum within `near` rows and columns on each side; what is outside is ignored.

    Each step doubles the span of the maxima before it: four operations for a span of 9 or 13.

    >>> window_maximum(np.array([[1.0, 5.0, 2.0, 0.0, 3.0]], np.float32), (0, 1)).tolist()
    [[5.0, 5.0, 5.0, 3.0, 3.0]]
    """
    padded = np.pad(values, [(side, side) for side in near], constant_values=-np.inf)
    for axis, side in enumerate(near):
        lines, span = np.moveaxis(padded, axis, 0), 1
        while span < 2 * side + 1:
            step = min(span, 2 * side + 1 - span)
            lines = np.maximum(lines[:-step], lines[step:])
            span += step
        padded = np.moveaxis(lines, 0, axis)
    return padded


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
