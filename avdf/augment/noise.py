"""Adds stationary noise, from white to pink, at a random signal-to-noise ratio."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avdf.augment import AUGMENTS
from avdf.channels import noise
from avdf.config.bounds import check_probability, check_range


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
        config = noise.NoiseConfig(snr_db=drawn.snr_db, fall_db_per_octave=drawn.fall_db_per_octave)
        return noise.Noise(config).apply(waveform, sample_rate_hz, np.random.default_rng(drawn.noise_seed))
