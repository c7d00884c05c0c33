"""Log power spectra over the full band, linear in frequency, at one or several resolutions at once.

Decoders of vocoders leave lines and images of the spectrum at linear distances, most of them above 4 kHz,
where the filters of a mel bank are hundreds of Hz wide.
"""

from dataclasses import dataclass, field
from typing import Literal

import torch
from torch import Tensor, nn
from torchaudio.functional import linear_fbanks

from avdf.config.bounds import check_within
from avdf.errors import ConfigError
from avdf.features import FEATURES
from avdf.features._level import LOWEST_FLOOR_DB, Standardize, relative_log, standardized
from avdf.features._powers import Powers, in_pieces

_MOST_RESOLUTIONS = 4


@dataclass(frozen=True, kw_only=True)
class LogSpectrogramConfig:
    """`n_ffts`: short windows resolve time, long ones frequency; all have the same frames.

    `num_bins`: triangular filters of equal width at each resolution; null: the n_fft / 2 + 1 bins themselves.
    `stack`: several resolutions lie above each other (bins of the first, then of the next), or are channels.
    """

    n_ffts: list[int] = field(default_factory=lambda: [512])  # samples
    num_bins: int | None = 128
    hop_length: int = 160  # samples
    stack: Literal["frequency", "channels"] = "frequency"
    floor_db: float = -60.0  # relative to the mean power of the clip
    standardize: Standardize = "clip"

    def __post_init__(self) -> None:
        numbers = list(self.n_ffts)
        if not 1 <= len(numbers) <= _MOST_RESOLUTIONS or not all(16 <= size <= 16384 for size in numbers):
            wanted = f"1 to {_MOST_RESOLUTIONS} numbers from 16 to 16384"
            raise ValueError(f"n_ffts must list {wanted}, got {numbers[: _MOST_RESOLUTIONS + 1]}")
        check_within(self, "num_bins", lowest=1, highest=4096)
        check_within(self, "hop_length", lowest=16, highest=16384)
        check_within(self, "floor_db", lowest=LOWEST_FLOOR_DB, highest=0)
        if self.stack == "channels" and self.num_bins is None and len(set(numbers)) > 1:
            raise ValueError(
                "num_bins, as in num_bins: 128, is needed where resolutions are stacked as channels"
            )


@FEATURES.register("log_spectrogram", LogSpectrogramConfig)
class LogSpectrogram(nn.Module):
    """Each resolution is standardized by itself."""

    modality = "audio"

    def __init__(self, config: LogSpectrogramConfig, sample_rate_hz: int) -> None:
        super().__init__()
        self.config = config
        self.powers = nn.ModuleList(Powers(n_fft, config.hop_length) for n_fft in config.n_ffts)
        for number, n_fft in enumerate(config.n_ffts):
            self.register_buffer(f"bank_{number}", _bank(config, n_fft, sample_rate_hz), persistent=False)

    def forward(self, waveform: Tensor) -> Tensor:
        """(clip, sample) -> (clip, bin, frame), or (clip, resolution, bin, frame) as channels; float32"""
        return in_pieces(self._resolutions, waveform)

    def _resolutions(self, waveform: Tensor) -> Tensor:
        parts = []
        for number, powers in enumerate(self.powers):
            power, bank = powers(waveform), getattr(self, f"bank_{number}")
            logarithms = relative_log(power if bank is None else bank @ power, self.config.floor_db)
            parts.append(standardized(logarithms, self.config.standardize))
        return torch.stack(parts, dim=1) if self.config.stack == "channels" else torch.cat(parts, dim=1)


def _bank(config: LogSpectrogramConfig, n_fft: int, sample_rate_hz: int) -> Tensor | None:
    """(num_bins, n_fft / 2 + 1), or None for the bins themselves. Raises ConfigError for an empty filter."""
    if config.num_bins is None:
        return None
    bank = linear_fbanks(n_fft // 2 + 1, 0.0, sample_rate_hz / 2, config.num_bins, sample_rate_hz)
    if not bank.any(dim=0).all():
        raise ConfigError(
            f"num_bins must be at most about n_fft / 2, got {config.num_bins} for n_fft {n_fft}"
        )
    filters: Tensor = bank.T.contiguous()
    return filters
