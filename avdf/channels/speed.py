"""Changes speed and pitch together, by resampling."""

from dataclasses import dataclass

import numpy as np
import soxr
from numpy.typing import NDArray

from avdf.channels import CHANNELS
from avdf.config.bounds import check_within


@dataclass(frozen=True, kw_only=True)
class SpeedConfig:
    factor: float = 1.05  # at 1.1 a tone of 1000 Hz becomes one of 1100 Hz

    def __post_init__(self) -> None:
        check_within(self, "factor", lowest=0.25, highest=4)


@CHANNELS.register("speed", SpeedConfig)
class Speed:
    """The length changes: at a factor of 1.05 by 1 / 1.05."""

    def __init__(self, config: SpeedConfig) -> None:
        self.config = config

    def apply(
        self, waveform: NDArray[np.float32], sample_rate_hz: int, rng: np.random.Generator
    ) -> NDArray[np.float32]:
        """(sample,) -> (another number of samples,)"""
        rate_hz = self.config.factor * sample_rate_hz
        altered = soxr.resample(waveform, rate_hz, sample_rate_hz, quality="HQ")
        if not len(altered):  # a waveform of a sample or two
            return waveform
        return np.asarray(altered, dtype=np.float32)
