"""What makes features ignore the level of a clip: powers relative to its mean power, and standardization."""

from typing import Literal

import torch
from torch import Tensor

Standardize = Literal["clip", "bin", "none"]
LOWEST_FLOOR_DB = -120.0
_LEAST_POWER = 1e-20  # stands for the mean power of digital silence
_LEAST_SPREAD = 1e-3  # added, so that a clip without any spread stays finite


def relative_log(power: Tensor, floor_db: float) -> Tensor:
    """(clip, bin, frame) powers -> log(power / mean power of the clip + floor).

    A factor on the waveform changes nothing. A fixed number before the logarithm, such as the usual 1e-6,
    does: the quieter a clip is, the more of its bins lie below it.
    """
    mean = power.mean(dim=(1, 2), keepdim=True).clamp(min=_LEAST_POWER)
    return torch.log(power / mean + 10 ** (floor_db / 10))


def standardized(features: Tensor, how: Standardize = "clip") -> Tensor:
    """(clip, bin, frame) without mean and spread: those of the clip, or of each bin of it."""
    if how == "none":
        return features
    dims = (1, 2) if how == "clip" else (2,)
    mean = features.mean(dim=dims, keepdim=True)
    spread = features.std(dim=dims, keepdim=True)
    return (features - mean) / (spread + _LEAST_SPREAD)
