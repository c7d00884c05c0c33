"""Blocks of strided convolutions, and the bounds of their channels."""

from collections.abc import Sequence
from typing import Any, Literal

import torch
from torch import nn

Norm = Literal["batch", "group"]
_FIRST_KERNEL, _KERNEL = 5, 3
_CHANNELS_PER_GROUP = 8  # that share a mean and a variance where norm is group
_MAX_BLOCKS, _MAX_CHANNELS = 8, 512


def check_channels(channels: Sequence[int], norm: Norm) -> None:
    """Raises ValueError, which starts with the field `channels`, for too many, too wide, or uneven ones."""
    numbers = list(channels)[: _MAX_BLOCKS + 1]
    if not 1 <= len(numbers) <= _MAX_BLOCKS or not all(1 <= item <= _MAX_CHANNELS for item in numbers):
        wanted = f"1 to {_MAX_BLOCKS} numbers from 1 to {_MAX_CHANNELS}"
        raise ValueError(f"channels must list {wanted}, got {numbers}")
    if norm == "group" and any(number % _CHANNELS_PER_GROUP for number in numbers):
        raise ValueError(f"channels must be multiples of {_CHANNELS_PER_GROUP} where norm is group")


def strided_blocks(num_in: int, channels: Sequence[int], norm: Norm) -> Any:
    """(image, num_in, row, column) -> (image, channels[-1], ...): each block halves rows and columns.

    Per block: convolution with stride 2, norm, ReLU.
    """
    blocks: list[nn.Module] = []
    for number, num_out in enumerate(channels):
        kernel = _KERNEL if number else _FIRST_KERNEL
        blocks += [
            nn.Conv2d(num_in, num_out, kernel, stride=2, padding=kernel // 2, bias=False),
            _norm(norm, num_out),
            nn.ReLU(inplace=True),
        ]
        num_in = num_out
    # Convolutions are faster with channels last (benchmarks/channels_last.py).
    layers: Any = nn.Sequential(*blocks)
    return layers.to(memory_format=torch.channels_last)


def _norm(name: Norm, num_channels: int) -> nn.Module:
    if name == "group":
        return nn.GroupNorm(num_channels // _CHANNELS_PER_GROUP, num_channels)
    return nn.BatchNorm2d(num_channels)
