"""Cuts the start off, which may alone tell real from fake: see the shortcuts in docs/audit.md."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avdf.channels import CHANNELS
from avdf.config.bounds import check_within


@dataclass(frozen=True, kw_only=True)
class CutStartConfig:
    seconds: float = 0.15

    def __post_init__(self) -> None:
        check_within(self, "seconds", lowest=0, highest=60)


@CHANNELS.register("cut_start", CutStartConfig)
class CutStart:
    """At least one sample is left."""

    def __init__(self, config: CutStartConfig) -> None:
        self.config = config

    def apply(
        self, waveform: NDArray[np.float32], sample_rate_hz: int, rng: np.random.Generator
    ) -> NDArray[np.float32]:
        """(sample,) -> (fewer samples,)"""
        return waveform[min(round(self.config.seconds * sample_rate_hz), len(waveform) - 1) :]
