"""Loses packets of a stream of speech and fills the gaps with what was heard before."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avdf.channels import CHANNELS
from avdf.config.bounds import check_positive, check_share

_FALL = 0.5  # of the amplitude with each packet that is lost in a row


@dataclass(frozen=True, kw_only=True)
class PacketLossConfig:
    share: float = 0.05  # of the packets, lost independently of each other
    packet_s: float = 0.02  # the usual length in telephony over the internet

    def __post_init__(self) -> None:
        check_share(self, "share")
        check_positive(self, "packet_s", highest=1)


@CHANNELS.register("packet_loss", PacketLossConfig)
class PacketLoss:
    """A lost packet is replaced by the last one that arrived, at half the amplitude for each loss in a row.

    That is the simplest concealment in use; where nothing has arrived yet there is silence.
    """

    def __init__(self, config: PacketLossConfig) -> None:
        self.config = config

    def apply(
        self, waveform: NDArray[np.float32], sample_rate_hz: int, rng: np.random.Generator
    ) -> NDArray[np.float32]:
        """(sample,) -> (sample,)"""
        size = max(round(self.config.packet_s * sample_rate_hz), 1)
        heard = waveform.copy()
        is_lost = rng.random(-(-len(waveform) // size)) < self.config.share
        last = np.zeros(size, np.float32)
        for number, lost in enumerate(is_lost):
            packet = heard[number * size : (number + 1) * size]  # a view
            if lost:
                last = np.float32(_FALL) * last
                packet[:] = last[: len(packet)]
            else:
                last = np.resize(packet, size)
        return heard
