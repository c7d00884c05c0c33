"""Mean, spread and mean change of each coefficient over time; with a linear head, the simplest baseline."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from avdf.config.bounds import check_within
from avdf.encoders import ENCODERS

# The typical spread of each statistic over clips of read speech, in round numbers. Dividing by it brings
# all to about 1, so that one learning rate fits all; batch statistics would make clips depend on each other.
_MEAN_SCALE, _LOG_SPREAD_SCALE, _LOG_CHANGE_SCALE = 3.0, 0.2, 0.1
_FLOOR = 1e-3  # of spread and change, for a silent clip


@dataclass(frozen=True, kw_only=True)
class AudioMfccLinearConfig:
    num_coefficients: int = 20  # as many as the features have

    def __post_init__(self) -> None:
        check_within(self, "num_coefficients", lowest=1, highest=512)


@ENCODERS.register("audio_mfcc_linear", AudioMfccLinearConfig)
class AudioMfccLinear(nn.Module):
    """Three statistics of each coefficient minus a learned vector; the fusion adds the linear layer."""

    modality = "audio"

    def __init__(self, config: AudioMfccLinearConfig) -> None:
        super().__init__()
        self.dim = 3 * config.num_coefficients
        self.centre = nn.Parameter(torch.zeros(self.dim))

    def forward(self, features: Tensor) -> Tensor:
        """(clip, coefficient, frame) -> (clip, 3 * coefficient)"""
        spread = torch.log(features.std(dim=2) + _FLOOR)
        change = torch.log(features.diff(dim=2).abs().mean(dim=2) + _FLOOR)
        statistics = (
            features.mean(dim=2) / _MEAN_SCALE,
            spread / _LOG_SPREAD_SCALE,
            change / _LOG_CHANGE_SCALE,
        )
        return torch.cat(statistics, dim=1) - self.centre
