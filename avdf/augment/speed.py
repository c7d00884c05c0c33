"""Changes speed and pitch together, by resampling."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avdf.augment import AUGMENTS
from avdf.channels import speed
from avdf.config.bounds import check_probability, check_range


@dataclass(frozen=True, kw_only=True)
class SpeedConfig:
    """0.9 to 1.1 as in Ko et al., Audio Augmentation for Speech Recognition, Interspeech 2015."""

    min_factor: float = 0.9  # at 1.1 a tone of 1000 Hz becomes one of 1100 Hz
    max_factor: float = 1.1
    probability: float = 1.0

    def __post_init__(self) -> None:
        check_probability(self)
        check_range(self, "min_factor", "max_factor", lowest=0.25, highest=4)


@dataclass(frozen=True)
class Drawn:
    factor: float


@AUGMENTS.register("speed", SpeedConfig)
class Speed:
    """The length is kept: a faster clip is repeated from its start, a slower one is cut."""

    stage = "waveform"

    def __init__(self, config: SpeedConfig) -> None:
        self.config = config

    def draw(self, rng: np.random.Generator, num_samples: int, sample_rate_hz: int) -> Drawn | None:
        if rng.random() >= self.config.probability:
            return None
        return Drawn(float(rng.uniform(self.config.min_factor, self.config.max_factor)))

    def apply(self, waveform: NDArray[np.float32], drawn: Drawn, sample_rate_hz: int) -> NDArray[np.float32]:
        """(sample,) -> (sample,)"""
        channel = speed.Speed(speed.SpeedConfig(factor=drawn.factor))
        altered = channel.apply(waveform, sample_rate_hz, np.random.default_rng(0))
        return np.resize(altered, len(waveform))
