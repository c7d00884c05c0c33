"""Mel-frequency cepstral coefficients: the cosine transform of the log-mel spectrogram."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torchaudio.functional import create_dct, melscale_fbanks

from avdf.features import FEATURES

_LOG_FLOOR = 1e-6  # as torchaudio's MFCC with log_mels=True


@dataclass(frozen=True, kw_only=True)
class MfccConfig:
    num_coefficients: int = 20
    num_mels: int = 64
    n_fft: int = 512  # samples
    hop_length: int = 160  # samples

    def __post_init__(self) -> None:
        for key in ("num_coefficients", "num_mels", "n_fft", "hop_length"):
            if getattr(self, key) < 1:
                raise ValueError(f"{key} must be >= 1, got {getattr(self, key)}")
        if self.num_coefficients > self.num_mels:
            raise ValueError(
                f"num_coefficients must be <= num_mels, got {self.num_coefficients} of {self.num_mels}"
            )


@FEATURES.register("mfcc", MfccConfig)
class Mfcc(nn.Module):
    """torchaudio's MFCC with log_mels=True and an orthonormal transform, to 1e-5 of it."""

    modality = "audio"

    def __init__(self, config: MfccConfig, sample_rate_hz: int) -> None:
        super().__init__()
        self.config = config
        self.num_bins = config.num_coefficients
        bank = melscale_fbanks(
            config.n_fft // 2 + 1, 0.0, sample_rate_hz / 2, config.num_mels, sample_rate_hz
        )
        transform = create_dct(config.num_coefficients, config.num_mels, norm="ortho")
        self.register_buffer("bank", bank.T.contiguous(), persistent=False)
        self.register_buffer("transform", transform.T.contiguous(), persistent=False)
        self.register_buffer("window", torch.hann_window(config.n_fft), persistent=False)

    bank: Tensor
    transform: Tensor
    window: Tensor

    def forward(self, waveform: Tensor) -> Tensor:
        """(clip, sample) -> (clip, coefficient, frame)"""
        with torch.autocast(waveform.device.type, enabled=False):
            spectrum = torch.stft(
                waveform.float(),
                self.config.n_fft,
                self.config.hop_length,
                window=self.window,
                return_complex=True,
            )
            return self.transform @ torch.log(self.bank @ spectrum.abs().square() + _LOG_FLOOR)
