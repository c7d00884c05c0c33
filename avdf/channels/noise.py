"""Stationary noise, from white to pink, at a signal-to-noise ratio."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from avdf.channels import CHANNELS
from avdf.channels._mixing import mixed
from avdf.config.bounds import check_within

_DB_PER_OCTAVE_OF_1_OVER_F = 10 * math.log10(2)  # a power spectrum of 1/f falls by 3.01 dB per octave


@dataclass(frozen=True, kw_only=True)
class NoiseConfig:
    """A fall of 0 dB per octave is white noise, of 3.01 dB pink noise."""

    snr_db: float = 20.0
    fall_db_per_octave: float = 0.0

    def __post_init__(self) -> None:
        check_within(self, "snr_db", lowest=-20, highest=100)
        check_within(self, "fall_db_per_octave", lowest=0, highest=6.1)


@CHANNELS.register("noise", NoiseConfig)
class Noise:
    """Gaussian noise; digital silence stays unchanged."""

    def __init__(self, config: NoiseConfig) -> None:
        self.config = config

    def apply(
        self, waveform: NDArray[np.float32], sample_rate_hz: int, rng: np.random.Generator
    ) -> NDArray[np.float32]:
        """(sample,) -> (sample,)"""
        noise = _coloured_noise(len(waveform), self.config.fall_db_per_octave, rng)
        return mixed(waveform, noise, self.config.snr_db)


def _coloured_noise(
    num_samples: int, fall_db_per_octave: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    """(sample,) Gaussian noise of mean 0 whose power spectrum falls by that much per octave."""
    length = fft.next_fast_len(max(num_samples, 2), real=True)
    spectrum = fft.rfft(rng.standard_normal(length))
    bins = np.arange(1, len(spectrum))
    spectrum[1:] *= bins ** (-0.5 * fall_db_per_octave / _DB_PER_OCTAVE_OF_1_OVER_F)
    spectrum[0] = 0
    noise: NDArray[np.float64] = fft.irfft(spectrum, length)[:num_samples]
    return noise
