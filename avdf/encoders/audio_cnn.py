"""A few strided convolutions over log-mel, averaged over time and frequency: small, quick, hard to beat."""

from dataclasses import dataclass, field
from typing import Literal

import torch
from torch import Tensor, nn

from avdf.encoders import ENCODERS

_FIRST_KERNEL, _KERNEL = 5, 3
_CHANNELS_PER_GROUP = 8  # that share a mean and a variance where norm is group


@dataclass(frozen=True, kw_only=True)
class AudioCnnConfig:
    channels: list[int] = field(default_factory=lambda: [16, 32, 64])  # one block each
    dropout: float = 0.25  # after each block
    norm: Literal["batch", "group"] = "batch"

    def __post_init__(self) -> None:
        if not self.channels or min(self.channels) < 1:
            raise ValueError(f"channels must name at least one positive number, got {list(self.channels)}")
        if not 0 <= self.dropout < 1:
            raise ValueError(f"dropout must be from 0 to below 1, got {self.dropout}")
        if self.norm == "group" and any(number % _CHANNELS_PER_GROUP for number in self.channels):
            raise ValueError(f"channels must be multiples of {_CHANNELS_PER_GROUP} where norm is group")


@ENCODERS.register("audio_cnn", AudioCnnConfig)
class AudioCnn(nn.Module):
    modality = "audio"

    def __init__(self, config: AudioCnnConfig) -> None:
        super().__init__()
        self.dim = config.channels[-1]
        blocks = []
        num_in = 1
        for number, num_out in enumerate(config.channels):
            kernel = _KERNEL if number else _FIRST_KERNEL
            blocks += [
                nn.Conv2d(num_in, num_out, kernel, stride=2, padding=kernel // 2),
                nn.ReLU(),
                _norm(config.norm, num_out),
                nn.Dropout(config.dropout),
            ]
            num_in = num_out
        # The faster layout of convolutions (benchmarks/channels_last.py); the input follows the weights.
        self.blocks = nn.Sequential(*blocks).to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, features: Tensor) -> Tensor:
        """(clip, mel, frame) -> (clip, dim)"""
        vector: Tensor = self.blocks(features.unsqueeze(1)).mean(dim=(2, 3))
        return vector


def _norm(name: str, num_channels: int) -> nn.Module:
    if name == "group":
        return nn.GroupNorm(num_channels // _CHANNELS_PER_GROUP, num_channels)
    return nn.BatchNorm2d(num_channels)
