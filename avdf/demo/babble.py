"""The utterances of the synthetic voices: syllables of no language, in phrases, with pauses."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

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
_NUM_HISSES = 3  # kinds of fricatives
STOP = _NUM_HISSES  # the kind of a stop's burst
_BURST_S = 0.015


@dataclass(frozen=True, kw_only=True)
class Voice:
    """The parameters of one synthetic speaker."""

    pitch_hz: float
    melody: float  # spread of the accents, in semitones
    tract: float  # factor of every formant; above 1 for a shorter vocal tract
    breath: float  # noise added to the pulses, relative to them
    tempo: float  # factor of every duration
    tilt: float  # of a one-pole low pass over the pulses
    jitter: float  # standard deviation of the pitch drift, relative to the pitch
    shimmer: float  # standard deviation of the pulse heights, relative to them


def draw_voice(rng: np.random.Generator, gender: str) -> Voice:
    """Draws a speaker; women have a higher pitch and a shorter tract, as in measured means."""
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


@dataclass(frozen=True)
class Score:
    """Knots of loudness, pitch and formants, interpolated linearly, and a list of hisses."""

    times_s: list[float] = field(default_factory=list)
    loudness: list[float] = field(default_factory=list)
    pitch_hz: list[float] = field(default_factory=list)
    formants_hz: list[NDArray[np.float64]] = field(default_factory=list)
    hisses: list[tuple[float, float, int]] = field(default_factory=list)  # start, length, kind

    def add(self, time_s: float, loudness: float, pitch_hz: float, formants_hz: NDArray[np.float64]) -> None:
        """Appends a knot; its time must be after those of all others."""
        self.times_s.append(time_s)
        self.loudness.append(loudness)
        self.pitch_hz.append(pitch_hz)
        self.formants_hz.append(formants_hz)


def draw_score(voice: Voice, duration_s: float, rng: np.random.Generator) -> Score:
    """Draws babble of at least that duration; the last phrase may be longer."""
    score = Score()
    time_s = rng.uniform(-0.3, 0.3)  # a recording may start within a word
    while time_s < duration_s:
        num_syllables = int(rng.integers(3, 9))
        for number in range(num_syllables):
            time_s = _add_syllable(score, voice, time_s, number / num_syllables, rng)
        score.add(time_s + 0.04, 0.0, score.pitch_hz[-1] * 0.9, score.formants_hz[-1])
        time_s += rng.uniform(0.12, 0.5) * voice.tempo
    return score


def _add_syllable(score: Score, voice: Voice, time_s: float, along: float, rng: np.random.Generator) -> float:
    """Adds a consonant and a vowel at `along` (0 to 1) of their phrase; returns the time of their end."""
    accent = rng.normal(0, voice.melody)
    pitch_hz = voice.pitch_hz * (1.12 - 0.24 * along) * 2 ** (accent / 12)
    vowel = _VOWELS_HZ[rng.integers(len(_VOWELS_HZ))] * rng.uniform(0.95, 1.05, 3)
    formants_hz = voice.tract * np.concatenate([vowel, _HIGH_FORMANTS_HZ])
    start_s = time_s + rng.uniform(0.03, 0.11) * voice.tempo  # of the vowel
    vowel_s = rng.uniform(0.09, 0.26) * voice.tempo
    kind = rng.choice(("glide", "hiss", "stop"), p=(0.35, 0.4, 0.25))
    if kind == "hiss":
        score.hisses.append((time_s, start_s - time_s + 0.03, int(rng.integers(_NUM_HISSES))))
    if kind == "stop":
        score.hisses.append((start_s - _BURST_S, _BURST_S, STOP))
    first, second = (0.25, 0.3) if kind == "glide" else (0.02, 0.04)
    loud = rng.uniform(0.5, 1.0)
    score.add(time_s, first, pitch_hz, formants_hz * 0.9)
    score.add(start_s, second, pitch_hz, formants_hz * 0.97)
    score.add(start_s + 0.3 * vowel_s, loud, pitch_hz * 1.03, formants_hz)
    score.add(start_s + 0.8 * vowel_s, 0.7 * loud, pitch_hz * 0.97, formants_hz)
    return float(start_s + vowel_s)
