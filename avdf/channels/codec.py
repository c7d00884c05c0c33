"""Encodes and decodes with a codec of telephony, messengers or the web."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avdf.channels import CHANNELS
from avdf.channels._codecs import CodecName, is_available, round_trip
from avdf.config.bounds import check_within
from avdf.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class CodecConfig:
    """The nearest bit rate that the encoder supports is used; A-law, µ-law and G.722 have only one."""

    codec: CodecName = "opus"
    kbit_per_s: float | None = None  # default: the codec's usual one

    def __post_init__(self) -> None:
        check_within(self, "kbit_per_s", lowest=4, highest=128)


@CHANNELS.register("codec", CodecConfig)
class Codec:
    """The codec's delay is removed. A codec of 8 kHz leaves nothing above 4 kHz.

    Raises ConfigError if the FFmpeg of PyAV lacks the codec, as some builds lack AMR-NB.
    """

    def __init__(self, config: CodecConfig) -> None:
        if not is_available(config.codec):
            raise ConfigError(f"codec: the FFmpeg of PyAV has no {config.codec}; leave it out")
        self.config = config

    def apply(
        self, waveform: NDArray[np.float32], sample_rate_hz: int, rng: np.random.Generator
    ) -> NDArray[np.float32]:
        """(sample,) -> (sample,), aligned with the input."""
        return round_trip(waveform, self.config.codec, self.config.kbit_per_s, sample_rate_hz)
