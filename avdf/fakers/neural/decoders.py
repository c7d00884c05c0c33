"""Decoders of trained fakers: one vector per frame -> waveform. Each leaves traces of its own kind."""

import torch
from torch import Tensor, nn

from avdf.fakers.neural.config import NetworkConfig
from avdf.fakers.neural.encoders import WINDOWS
from avdf.fakers.neural.layers import ConvNext, Residual

_LARGEST = 100.0  # magnitude of a bin; an RMS of 0.1 has about 1


class UpsamplingDecoder(nn.Module):
    """Up-sampling by transposed convolutions, as in HiFi-GAN, or by repetition and convolution.

    The first leaves a checkerboard at its strides, the second images of the spectrum (J. Pons et al.,
    Upsampling artifacts in neural audio synthesis, ICASSP 2021).
    """

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        channels = config.width * 2 ** len(config.strides)
        layers: list[nn.Module] = [nn.Conv1d(config.code_size, channels, 7, padding=3)]
        for stride in reversed(config.strides):
            layers += [
                nn.LeakyReLU(0.1),
                *_upsampling(config.decoder, channels, stride),
                Residual(channels // 2),
            ]
            channels //= 2
        self.layers = nn.Sequential(*layers, nn.LeakyReLU(0.1), nn.Conv1d(channels, 1, 7, padding=3))

    def forward(self, codes: Tensor, num_samples: int) -> Tensor:
        """(clip, code, frame) -> (clip, num_samples)"""
        waveform: Tensor = torch.tanh(self.layers(codes))[:, 0]
        return nn.functional.pad(waveform, (0, max(num_samples - waveform.shape[1], 0)))[:, :num_samples]


def _upsampling(kind: str, channels: int, stride: int) -> list[nn.Module]:
    """Layers that make `stride` times as many frames, and half the channels."""
    half = channels // 2
    if kind == "transposed":
        padding, is_odd = (stride + 1) // 2, stride % 2
        transposed = nn.ConvTranspose1d(channels, half, 2 * stride, stride, padding, is_odd)
        nn.init.normal_(transposed.weight, std=channels**-0.5)  # two frames reach each sample
        return [transposed]
    convolution = nn.Conv1d(channels, half, 2 * stride + 1, padding=stride)
    nn.init.kaiming_normal_(convolution.weight)  # PyTorch's default lets the signal vanish over the layers
    return [nn.Upsample(scale_factor=stride), convolution]


class SpectrumDecoder(nn.Module):
    """Magnitudes and phases of a short-time spectrum, inverted: Vocos (H. Siuzdak, ICLR 2024)."""

    window: Tensor

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.hop_length = config.hop_length
        size = WINDOWS * config.hop_length
        self.enter = nn.Conv1d(config.code_size, config.block_width, 7, padding=3)
        self.blocks = nn.Sequential(*(ConvNext(config.block_width) for _ in range(config.num_blocks)))
        self.norm = nn.LayerNorm(config.block_width)
        self.head = nn.Linear(config.block_width, size + 2)
        self.register_buffer("window", torch.hann_window(size), persistent=False)

    def forward(self, codes: Tensor, num_samples: int) -> Tensor:
        """(clip, code, frame) -> (clip, num_samples)"""
        num_frames = -(-num_samples // self.hop_length) + 1
        codes = nn.functional.pad(codes, (0, max(num_frames - codes.shape[2], 0)), mode="replicate")
        frames = self.norm(self.blocks(self.enter(codes[:, :, :num_frames])).transpose(1, 2))
        levels, phases = self.head(frames).transpose(1, 2).chunk(2, dim=1)
        magnitudes = torch.exp(levels).clamp(max=_LARGEST)
        spectrum = torch.complex(magnitudes * torch.cos(phases), magnitudes * torch.sin(phases))
        waveform: Tensor = torch.istft(
            spectrum, len(self.window), self.hop_length, window=self.window, length=num_samples
        )
        return waveform


DECODER_OF = {"transposed": UpsamplingDecoder, "nearest": UpsamplingDecoder, "istft": SpectrumDecoder}
