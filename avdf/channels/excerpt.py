"""A short excerpt from a random place, as of a message or of an interrupted call."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avdf.channels import CHANNELS
from avdf.config.bounds import check_positive


@dataclass(frozen=True, kw_only=True)
class ExcerptConfig:
    seconds: float = 1.0

    def __post_init__(self) -> None:
        check_positive(self, "seconds", highest=600)


@CHANNELS.register("excerpt", ExcerptConfig)
class Excerpt:
    """A sound that is shorter stays as it is."""

    def __init__(self, config: ExcerptConfig) -> None:
        self.config = config

    def apply(
        self, waveform: NDArray[np.float32], sample_rate_hz: int, rng: np.random.Generator
    ) -> NDArray[np.float32]:
        """(sample,) -> (fewer samples,)"""
        size = max(round(self.config.seconds * sample_rate_hz), 1)
        start = int(rng.integers(max(len(waveform) - size, 0) + 1))
        return waveform[start : start + size]
