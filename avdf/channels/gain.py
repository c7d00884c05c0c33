"""Changes the level, and clips what exceeds full scale if asked to."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avdf.channels import CHANNELS
from avdf.config.bounds import check_within


@dataclass(frozen=True, kw_only=True)
class GainConfig:
    db: float = 0.0
    clip: bool = False  # at amplitude 1, as a sound card or a file of 16 bits does

    def __post_init__(self) -> None:
        check_within(self, "db", lowest=-60, highest=60)


@CHANNELS.register("gain", GainConfig)
class Gain:
    """Without `clip`, samples may exceed [-1, 1]."""

    def __init__(self, config: GainConfig) -> None:
        self.config = config

    def apply(
        self, waveform: NDArray[np.float32], sample_rate_hz: int, rng: np.random.Generator
    ) -> NDArray[np.float32]:
        """(sample,) -> (sample,)"""
        louder = waveform * np.float32(10 ** (self.config.db / 20))
        return np.clip(louder, -1, 1) if self.config.clip else louder
