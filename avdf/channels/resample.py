"""Resamples to a lower rate and back, which removes all above half of that rate."""

from dataclasses import dataclass

import numpy as np
import soxr
from numpy.typing import NDArray

from avdf.channels import CHANNELS
from avdf.channels._lengths import fitted
from avdf.config.bounds import check_within


@dataclass(frozen=True, kw_only=True)
class ResampleConfig:
    rate_hz: int = 8000  # 8000 is the rate of a telephone

    def __post_init__(self) -> None:
        check_within(self, "rate_hz", lowest=1000, highest=48000)


@CHANNELS.register("resample", ResampleConfig)
class Resample:
    """A rate that is not lower than that of the sound changes nothing."""

    def __init__(self, config: ResampleConfig) -> None:
        self.config = config

    def apply(
        self, waveform: NDArray[np.float32], sample_rate_hz: int, rng: np.random.Generator
    ) -> NDArray[np.float32]:
        """(sample,) -> (sample,)"""
        if self.config.rate_hz >= sample_rate_hz:
            return waveform
        low = soxr.resample(waveform, sample_rate_hz, self.config.rate_hz, quality="HQ")
        back = soxr.resample(low, self.config.rate_hz, sample_rate_hz, quality="HQ")
        return fitted(back, len(waveform))
