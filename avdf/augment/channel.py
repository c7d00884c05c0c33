"""Any channel of sound of avdf.channels, with fixed settings."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avdf.augment import AUGMENTS
from avdf.channels import Channel as AnyChannel
from avdf.channels import build_channel
from avdf.config.bounds import check_probability


@dataclass(frozen=True, kw_only=True)
class ChannelConfig:
    """`channel` is {name: ..., settings}, as in {name: packet_loss, share: 0.1}."""

    channel: dict[str, Any] = field(default_factory=lambda: {"name": "babble"})
    probability: float = 1.0

    def __post_init__(self) -> None:
        check_probability(self)


@dataclass(frozen=True)
class Drawn:
    seed: int


@AUGMENTS.register("channel", ChannelConfig)
class Channel:
    """The length is kept: where the channel makes it shorter, the sound is repeated."""

    stage = "waveform"

    def __init__(self, config: ChannelConfig) -> None:
        self.config = config
        self._through: AnyChannel = build_channel(config.channel, "channel")

    def draw(self, rng: np.random.Generator, num_samples: int, sample_rate_hz: int) -> Drawn | None:
        if rng.random() >= self.config.probability:
            return None
        return Drawn(int(rng.integers(2**32)))

    def apply(self, waveform: NDArray[np.float32], drawn: Drawn, sample_rate_hz: int) -> NDArray[np.float32]:
        """(sample,) -> (sample,)"""
        altered = self._through.apply(waveform, sample_rate_hz, np.random.default_rng(drawn.seed))
        return np.resize(altered, len(waveform))
