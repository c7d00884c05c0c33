"""Babble: several people who speak at once, at a signal-to-noise ratio.

The people are synthetic, those of the demo data: a test needs no other recordings for it, no voice of a data
set is heard in two splits, and real and fake clips get the same babble.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import soxr
from numpy.typing import NDArray

from avdf.channels import CHANNELS
from avdf.channels._mixing import mixed
from avdf.config.bounds import check_within
from avdf.demo.babble import draw_voice
from avdf.demo.voice import RATE_HZ, speak

_SECONDS = 8.0  # of each speaker, who starts at a random place and is repeated


@dataclass(frozen=True, kw_only=True)
class BabbleConfig:
    snr_db: float = 20.0
    num_voices: int = 6  # half of them women

    def __post_init__(self) -> None:
        check_within(self, "snr_db", lowest=-20, highest=100)
        check_within(self, "num_voices", lowest=1, highest=32)


@CHANNELS.register("babble", BabbleConfig)
class Babble:
    """Where the speakers start is drawn, and how loud each is (within 6 dB)."""

    def __init__(self, config: BabbleConfig) -> None:
        self.config = config

    def apply(
        self, waveform: NDArray[np.float32], sample_rate_hz: int, rng: np.random.Generator
    ) -> NDArray[np.float32]:
        """(sample,) -> (sample,); digital silence stays unchanged."""
        voices = _voices(self.config.num_voices, sample_rate_hz)
        places = np.arange(len(waveform))
        babble = np.zeros(len(waveform))
        for voice in voices:
            loudness = 10 ** (rng.uniform(-6, 0) / 20)
            babble += loudness * voice[(rng.integers(len(voice)) + places) % len(voice)]
        return mixed(waveform, babble, self.config.snr_db)


@lru_cache(maxsize=4)
def _voices(num: int, sample_rate_hz: int) -> list[NDArray[np.float64]]:
    """What each speaker says, made once per process."""
    rng = np.random.default_rng(0)
    said = [speak(draw_voice(rng, ("women", "men")[number % 2]), _SECONDS, rng) for number in range(num)]
    return [soxr.resample(voice, RATE_HZ, sample_rate_hz) for voice in said]
