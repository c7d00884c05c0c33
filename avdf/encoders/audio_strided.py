"""Strided convolutions averaged over time alone: which frequencies a trace lies at is kept.

Averages over frequency as well, as in audio_cnn, forget where in the spectrum a pattern was; decoders leave
theirs at certain frequencies, so the layer after the average sees each band by itself.
"""

import math
from dataclasses import dataclass, field

from torch import Tensor, nn

from avdf.config.bounds import check_share, check_within
from avdf.encoders import ENCODERS
from avdf.encoders._blocks import Norm, check_channels, strided_blocks
from avdf.encoders._planes import as_planes


@dataclass(frozen=True, kw_only=True)
class AudioStridedConfig:
    """`dim`: a linear layer to that many numbers; null: the averages of all channels and bands themselves."""

    num_bins: int = 64  # as many as the features have: num_mels of log_mel
    num_planes: int = 1  # resolutions of log_spectrogram that are stacked as channels
    channels: list[int] = field(default_factory=lambda: [24, 48, 96])  # output channels of each block
    dim: int | None = None
    dropout: float = 0.0  # of the averages
    norm: Norm = "batch"

    def __post_init__(self) -> None:
        check_within(self, "num_bins", lowest=1, highest=4096)
        check_within(self, "num_planes", lowest=1, highest=16)
        check_within(self, "dim", lowest=1, highest=4096)
        check_share(self, "dropout")
        check_channels(self.channels, self.norm)

    @property
    def num_bands(self) -> int:
        """Rows that are left of the bins: each block halves them, rounded up."""
        return math.ceil(self.num_bins / (1 << len(self.channels)))


@ENCODERS.register("audio_strided", AudioStridedConfig)
class AudioStrided(nn.Module):
    """Per block: convolution with stride 2, norm, ReLU. Raises ValueError for other sizes of the features."""

    modality = "audio"

    def __init__(self, config: AudioStridedConfig) -> None:
        super().__init__()
        self.blocks = strided_blocks(config.num_planes, config.channels, config.norm)
        self.num_planes, self.num_bins = config.num_planes, config.num_bins
        num_averages = config.channels[-1] * config.num_bands
        self.dim = num_averages if config.dim is None else config.dim
        linear = nn.Identity() if config.dim is None else nn.Linear(num_averages, config.dim)
        self.head = nn.Sequential(nn.Dropout(config.dropout), linear)

    def forward(self, features: Tensor) -> Tensor:
        """(clip, bin, frame) or (clip, plane, bin, frame) -> (clip, dim)"""
        averages = self.blocks(as_planes(features, self.num_planes, self.num_bins)).mean(dim=3)
        vector: Tensor = self.head(averages.flatten(1))
        return vector

    def steps(self, features: Tensor) -> Tensor:
        """(clip, bin, frame) or (clip, plane, bin, frame) -> (clip, step, dim): one per column"""
        columns = self.blocks(as_planes(features, self.num_planes, self.num_bins))
        steps: Tensor = self.head(columns.permute(0, 3, 1, 2).flatten(2))
        return steps
