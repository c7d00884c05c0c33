"""Mel-frequency cepstral coefficients: the cosine transform of the log-mel spectrogram."""

from dataclasses import dataclass

from torch import Tensor, nn
from torchaudio.functional import create_dct

from avdf.config.bounds import check_at_least
from avdf.features import FEATURES
from avdf.features._mel import LogMelBank, check_mel


@dataclass(frozen=True, kw_only=True)
class MfccConfig:
    num_coefficients: int = 20
    num_mels: int = 64
    n_fft: int = 512  # samples
    hop_length: int = 160  # samples
    floor_db: float | None = None  # as that of log_mel; null: 1e-6, and the level of a clip matters

    def __post_init__(self) -> None:
        check_mel(self)
        check_at_least(self, "num_coefficients")
        if self.num_coefficients > self.num_mels:
            raise ValueError(
                f"num_coefficients must be <= num_mels, got {self.num_coefficients} and {self.num_mels}"
            )


@FEATURES.register("mfcc", MfccConfig)
class Mfcc(nn.Module):
    """torchaudio's MFCC with log_mels=True and an orthonormal transform, to within 1e-5.

    With `floor_db` the powers are relative to the mean power of the clip.
    """

    modality = "audio"
    transform: Tensor

    def __init__(self, config: MfccConfig, sample_rate_hz: int) -> None:
        super().__init__()
        self.mel = LogMelBank(config, (0.0, sample_rate_hz / 2), sample_rate_hz)
        transform = create_dct(config.num_coefficients, config.num_mels, norm="ortho")
        self.register_buffer("transform", transform.T.contiguous(), persistent=False)

    def forward(self, waveform: Tensor) -> Tensor:
        """(clip, sample) -> (clip, coefficient, frame), float32"""
        log_mel: Tensor = self.mel(waveform)
        return self.transform @ log_mel
