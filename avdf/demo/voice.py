"""Synthetic voices: glottal pulses filtered by moving formants, with hiss and the echo of a room.

Source and filter after D. H. Klatt, Software for a cascade/parallel formant synthesizer, JASA 67, 1980.
"""

from collections.abc import Callable

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy import fft

from avdf.demo.babble import Score, Voice, draw_score

RATE_HZ = 16000
_BANDWIDTHS_HZ = (70.0, 100.0, 160.0, 240.0, 320.0)  # of the formants
_HISS_HZ = ((4500, 7600), (2500, 6500), (1500, 7000), (3500, 7000))  # of s, sh, f and the burst of a stop
_HOP = 160  # samples between two settings of the formant filters: 10 ms
_RING = 704  # samples that a formant may ring on: 44 ms
_OPEN, _CLOSING = 0.42, 0.16  # shares of a glottal cycle
_DRIFT_EVERY_S = 0.05
Response = Callable[[NDArray[np.float64]], NDArray[np.complex128]]  # of a frequency in Hz


def speak(voice: Voice, duration_s: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """(sample,) at RATE_HZ: babble of that duration in a room, with an RMS of 1."""
    score = draw_score(voice, duration_s, rng)
    speech = _voiced(voice, score, round(duration_s * RATE_HZ), rng)
    speech /= speech.std() + 1e-9
    for start_s, length_s, kind in score.hisses:
        _add_hiss(speech, start_s, length_s, kind, rng)
    placed = _in_room(speech, rng)
    return np.asarray(placed / placed.std())


def _voiced(voice: Voice, score: Score, num_samples: int, rng: np.random.Generator) -> NDArray[np.float64]:
    times_s = np.arange(num_samples) / RATE_HZ
    knots_s = np.arange(0, times_s[-1] + 2 * _DRIFT_EVERY_S, _DRIFT_EVERY_S)
    drift = np.interp(times_s, knots_s, rng.standard_normal(len(knots_s)))
    pitch_hz = np.interp(times_s, score.times_s, score.pitch_hz) * (1 + voice.jitter * drift)
    cycle = np.cumsum(pitch_hz) / RATE_HZ
    shimmer = rng.normal(1, voice.shimmer, int(cycle[-1]) + 1)
    pulses = np.diff(_glottal_flow(cycle % 1), prepend=0.0) * shimmer[cycle.astype(np.int64)]
    pulses = _filtered(pulses, lambda hz: _low_pass(hz, voice.tilt))
    breath = voice.breath * rng.standard_normal(num_samples) * (0.5 + (cycle % 1 < _OPEN))
    loudness = np.interp(times_s, score.times_s, score.loudness)
    return _through_formants((pulses + breath) * loudness, score)


def _glottal_flow(phase: NDArray[np.float64]) -> NDArray[np.float64]:
    """Air through the glottis at a share of its cycle (A. E. Rosenberg, JASA 49, 1971, type C)."""
    opening = 0.5 * (1 - np.cos(np.pi * phase / _OPEN))
    closing = np.cos(0.5 * np.pi * (phase - _OPEN) / _CLOSING)
    return np.where(phase < _OPEN, opening, np.where(phase < _OPEN + _CLOSING, closing, 0.0))


def _through_formants(source: NDArray[np.float64], score: Score) -> NDArray[np.float64]:
    """A cascade of five resonators, updated every hop, by overlap and add of filtered windows."""
    num_hops = len(source) // _HOP + 2
    padded = np.pad(source, (_HOP, 2 * _HOP))
    windows = sliding_window_view(padded, 2 * _HOP)[: num_hops * _HOP : _HOP] * np.hanning(2 * _HOP + 1)[:-1]
    size = 2 * _HOP + _RING
    shapes = _formant_responses(np.arange(num_hops) * _HOP / RATE_HZ, score, size)
    rung = fft.irfft(fft.rfft(windows, size) * shapes, size)
    out = np.zeros(num_hops * _HOP + size)
    for start in range(0, size, _HOP):  # one hop of all windows at once
        piece = rung[:, start : start + _HOP]
        place = out[start : start + num_hops * _HOP].reshape(num_hops, _HOP)
        place[:, : piece.shape[1]] += piece
    return out[_HOP : _HOP + len(source)]


def _formant_responses(times_s: NDArray[np.float64], score: Score, size: int) -> NDArray[np.complex128]:
    """(time, bin) the frequency response of the vocal tract, with a gain of 1 at 0 Hz."""
    turn = np.exp(-2j * np.pi * np.arange(size // 2 + 1) / size)
    knots_hz = np.minimum(np.array(score.formants_hz), 0.46 * RATE_HZ)
    total = np.ones((len(times_s), len(turn)), np.complex128)
    for band, bandwidth_hz in enumerate(_BANDWIDTHS_HZ):
        formant_hz = np.interp(times_s, score.times_s, knots_hz[:, band])
        radius = np.exp(-np.pi * bandwidth_hz / RATE_HZ)
        first = -2 * radius * np.cos(2 * np.pi * formant_hz / RATE_HZ)[:, None]
        total *= (1 + first + radius**2) / (1 + first * turn + radius**2 * turn**2)
    return total


def _add_hiss(
    speech: NDArray[np.float64], start_s: float, length_s: float, kind: int, rng: np.random.Generator
) -> None:
    """Adds band-passed noise, faded in and out, to a part of the speech, in place."""
    length = round(length_s * RATE_HZ)
    low_hz, high_hz = _HISS_HZ[kind]
    noise = _filtered(rng.standard_normal(length), lambda hz: _band_pass(hz, low_hz, high_hz))
    hiss = noise * np.hanning(length) * rng.uniform(0.3, 0.8)
    start = round(start_s * RATE_HZ)
    first, last = max(start, 0), min(start + length, len(speech))
    if first < last:
        speech[first:last] += hiss[first - start : last - start]


def _in_room(speech: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """Adds a decaying echo, and noise of the room at 18 to 40 dB below the speech."""
    decay_s = rng.uniform(0.05, 0.4)
    times_s = np.arange(round(decay_s * RATE_HZ)) / RATE_HZ
    echo = rng.standard_normal(len(times_s)) * np.exp(-6.9 * times_s / decay_s)
    echo *= rng.uniform(0.05, 0.7) / np.sqrt((echo**2).sum())
    size = fft.next_fast_len(len(speech) + len(echo), real=True)
    wet = speech + fft.irfft(fft.rfft(speech, size) * fft.rfft(echo, size), size)[: len(speech)]
    colour = rng.uniform(0.5, 0.97)
    noise = _filtered(rng.standard_normal(len(speech)), lambda hz: _low_pass(hz, colour))
    noise *= speech.std() / noise.std() * 10 ** (-rng.uniform(18, 40) / 20)
    return np.asarray(wet + noise)


def _filtered(sound: NDArray[np.float64], response: Response) -> NDArray[np.float64]:
    size = fft.next_fast_len(2 * len(sound), real=True)
    spectrum = fft.rfft(sound, size) * response(fft.rfftfreq(size, 1 / RATE_HZ))
    return np.asarray(fft.irfft(spectrum, size)[: len(sound)])


def _low_pass(hz: NDArray[np.float64], pole: float) -> NDArray[np.complex128]:
    return np.asarray((1 - pole) / (1 - pole * np.exp(-2j * np.pi * hz / RATE_HZ)))


def _band_pass(hz: NDArray[np.float64], low_hz: float, high_hz: float) -> NDArray[np.complex128]:
    width_hz = np.maximum(hz, 1) * (high_hz - low_hz)
    return np.asarray(width_hz / (width_hz + 1j * (hz**2 - low_hz * high_hz)))
