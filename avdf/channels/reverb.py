"""Synthetic reverberation: the direct sound and a tail of exponentially decaying noise."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import oaconvolve

from avdf.channels import CHANNELS
from avdf.config.bounds import check_within


@dataclass(frozen=True, kw_only=True)
class ReverbConfig:
    """0.3 s is a furnished room, 0.8 s a large or a bare one; the tail starts after `predelay_ms`."""

    rt60_s: float = 0.3
    direct_to_tail_db: float = 3.0  # ratio of the energies of direct sound and tail
    predelay_ms: float = 5.0

    def __post_init__(self) -> None:
        check_within(self, "rt60_s", lowest=0.01, highest=10)
        check_within(self, "direct_to_tail_db", lowest=-30, highest=60)
        check_within(self, "predelay_ms", lowest=0, highest=200)


@CHANNELS.register("reverb", ReverbConfig)
class Reverb:
    """Polack's model of late reverberation (La transmission de l'énergie sonore dans les salles, 1988).

    The direct sound is not delayed, and the energy of the clip is kept.
    """

    def __init__(self, config: ReverbConfig) -> None:
        self.config = config

    def apply(
        self, waveform: NDArray[np.float32], sample_rate_hz: int, rng: np.random.Generator
    ) -> NDArray[np.float32]:
        """(sample,) -> (sample,); the tail after the end of the clip is cut off."""
        room = room_response(self.config, sample_rate_hz, rng)
        wet = oaconvolve(waveform, room)[: len(waveform)]
        energy, wet_energy = float(np.sum(waveform.astype(np.float64) ** 2)), float(np.sum(wet**2))
        scale = math.sqrt(energy / wet_energy) if wet_energy > 0 else 1.0
        return np.asarray(scale * wet, dtype=np.float32)


def room_response(config: ReverbConfig, sample_rate_hz: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """(sample,) the impulse response: 1, zeros for the predelay, then the tail down to -60 dB."""
    num_tail = max(round(config.rt60_s * sample_rate_hz), 1)
    start = 1 + round(config.predelay_ms / 1000 * sample_rate_hz)
    fall = 10 ** (-3 * np.arange(num_tail) / num_tail)  # of the amplitude: by 60 dB at the end
    tail = fall * rng.standard_normal(num_tail)
    tail *= math.sqrt(10 ** (-config.direct_to_tail_db / 10) / float(np.sum(tail**2)))
    return np.concatenate([[1.0], np.zeros(start - 1), tail])
