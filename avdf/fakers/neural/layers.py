"""Layers that encoders and decoders share."""

import torch
from torch import Tensor, nn


class Residual(nn.Module):
    """Two dilated convolutions beside a direct path, as in HiFi-GAN (J. Kong et al., NeurIPS 2020)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.convolutions = nn.ModuleList(
            nn.Conv1d(channels, channels, 3, dilation=dilation, padding=dilation) for dilation in (1, 3)
        )

    def forward(self, x: Tensor) -> Tensor:
        """(clip, channel, time) -> the same shape"""
        for convolution in self.convolutions:
            x = x + convolution(nn.functional.leaky_relu(x, 0.1))
        return x


class ConvNext(nn.Module):
    """A block of one dimension after Z. Liu et al., CVPR 2022, as in Vocos (H. Siuzdak, ICLR 2024)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.depthwise = nn.Conv1d(channels, channels, 7, padding=3, groups=channels)
        self.norm = nn.LayerNorm(channels)
        self.wide = nn.Linear(channels, 3 * channels)
        self.narrow = nn.Linear(3 * channels, channels)
        self.scale = nn.Parameter(torch.full((channels,), 0.1))

    def forward(self, x: Tensor) -> Tensor:
        """(clip, channel, time) -> the same shape"""
        inner = self.norm(self.depthwise(x).transpose(1, 2))
        inner = self.narrow(nn.functional.gelu(self.wide(inner)))
        added: Tensor = x + (self.scale * inner).transpose(1, 2)
        return added
