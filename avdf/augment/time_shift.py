"""Rotates the waveform: samples shifted out at one end re-enter at the other."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avdf.augment import AUGMENTS
from avdf.config.bounds import check_positive, check_probability


@dataclass(frozen=True, kw_only=True)
class TimeShiftConfig:
    max_share: float = 0.5  # of the waveform, in either direction
    probability: float = 1.0

    def __post_init__(self) -> None:
        check_probability(self)
        check_positive(self, "max_share", highest=0.5)


@dataclass(frozen=True)
class Drawn:
    num_samples: int  # to the right; negative: to the left


@AUGMENTS.register("time_shift", TimeShiftConfig)
class TimeShift:
    stage = "waveform"

    def __init__(self, config: TimeShiftConfig) -> None:
        self.config = config

    def draw(self, rng: np.random.Generator, num_samples: int, sample_rate_hz: int) -> Drawn | None:
        if rng.random() >= self.config.probability:
            return None
        max_shift = int(self.config.max_share * num_samples)
        return Drawn(int(rng.integers(-max_shift, max_shift, endpoint=True)))

    def apply(self, waveform: NDArray[np.float32], drawn: Drawn, sample_rate_hz: int) -> NDArray[np.float32]:
        """(sample,) -> (sample,)"""
        return np.roll(waveform, drawn.num_samples)
