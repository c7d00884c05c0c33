"""Encoders of trained fakers: waveform -> one vector per frame."""

import torch
from torch import Tensor, nn
from torchaudio.transforms import MelSpectrogram

from avdf.fakers.neural.config import NetworkConfig
from avdf.fakers.neural.layers import Residual

_FLOOR = 1e-5  # of a mel, before the logarithm; the waveform has an RMS of 0.1
WINDOWS = 4  # over each sample of a spectrum


class WaveformEncoder(nn.Module):
    """Strided convolutions, as in SoundStream (N. Zeghidour et al., IEEE/ACM TASLP 2021)."""

    def __init__(self, config: NetworkConfig, sample_rate_hz: int) -> None:
        super().__init__()
        channels = config.width
        layers: list[nn.Module] = [nn.Conv1d(1, channels, 7, padding=3)]
        for stride in config.strides:
            padding = (stride + 1) // 2
            layers += [Residual(channels), nn.LeakyReLU(0.1)]
            layers += [nn.Conv1d(channels, 2 * channels, 2 * stride, stride, padding=padding)]
            channels *= 2
        self.layers = nn.Sequential(
            *layers, nn.LeakyReLU(0.1), nn.Conv1d(channels, config.code_size, 3, padding=1)
        )

    def forward(self, waveform: Tensor) -> Tensor:
        """(clip, sample) -> (clip, code, frame)"""
        codes: Tensor = self.layers(waveform[:, None])
        return codes


class MelEncoder(nn.Module):
    """A log-mel spectrogram, which is fixed, and one convolution."""

    def __init__(self, config: NetworkConfig, sample_rate_hz: int) -> None:
        super().__init__()
        with torch.device("cpu"):  # its filter bank can't be made without memory
            self.mel = MelSpectrogram(
                sample_rate_hz,
                n_fft=WINDOWS * config.hop_length,
                hop_length=config.hop_length,
                n_mels=config.num_mels,
                power=1.0,
            )
        self.project = nn.Conv1d(config.num_mels, config.code_size, 3, padding=1)

    def forward(self, waveform: Tensor) -> Tensor:
        """(clip, sample) -> (clip, code, frame): one frame more, since the first is centred on sample 0."""
        codes: Tensor = self.project(torch.log(self.mel(waveform) + _FLOOR))
        return codes


ENCODER_OF = {"waveform": WaveformEncoder, "mel": MelEncoder}
