"""Strided convolutions over log-mel features, averaged over time and frequency: a small, fast baseline."""

from dataclasses import dataclass, field
from typing import Any, Literal

import torch
from torch import Tensor, nn

from avdf.config.bounds import check_share
from avdf.encoders import ENCODERS

_FIRST_KERNEL, _KERNEL = 5, 3
_CHANNELS_PER_GROUP = 8  # that share a mean and a variance where norm is group
_MAX_BLOCKS, _MAX_CHANNELS = 12, 1024


@dataclass(frozen=True, kw_only=True)
class AudioCnnConfig:
    channels: list[int] = field(default_factory=lambda: [16, 32, 64])  # output channels of each block
    dropout: float = 0.25  # after each block
    norm: Literal["batch", "group"] = "batch"

    def __post_init__(self) -> None:
        numbers = list(self.channels)
        in_bounds = all(1 <= number <= _MAX_CHANNELS for number in numbers)
        if not 1 <= len(numbers) <= _MAX_BLOCKS or not in_bounds:
            wanted = f"1 to {_MAX_BLOCKS} numbers from 1 to {_MAX_CHANNELS}"
            raise ValueError(f"channels must list {wanted}, got {_shortened(numbers)}")
        check_share(self, "dropout")
        if self.norm == "group" and any(number % _CHANNELS_PER_GROUP for number in self.channels):
            raise ValueError(f"channels must be multiples of {_CHANNELS_PER_GROUP} where norm is group")


@ENCODERS.register("audio_cnn", AudioCnnConfig)
class AudioCnn(nn.Module):
    """Per block: convolution with stride 2, ReLU, norm, dropout."""

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
        # Convolutions are faster with channels last (benchmarks/channels_last.py).
        layers: Any = nn.Sequential(*blocks)
        self.blocks = layers.to(memory_format=torch.channels_last)

    def forward(self, features: Tensor) -> Tensor:
        """(clip, mel, frame) -> (clip, dim)"""
        vector: Tensor = self.blocks(features.unsqueeze(1)).mean(dim=(2, 3))
        return vector

    def steps(self, features: Tensor) -> Tensor:
        """(clip, mel, frame) -> (clip, step, dim): a step for each column that the blocks leave"""
        columns: Tensor = self.blocks(features.unsqueeze(1)).mean(dim=2)
        return columns.transpose(1, 2)


def _shortened(numbers: list[int]) -> str:
    return f"{numbers[:12]}" + (f" and {len(numbers) - 12} more" if len(numbers) > 12 else "")


def _norm(name: str, num_channels: int) -> nn.Module:
    if name == "group":
        return nn.GroupNorm(num_channels // _CHANNELS_PER_GROUP, num_channels)
    return nn.BatchNorm2d(num_channels)
