"""Mean, spread and mean change of each coefficient over time: with a linear layer, the baseline."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from avdf.encoders import ENCODERS

# How far each kind of statistic varies from clip to clip of read speech, in round numbers: with all of
# them near 1, one learning rate suits all. Batch statistics would tie a clip to its neighbours.
_MEAN_SCALE, _LOG_SPREAD_SCALE, _LOG_CHANGE_SCALE = 3.0, 0.2, 0.1
_FLOOR = 1e-3  # of spread and change, for a silent clip


@dataclass(frozen=True, kw_only=True)
class AudioMfccLinearConfig:
    num_coefficients: int = 20  # as many as the features have

    def __post_init__(self) -> None:
        if self.num_coefficients < 1:
            raise ValueError(f"num_coefficients must be >= 1, got {self.num_coefficients}")


@ENCODERS.register("audio_mfcc_linear", AudioMfccLinearConfig)
class AudioMfccLinear(nn.Module):
    """Three statistics of each coefficient, shifted by a learned vector; the linear layer is the fusion's."""

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
