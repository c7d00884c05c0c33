"""Synthetic reverberation: the direct sound and a tail of exponentially decaying noise."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avdf.augment import AUGMENTS
from avdf.channels import reverb
from avdf.config.bounds import check_probability, check_range


@dataclass(frozen=True, kw_only=True)
class ReverbConfig:
    """From a furnished room (a reverberation time of 0.15 s) to a hall; the tail starts after `predelay`."""

    min_rt60_s: float = 0.15
    max_rt60_s: float = 0.8
    min_direct_to_tail_db: float = 0.0  # ratio of the energies of direct sound and tail
    max_direct_to_tail_db: float = 15.0
    min_predelay_ms: float = 1.0
    max_predelay_ms: float = 20.0
    probability: float = 1.0

    def __post_init__(self) -> None:
        check_probability(self)
        check_range(self, "min_rt60_s", "max_rt60_s", lowest=0.01, highest=10)
        check_range(self, "min_direct_to_tail_db", "max_direct_to_tail_db", lowest=-30, highest=60)
        check_range(self, "min_predelay_ms", "max_predelay_ms", lowest=0, highest=200)


@dataclass(frozen=True)
class Drawn:
    rt60_s: float
    direct_to_tail_db: float
    predelay_ms: float
    tail_seed: int


@AUGMENTS.register("reverb", ReverbConfig)
class Reverb:
    """The channel `reverb` with random settings."""

    stage = "waveform"

    def __init__(self, config: ReverbConfig) -> None:
        self.config = config

    def draw(self, rng: np.random.Generator, num_samples: int, sample_rate_hz: int) -> Drawn | None:
        config = self.config
        if rng.random() >= config.probability:
            return None
        return Drawn(
            rt60_s=float(rng.uniform(config.min_rt60_s, config.max_rt60_s)),
            direct_to_tail_db=float(rng.uniform(config.min_direct_to_tail_db, config.max_direct_to_tail_db)),
            predelay_ms=float(rng.uniform(config.min_predelay_ms, config.max_predelay_ms)),
            tail_seed=int(rng.integers(2**32)),
        )

    def apply(self, waveform: NDArray[np.float32], drawn: Drawn, sample_rate_hz: int) -> NDArray[np.float32]:
        """(sample,) -> (sample,); the tail after the end of the clip is cut off."""
        config = reverb.ReverbConfig(
            rt60_s=drawn.rt60_s, direct_to_tail_db=drawn.direct_to_tail_db, predelay_ms=drawn.predelay_ms
        )
        return reverb.Reverb(config).apply(waveform, sample_rate_hz, np.random.default_rng(drawn.tail_seed))
