"""The light CNN with max-feature-map activations, the strongest single system of ASVspoof 2019.

G. Lavrentyeva et al., STC antispoofing systems for the ASVspoof2019 challenge (Interspeech 2019), table 3.
"""

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from avdf.config.bounds import check_share, check_within
from avdf.encoders import ENCODERS
from avdf.encoders._planes import as_planes

_POOLINGS = 4  # each halves bins and frames


@dataclass(frozen=True, kw_only=True)
class AudioLcnnConfig:
    """`width`: channels after the first activation, 32 in the paper; others are multiples of its half."""

    num_bins: int = 64  # as many as the features have
    num_planes: int = 1  # resolutions of log_spectrogram that are stacked as channels
    width: int = 32
    dim: int = 80
    dropout: float = 0.5  # of the averages; 0.75 in the paper

    def __post_init__(self) -> None:
        check_within(self, "num_bins", lowest=2**_POOLINGS, highest=4096)
        check_within(self, "num_planes", lowest=1, highest=16)
        check_within(self, "width", lowest=2, highest=256)
        check_within(self, "dim", lowest=1, highest=4096)
        check_share(self, "dropout")
        if self.width % 2:
            raise ValueError(f"width must be even, got {self.width}")


@ENCODERS.register("audio_lcnn", AudioLcnnConfig)
class AudioLcnn(nn.Module):
    """The paper cuts clips to one length; here the linear layer takes averages over time of any clip."""

    modality = "audio"

    def __init__(self, config: AudioLcnnConfig) -> None:
        super().__init__()
        self.num_planes, self.num_bins, self.dim = config.num_planes, config.num_bins, config.dim
        half = config.width // 2
        first, second, third = 2 * half, 3 * half, 4 * half  # 32, 48, 64
        layers: Any = nn.Sequential(
            *_convolution(config.num_planes, first, 5),
            _pooling(),
            *_convolution(first, first, 1),
            nn.BatchNorm2d(first),
            *_convolution(first, second, 3),
            _pooling(),
            nn.BatchNorm2d(second),
            *_convolution(second, second, 1),
            nn.BatchNorm2d(second),
            *_convolution(second, third, 3),
            _pooling(),
            *_convolution(third, third, 1),
            nn.BatchNorm2d(third),
            *_convolution(third, first, 3),
            nn.BatchNorm2d(first),
            *_convolution(first, first, 1),
            nn.BatchNorm2d(first),
            *_convolution(first, first, 3),
            _pooling(),
        )
        # Convolutions are faster with channels last (benchmarks/channels_last.py).
        self.layers = layers.to(memory_format=torch.channels_last)
        num_averages = first * _halved(config.num_bins)
        self.head = nn.Sequential(
            nn.Dropout(config.dropout),
            nn.Linear(num_averages, 2 * config.dim),
            MaxFeatureMap(),
        )

    def forward(self, features: Tensor) -> Tensor:
        """(clip, bin, frame) or (clip, plane, bin, frame) -> (clip, dim)"""
        averages = self.layers(as_planes(features, self.num_planes, self.num_bins)).mean(dim=3)
        vector: Tensor = self.head(averages.flatten(1))
        return vector


class MaxFeatureMap(nn.Module):
    """The larger of two halves of the channels (X. Wu et al., arXiv 1511.02683, equation 4)."""

    def forward(self, values: Tensor) -> Tensor:
        """(clip, 2 * channel, ...) -> (clip, channel, ...)"""
        first, second = values.chunk(2, dim=1)
        return torch.maximum(first, second)


def _convolution(num_in: int, num_out: int, kernel: int) -> list[nn.Module]:
    return [nn.Conv2d(num_in, 2 * num_out, kernel, padding=kernel // 2), MaxFeatureMap()]


def _pooling() -> nn.Module:
    return nn.MaxPool2d(2, ceil_mode=True)


def _halved(num_bins: int) -> int:
    """What the poolings leave of the bins, rounded up."""
    return math.ceil(num_bins / (1 << _POOLINGS))
