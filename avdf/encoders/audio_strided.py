"""Strided convolutions averaged over time alone: which frequencies a trace lies at is kept.

Averages over frequency as well, as in audio_cnn, forget where in the spectrum a pattern was; decoders leave
theirs at certain frequencies, so the layer after the average sees each band by itself.
"""

import math
from dataclasses import dataclass, field
from typing import Any, Literal

import torch
from torch import Tensor, nn

from avdf.config.bounds import check_share, check_within
from avdf.encoders import ENCODERS
from avdf.encoders._planes import as_planes

_FIRST_KERNEL, _KERNEL = 5, 3
_CHANNELS_PER_GROUP = 8  # that share a mean and a variance where norm is group
_MAX_BLOCKS, _MAX_CHANNELS = 8, 512


@dataclass(frozen=True, kw_only=True)
class AudioStridedConfig:
    """`dim`: a linear layer to that many numbers; null: the averages of all channels and bands themselves."""

    num_bins: int = 64  # as many as the features have: num_mels of log_mel
    num_planes: int = 1  # resolutions of log_spectrogram that are stacked as channels
    channels: list[int] = field(default_factory=lambda: [24, 48, 96])  # output channels of each block
    dim: int | None = None
    dropout: float = 0.0  # of the averages
    norm: Literal["batch", "group"] = "batch"

    def __post_init__(self) -> None:
        check_within(self, "num_bins", lowest=1, highest=4096)
        check_within(self, "num_planes", lowest=1, highest=16)
        check_within(self, "dim", lowest=1, highest=4096)
        check_share(self, "dropout")
        wanted = f"1 to {_MAX_BLOCKS} numbers from 1 to {_MAX_CHANNELS}"
        numbers = list(self.channels)[: _MAX_BLOCKS + 1]
        if not 1 <= len(numbers) <= _MAX_BLOCKS or not all(1 <= item <= _MAX_CHANNELS for item in numbers):
            raise ValueError(f"channels must list {wanted}, got {numbers}")
        if self.norm == "group" and any(number % _CHANNELS_PER_GROUP for number in numbers):
            raise ValueError(f"channels must be multiples of {_CHANNELS_PER_GROUP} where norm is group")

    @property
    def num_bands(self) -> int:
        """Rows that are left of the bins: each block halves them, rounded up."""
        return math.ceil(self.num_bins / (1 << len(self.channels)))


@ENCODERS.register("audio_strided", AudioStridedConfig)
class AudioStrided(nn.Module):
    """Per block: convolution with stride 2, norm, ReLU. Raises ValueError for other sizes of the features."""

    modality = "audio"

    def __init__(self, config: AudioStridedConfig) -> None:
        super().__init__()
        blocks: list[nn.Module] = []
        num_in = config.num_planes
        for number, num_out in enumerate(config.channels):
            kernel = _KERNEL if number else _FIRST_KERNEL
            blocks += [
                nn.Conv2d(num_in, num_out, kernel, stride=2, padding=kernel // 2, bias=False),
                _norm(config.norm, num_out),
                nn.ReLU(inplace=True),
            ]
            num_in = num_out
        # Convolutions are faster with channels last (benchmarks/channels_last.py).
        layers: Any = nn.Sequential(*blocks)
        self.blocks = layers.to(memory_format=torch.channels_last)
        self.num_planes, self.num_bins = config.num_planes, config.num_bins
        num_averages = num_in * config.num_bands
        self.dim = num_averages if config.dim is None else config.dim
        linear = nn.Identity() if config.dim is None else nn.Linear(num_averages, config.dim)
        self.head = nn.Sequential(nn.Dropout(config.dropout), linear)

    def forward(self, features: Tensor) -> Tensor:
        """(clip, bin, frame) or (clip, plane, bin, frame) -> (clip, dim)"""
        averages = self.blocks(as_planes(features, self.num_planes, self.num_bins)).mean(dim=3)
        vector: Tensor = self.head(averages.flatten(1))
        return vector


def _norm(name: str, num_channels: int) -> nn.Module:
    if name == "group":
        return nn.GroupNorm(num_channels // _CHANNELS_PER_GROUP, num_channels)
    return nn.BatchNorm2d(num_channels)
