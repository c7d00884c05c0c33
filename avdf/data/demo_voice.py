"""A made-up voice: glottal pulses through moving formants, hiss, stops and pauses, in a made-up room.

Source and filter after D. H. Klatt, Software for a cascade/parallel formant synthesizer, JASA 67, 1980.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy import fft

RATE_HZ = 16000

# First three formants in Hz of ten vowels of men: Peterson and Barney, JASA 24, 1952, table II.
_VOWELS_HZ = np.array(
    [
        (270, 2290, 3010),
        (390, 1990, 2550),
        (530, 1840, 2480),
        (660, 1720, 2410),
        (730, 1090, 2440),
        (570, 840, 2410),
        (440, 1020, 2240),
        (300, 870, 2240),
        (640, 1190, 2390),
        (490, 1350, 1690),
    ],
    dtype=np.float64,
)
_HIGH_FORMANTS_HZ = (3400.0, 4500.0)
_BANDWIDTHS_HZ = np.array([70.0, 100.0, 160.0, 240.0, 320.0])
_HISS_HZ = ((4500, 7600), (2500, 6500), (1500, 7000), (3500, 7000))  # as in s, sh, f, a stop's burst
_HOP = 160  # samples between two settings of the formant filters: 10 ms
_RING = 704  # samples that a formant may ring on: 44 ms
_OPEN, _CLOSING = 0.42, 0.16  # shares of a glottal cycle


@dataclass(frozen=True, kw_only=True)
class Voice:
    """What one made-up speaker sounds like."""

    pitch_hz: float
    melody: float  # spread of the accents, in semitones
    tract: float  # every formant times this: a shorter tract is above 1
    breath: float  # noise beside the pulses, relative to them
    tempo: float  # every length times this
    tilt: float  # of a one-pole low pass over the pulses
    jitter: float  # how far the pitch drifts, as a share of it
    shimmer: float  # how far a pulse's height is off, as a share of it


def draw_voice(rng: np.random.Generator, gender: str) -> Voice:
    """A speaker; women speak higher and with a shorter tract, as measured means go."""
    high = gender == "women"
    return Voice(
        pitch_hz=rng.uniform(170, 250) if high else rng.uniform(85, 150),
        melody=rng.uniform(1.0, 3.0),
        tract=(1.15 if high else 1.0) * rng.uniform(0.92, 1.08),
        breath=rng.uniform(0.01, 0.06),
        tempo=rng.uniform(0.85, 1.2),
        tilt=rng.uniform(0.2, 0.6),
        jitter=rng.uniform(0.004, 0.02),
        shimmer=rng.uniform(0.03, 0.15),
    )


def speak(voice: Voice, duration_s: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """(sample,) at RATE_HZ: that long of babble in a room, with an RMS of 1."""
    num_samples = round(duration_s * RATE_HZ)
    score = _score(voice, duration_s, rng)
    speech = _voiced(voice, score, num_samples, rng)
    speech /= speech.std() + 1e-9
    for start_s, length_s, kind in score.hisses:
        _add_hiss(speech, start_s, length_s, kind, rng)
    placed = _in_room(speech, rng)
    return np.asarray(placed / placed.std())


@dataclass(frozen=True)
class _Score:
    """Knots between which loudness, pitch and formants move on straight lines."""

    times_s: list[float] = field(default_factory=list)
    loudness: list[float] = field(default_factory=list)
    pitch_hz: list[float] = field(default_factory=list)
    formants_hz: list[NDArray[np.float64]] = field(default_factory=list)
    hisses: list[tuple[float, float, int]] = field(default_factory=list)  # start, length, kind

    def add(self, time_s: float, loudness: float, pitch_hz: float, formants_hz: NDArray[np.float64]) -> None:
        self.times_s.append(time_s)
        self.loudness.append(loudness)
        self.pitch_hz.append(pitch_hz)
        self.formants_hz.append(formants_hz)


def _score(voice: Voice, duration_s: float, rng: np.random.Generator) -> _Score:
    score = _Score()
    time_s = rng.uniform(-0.3, 0.3)  # a recording begins within a word as well as before one
    while time_s < duration_s:
        num_syllables = int(rng.integers(3, 9))
        for number in range(num_syllables):
            time_s = _syllable(score, voice, time_s, number / num_syllables, rng)
        score.add(time_s + 0.04, 0.0, score.pitch_hz[-1] * 0.9, score.formants_hz[-1])
        time_s += rng.uniform(0.12, 0.5) * voice.tempo
    return score


def _syllable(score: _Score, voice: Voice, time_s: float, along: float, rng: np.random.Generator) -> float:
    """Adds a consonant and a vowel, `along` (0 to 1) in its phrase; when it ends."""
    accent = rng.normal(0, voice.melody)
    pitch_hz = voice.pitch_hz * (1.12 - 0.24 * along) * 2 ** (accent / 12)
    vowel = _VOWELS_HZ[rng.integers(len(_VOWELS_HZ))] * rng.uniform(0.95, 1.05, 3)
    formants_hz = voice.tract * np.concatenate([vowel, _HIGH_FORMANTS_HZ])
    consonant_s = rng.uniform(0.03, 0.11) * voice.tempo
    vowel_s = rng.uniform(0.09, 0.26) * voice.tempo
    kind = rng.choice(("glide", "hiss", "stop"), p=(0.35, 0.4, 0.25))
    if kind == "hiss":
        score.hisses.append((time_s, consonant_s + 0.03, int(rng.integers(3))))
    if kind == "stop":
        score.hisses.append((time_s + consonant_s - 0.015, 0.015, 3))
    score.add(time_s, 0.25 if kind == "glide" else 0.02, pitch_hz, formants_hz * 0.9)
    score.add(time_s + consonant_s, 0.3 if kind == "glide" else 0.04, pitch_hz, formants_hz * 0.97)
    loud = rng.uniform(0.5, 1.0)
    score.add(time_s + consonant_s + 0.3 * vowel_s, loud, pitch_hz * 1.03, formants_hz)
    score.add(time_s + consonant_s + 0.8 * vowel_s, 0.7 * loud, pitch_hz * 0.97, formants_hz)
    return time_s + consonant_s + vowel_s


def _voiced(voice: Voice, score: _Score, num_samples: int, rng: np.random.Generator) -> NDArray[np.float64]:
    times_s = np.arange(num_samples) / RATE_HZ
    drift = np.interp(times_s, np.arange(0, times_s[-1] + 0.1, 0.05), _smooth_noise(times_s[-1], rng))
    pitch_hz = np.interp(times_s, score.times_s, score.pitch_hz) * (1 + voice.jitter * drift)
    cycle = np.cumsum(pitch_hz) / RATE_HZ
    shimmer = rng.normal(1, voice.shimmer, int(cycle[-1]) + 2)
    pulses = np.diff(_glottal_flow(cycle % 1), prepend=0.0) * shimmer[cycle.astype(np.int64)]
    pulses = _filtered(pulses, lambda hz: _low_pass(hz, voice.tilt))
    breath = voice.breath * rng.standard_normal(num_samples) * (0.5 + (cycle % 1 < _OPEN))
    loudness = np.interp(times_s, score.times_s, score.loudness)
    return _through_formants((pulses + breath) * loudness, score)


def _smooth_noise(duration_s: float, rng: np.random.Generator) -> NDArray[np.float64]:
    return rng.standard_normal(len(np.arange(0, duration_s + 0.1, 0.05)))


def _glottal_flow(phase: NDArray[np.float64]) -> NDArray[np.float64]:
    """Air through the glottis at a share of its cycle (A. E. Rosenberg, JASA 49, 1971, type C)."""
    opening = 0.5 * (1 - np.cos(np.pi * phase / _OPEN))
    closing = np.cos(0.5 * np.pi * (phase - _OPEN) / _CLOSING)
    return np.where(phase < _OPEN, opening, np.where(phase < _OPEN + _CLOSING, closing, 0.0))


def _through_formants(source: NDArray[np.float64], score: _Score) -> NDArray[np.float64]:
    """A cascade of five resonators, set anew every hop: filtered windows, overlapped and added."""
    num_hops = len(source) // _HOP + 2
    padded = np.pad(source, (_HOP, 2 * _HOP))
    windows = sliding_window_view(padded, 2 * _HOP)[: num_hops * _HOP : _HOP] * np.hanning(2 * _HOP + 1)[:-1]
    size = 2 * _HOP + _RING
    shapes = _responses(np.arange(num_hops) * _HOP / RATE_HZ, score, size)
    rung = fft.irfft(fft.rfft(windows, size) * shapes, size)
    out = np.zeros(num_hops * _HOP + size)
    for part in range(size // _HOP + 1):  # every hop of all windows at once
        piece = rung[:, part * _HOP : (part + 1) * _HOP]
        place = out[part * _HOP : part * _HOP + num_hops * _HOP].reshape(num_hops, _HOP)
        place[:, : piece.shape[1]] += piece
    return out[_HOP : _HOP + len(source)]


def _responses(times_s: NDArray[np.float64], score: _Score, size: int) -> NDArray[np.complex128]:
    """(time, bin) what the vocal tract does to each frequency, with a gain of 1 at 0 Hz."""
    turn = np.exp(-2j * np.pi * np.arange(size // 2 + 1) / size)
    knots = np.array(score.formants_hz)
    total = np.ones((len(times_s), len(turn)), np.complex128)
    for band, bandwidth_hz in enumerate(_BANDWIDTHS_HZ):
        formant_hz = np.minimum(np.interp(times_s, score.times_s, knots[:, band]), 0.46 * RATE_HZ)
        radius = np.exp(-np.pi * bandwidth_hz / RATE_HZ)
        first = -2 * radius * np.cos(2 * np.pi * formant_hz / RATE_HZ)[:, None]
        total *= (1 + first + radius**2) / (1 + first * turn + radius**2 * turn**2)
    return total


def _filtered(
    sound: NDArray[np.float64], response: Callable[[NDArray[np.float64]], NDArray[np.complex128]]
) -> NDArray[np.float64]:
    """The sound after a filter given by its response at a frequency in Hz."""
    size = fft.next_fast_len(2 * len(sound), real=True)
    spectrum = fft.rfft(sound, size) * response(fft.rfftfreq(size, 1 / RATE_HZ))
    return np.asarray(fft.irfft(spectrum, size)[: len(sound)])


def _low_pass(hz: NDArray[np.float64], pole: float) -> NDArray[np.complex128]:
    return np.asarray((1 - pole) / (1 - pole * np.exp(-2j * np.pi * hz / RATE_HZ)))


def _add_hiss(
    speech: NDArray[np.float64], start_s: float, length_s: float, kind: int, rng: np.random.Generator
) -> None:
    """Adds band-passed noise with a soft start and end to a stretch of the speech, in place."""
    length = round(length_s * RATE_HZ)
    low_hz, high_hz = _HISS_HZ[kind]
    noise = _filtered(rng.standard_normal(length), lambda hz: _band_pass(hz, low_hz, high_hz))
    hiss = noise * np.hanning(length) * rng.uniform(0.3, 0.8)
    start = round(start_s * RATE_HZ)
    first, last = max(start, 0), min(start + length, len(speech))
    if first < last:
        speech[first:last] += hiss[first - start : last - start]


def _band_pass(hz: NDArray[np.float64], low_hz: float, high_hz: float) -> NDArray[np.complex128]:
    width_hz = np.maximum(hz, 1) * (high_hz - low_hz)
    return np.asarray(width_hz / (width_hz + 1j * (hz**2 - low_hz * high_hz)))


def _in_room(speech: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """With a decaying echo and the room's own noise, 18 to 40 dB below the speech."""
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
