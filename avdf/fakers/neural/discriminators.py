"""Small discriminators: networks that learn to tell reconstructions from originals while a faker trains.

On complex spectra: A. Défossez et al., High fidelity neural audio compression, TMLR 2023. On samples folded
at several periods: J. Kong et al., HiFi-GAN, NeurIPS 2020.
"""

from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor, nn

_SIZES = (512, 1024)
_PERIODS = (2, 3, 5, 7)
_CHANNELS = 16


class _Judge(nn.Module):
    """Four convolutions over (height, time); the last features are the judgement of each place."""

    def __init__(self, num_inputs: int, kernel: tuple[int, int], stride: tuple[int, int]) -> None:
        super().__init__()
        counts = (num_inputs, _CHANNELS, 2 * _CHANNELS, 2 * _CHANNELS)
        padding = (kernel[0] // 2, kernel[1] // 2)
        layers = [nn.Conv2d(before, after, kernel, stride, padding) for before, after in pairwise(counts)]
        self.layers = nn.ModuleList([*layers, nn.Conv2d(counts[-1], 1, 3, padding=1)])

    def forward(self, x: Tensor) -> list[Tensor]:
        features: list[Tensor] = []
        for layer in self.layers:
            x = layer(x if not features else nn.functional.leaky_relu(x, 0.1))
            features.append(x)
        return features


class SpectrumDiscriminator(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.judges = nn.ModuleList(_Judge(2, (5, 3), (2, 1)) for _ in _SIZES)

    def forward(self, waveform: Tensor) -> list[list[Tensor]]:
        """(clip, sample) -> per resolution the features of each layer, the judgement last"""
        judgements = []
        for size, judge in zip(_SIZES, self.judges, strict=True):
            window = torch.hann_window(size, device=waveform.device)
            spectrum = torch.stft(waveform, size, size // 4, window=window, return_complex=True)
            judgements.append(judge(torch.stack([spectrum.real, spectrum.imag], dim=1)))
        return judgements


class PeriodDiscriminator(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.judges = nn.ModuleList(_Judge(1, (5, 1), (3, 1)) for _ in _PERIODS)

    def forward(self, waveform: Tensor) -> list[list[Tensor]]:
        """(clip, sample) -> per period the features of each layer, the judgement last"""
        judgements = []
        for period, judge in zip(_PERIODS, self.judges, strict=True):
            whole = waveform[:, : waveform.shape[1] // period * period]
            judgements.append(judge(whole.reshape(len(waveform), 1, -1, period)))
        return judgements


def discriminator_of(kind: Literal["spectrum", "period"]) -> nn.Module:
    return SpectrumDiscriminator() if kind == "spectrum" else PeriodDiscriminator()


def discriminator_loss(real: list[list[Tensor]], made: list[list[Tensor]]) -> Tensor:
    """Least squares: originals are to be judged 1, reconstructions 0 (X. Mao et al., ICCV 2017)."""
    losses = [
        (1 - first[-1]).square().mean() + second[-1].square().mean()
        for first, second in zip(real, made, strict=True)
    ]
    return torch.stack(losses).mean()


def adversarial_loss(real: list[list[Tensor]], made: list[list[Tensor]]) -> Tensor:
    """What the faker minimises: reconstructions judged 1, and features near those of the originals."""
    losses = []
    for first, second in zip(real, made, strict=True):
        losses.append((1 - second[-1]).square().mean())
        losses += [
            (near - far.detach()).abs().mean() / far.detach().abs().mean().clamp(min=1e-6)
            for far, near in zip(first[:-1], second[:-1], strict=True)
        ]
    return torch.stack(losses).mean()
