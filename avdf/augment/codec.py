"""Encodes and decodes with AAC, MP3, Opus or a codec of telephony at a random bit rate."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from avdf.augment import AUGMENTS
from avdf.channels import codec
from avdf.channels._codecs import CODECS, CodecName
from avdf.config.bounds import check_probability, check_range


@dataclass(frozen=True, kw_only=True)
class CodecConfig:
    """Encoders use the nearest bit rate that they support; MP3 above 16 kHz supports none below 32 kbit/s.

    The other codecs, of telephony and of older equipment, are off unless they are named.
    """

    codecs: list[CodecName] = field(default_factory=lambda: ["aac", "mp3", "opus"])  # one is drawn
    min_kbit_per_s: float = 12.0
    max_kbit_per_s: float = 64.0
    probability: float = 1.0

    def __post_init__(self) -> None:
        check_probability(self)
        if not self.codecs or len(set(self.codecs)) < len(self.codecs):
            raise ValueError(f"codecs must name {', '.join(CODECS)}, each once, got {list(self.codecs)}")
        check_range(self, "min_kbit_per_s", "max_kbit_per_s", lowest=8, highest=128)


@dataclass(frozen=True)
class Drawn:
    codec: CodecName
    kbit_per_s: float


@AUGMENTS.register("codec", CodecConfig)
class Codec:
    """By far the slowest augmentation (benchmarks/augment.py): use data.workers or a probability below 1."""

    stage = "waveform"

    def __init__(self, config: CodecConfig) -> None:
        self.config = config

    def draw(self, rng: np.random.Generator, num_samples: int, sample_rate_hz: int) -> Drawn | None:
        config = self.config
        if rng.random() >= config.probability:
            return None
        # Log-uniform: a codec changes more from 12 to 24 kbit/s than from 52 to 64.
        log_rate = rng.uniform(np.log(config.min_kbit_per_s), np.log(config.max_kbit_per_s))
        return Drawn(config.codecs[int(rng.integers(len(config.codecs)))], float(np.exp(log_rate)))

    def apply(self, waveform: NDArray[np.float32], drawn: Drawn, sample_rate_hz: int) -> NDArray[np.float32]:
        """(sample,) -> (sample,), aligned with the input."""
        channel = codec.Codec(codec.CodecConfig(codec=drawn.codec, kbit_per_s=drawn.kbit_per_s))
        return channel.apply(waveform, sample_rate_hz, np.random.default_rng(0))
