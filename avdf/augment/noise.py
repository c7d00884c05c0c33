"""Adds stationary noise, from white to pink, at a random signal-to-noise ratio."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from avdf.augment import AUGMENTS
from avdf.config.bounds import check_probability, check_range

_DB_PER_OCTAVE_OF_1_OVER_F = 10 * math.log10(2)  # a power spectrum of 1/f falls by 3.01 dB per octave


@dataclass(frozen=True, kw_only=True)
class NoiseConfig:
    """A fall of 0 dB per octave is white noise, of 3.01 dB pink noise."""

    min_snr_db: float = 5.0
    max_snr_db: float = 40.0
    min_fall_db_per_octave: float = 0.0
    max_fall_db_per_octave: float = 3.01
    probability: float = 1.0

    def __post_init__(self) -> None:
        check_probability(self)
        check_range(self, "min_snr_db", "max_snr_db", lowest=-20, highest=100)
        check_range(self, "min_fall_db_per_octave", "max_fall_db_per_octave", lowest=0, highest=6.1)


@dataclass(frozen=True)
class Drawn:
    snr_db: float
    fall_db_per_octave: float
    noise_seed: int


@AUGMENTS.register("noise", NoiseConfig)
class Noise:
    """The ratio is that of the mean squares of signal and noise over the whole waveform."""

    stage = "waveform"

    def __init__(self, config: NoiseConfig) -> None:
        self.config = config

    def draw(self, rng: np.random.Generator, num_samples: int, sample_rate_hz: int) -> Drawn | None:
        if rng.random() >= self.config.probability:
            return None
        return Drawn(
            snr_db=float(rng.uniform(self.config.min_snr_db, self.config.max_snr_db)),
            fall_db_per_octave=float(
                rng.uniform(self.config.min_fall_db_per_octave, self.config.max_fall_db_per_octave)
            ),
            noise_seed=int(rng.integers(2**32)),
        )

    def apply(self, waveform: NDArray[np.float32], drawn: Drawn, sample_rate_hz: int) -> NDArray[np.float32]:
        """(sample,) -> (sample,); digital silence, for which no ratio is defined, stays unchanged."""
        noise = _coloured_noise(len(waveform), drawn.fall_db_per_octave, drawn.noise_seed)
        power = float(np.mean(np.square(waveform, dtype=np.float64)))
        scale = math.sqrt(power / float(np.mean(noise**2)) / 10 ** (drawn.snr_db / 10))
        return waveform + (scale * noise).astype(np.float32)


def _coloured_noise(num_samples: int, fall_db_per_octave: float, seed: int) -> NDArray[np.float64]:
    """(sample,) Gaussian noise of mean 0 whose power spectrum falls by that much per octave."""
    length = fft.next_fast_len(max(num_samples, 2), real=True)
    spectrum = fft.rfft(np.random.default_rng(seed).standard_normal(length))
    bins = np.arange(1, len(spectrum))
    spectrum[1:] *= bins ** (-0.5 * fall_db_per_octave / _DB_PER_OCTAVE_OF_1_OVER_F)
    spectrum[0] = 0
    noise: NDArray[np.float64] = fft.irfft(spectrum, length)[:num_samples]
    return noise
