"""Changes the level by a random number of decibels."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avdf.augment import AUGMENTS
from avdf.channels import gain
from avdf.config.bounds import check_probability, check_range


@dataclass(frozen=True, kw_only=True)
class GainConfig:
    min_db: float = -12.0
    max_db: float = 12.0
    probability: float = 1.0

    def __post_init__(self) -> None:
        check_probability(self)
        check_range(self, "min_db", "max_db", lowest=-60, highest=60)


@dataclass(frozen=True)
class Drawn:
    gain_db: float


@AUGMENTS.register("gain", GainConfig)
class Gain:
    """Samples are not clipped and may exceed [-1, 1]."""

    stage = "waveform"

    def __init__(self, config: GainConfig) -> None:
        self.config = config

    def draw(self, rng: np.random.Generator, num_samples: int, sample_rate_hz: int) -> Drawn | None:
        if rng.random() >= self.config.probability:
            return None
        return Drawn(float(rng.uniform(self.config.min_db, self.config.max_db)))

    def apply(self, waveform: NDArray[np.float32], drawn: Drawn, sample_rate_hz: int) -> NDArray[np.float32]:
        """(sample,) -> (sample,)"""
        channel = gain.Gain(gain.GainConfig(db=drawn.gain_db))
        return channel.apply(waveform, sample_rate_hz, np.random.default_rng(0))
