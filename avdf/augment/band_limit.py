"""Band-pass filter, as of a telephone or a cheap microphone."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avdf.augment import AUGMENTS
from avdf.channels import band_limit
from avdf.config.bounds import check_probability, check_range


@dataclass(frozen=True, kw_only=True)
class BandLimitConfig:
    """Cut-off frequencies (-3 dB); 300 to 3400 Hz is telephone speech."""

    min_high_pass_hz: float = 20.0
    max_high_pass_hz: float = 300.0
    min_low_pass_hz: float = 3000.0
    max_low_pass_hz: float = 8000.0
    probability: float = 1.0

    def __post_init__(self) -> None:
        check_probability(self)
        check_range(self, "min_high_pass_hz", "max_high_pass_hz", lowest=1, highest=24000)
        check_range(self, "min_low_pass_hz", "max_low_pass_hz", lowest=1, highest=24000)
        if self.max_high_pass_hz >= self.min_low_pass_hz:
            raise ValueError(
                f"max_high_pass_hz must be below min_low_pass_hz, got {self.max_high_pass_hz} and "
                f"{self.min_low_pass_hz}"
            )


@dataclass(frozen=True)
class Drawn:
    high_pass_hz: float
    low_pass_hz: float


@AUGMENTS.register("band_limit", BandLimitConfig)
class BandLimit:
    """Butterworth filters; cut-offs are drawn log-uniformly. One above half the sample rate has no effect."""

    stage = "waveform"

    def __init__(self, config: BandLimitConfig) -> None:
        self.config = config

    def draw(self, rng: np.random.Generator, num_samples: int, sample_rate_hz: int) -> Drawn | None:
        config = self.config
        if rng.random() >= config.probability:
            return None
        high_pass = rng.uniform(np.log(config.min_high_pass_hz), np.log(config.max_high_pass_hz))
        low_pass = rng.uniform(np.log(config.min_low_pass_hz), np.log(config.max_low_pass_hz))
        return Drawn(high_pass_hz=float(np.exp(high_pass)), low_pass_hz=float(np.exp(low_pass)))

    def apply(self, waveform: NDArray[np.float32], drawn: Drawn, sample_rate_hz: int) -> NDArray[np.float32]:
        """(sample,) -> (sample,)"""
        config = band_limit.BandLimitConfig(high_pass_hz=drawn.high_pass_hz, low_pass_hz=drawn.low_pass_hz)
        return band_limit.BandLimit(config).apply(waveform, sample_rate_hz, np.random.default_rng(0))
