"""Plugins: what happens to sound before the detector hears it; the stress test and training use them."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from avdf.registry import Registry

CHANNELS = Registry("channel", "avdf.channels")


class Channel(Protocol):
    """A function of the waveform, its sample rate and `rng` alone: it does not know what is real or fake.

    The result is aligned with the waveform and has its length, except where a channel cuts or changes the
    speed. The waveform is not changed in place.
    """

    def apply(
        self, waveform: NDArray[np.float32], sample_rate_hz: int, rng: np.random.Generator
    ) -> NDArray[np.float32]:
        """(sample,) float32 -> (sample,) float32, at least one sample."""
        ...
