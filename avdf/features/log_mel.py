"""Log-mel spectrogram: short-time Fourier transform, mel filter bank, logarithm."""

from dataclasses import dataclass

from torch import Tensor, nn

from avdf.config.bounds import check_within
from avdf.errors import ConfigError
from avdf.features import FEATURES
from avdf.features._level import standardized
from avdf.features._mel import LogMelBank, check_mel


@dataclass(frozen=True, kw_only=True)
class LogMelConfig:
    """`standardize` removes the mean and the spread of each clip.

    Without `floor_db` the level of a clip still matters, since 1e-6 is added to all powers before the
    logarithm: of a quiet clip more lies near it. With it the number follows the clip (docs/front_ends.md).
    """

    num_mels: int = 64
    n_fft: int = 512  # samples
    hop_length: int = 160  # samples
    f_min_hz: float = 20.0
    f_max_hz: float | None = None  # half the sample rate where left out
    standardize: bool = True
    floor_db: float | None = None  # relative to the mean power of the clip, -120 to 0, as in -60; null: 1e-6

    def __post_init__(self) -> None:
        check_mel(self)
        check_within(self, "f_min_hz", "f_max_hz", lowest=0, highest=24000)
        if self.f_max_hz is not None and not self.f_min_hz < self.f_max_hz:
            raise ValueError(f"f_max_hz must be above f_min_hz, got {self.f_max_hz} and {self.f_min_hz}")


@FEATURES.register("log_mel", LogMelConfig)
class LogMel(nn.Module):
    """torchaudio's log-mel spectrogram, by default standardized per clip."""

    modality = "audio"

    def __init__(self, config: LogMelConfig, sample_rate_hz: int) -> None:
        super().__init__()
        high_hz = config.f_max_hz or sample_rate_hz / 2
        if config.f_min_hz >= high_hz:
            raise ConfigError(f"f_min_hz must be below half the sample rate, got {config.f_min_hz}")
        self.standardize = config.standardize
        self.mel = LogMelBank(config, (config.f_min_hz, high_hz), sample_rate_hz)

    def forward(self, waveform: Tensor) -> Tensor:
        """(clip, sample) -> (clip, mel, frame), float32"""
        log_mel: Tensor = self.mel(waveform)
        return standardized(log_mel) if self.standardize else log_mel
