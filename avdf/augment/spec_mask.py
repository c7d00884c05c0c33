"""Covers bands of frequency and stretches of time of a spectrogram with the clip's mean."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from avdf.augment import AUGMENTS
from avdf.config.bounds import check_probability

Span = tuple[int, int]  # first bin or frame covered, first one no longer covered


@dataclass(frozen=True, kw_only=True)
class SpecMaskConfig:
    """SpecAugment (arXiv 1904.08779, section 2) without its time warp."""

    num_frequency_masks: int = 1
    num_time_masks: int = 2
    max_share: float = 0.1  # of all bins or frames, each mask
    probability: float = 1.0

    def __post_init__(self) -> None:
        check_probability(self)
        for name in ("num_frequency_masks", "num_time_masks"):
            if not 0 <= getattr(self, name) <= 20:
                raise ValueError(f"{name} must be from 0 to 20, got {getattr(self, name)}")
        if not 0 < self.max_share <= 0.9:
            raise ValueError(f"max_share must be above 0 and at most 0.9, got {self.max_share}")


@dataclass(frozen=True)
class Drawn:
    bins: tuple[Span, ...]
    frames: tuple[Span, ...]


@AUGMENTS.register("spec_mask", SpecMaskConfig)
class SpecMask:
    stage = "features"

    def __init__(self, config: SpecMaskConfig) -> None:
        self.config = config

    def draw(self, rng: np.random.Generator, num_bins: int, num_frames: int) -> Drawn | None:
        config = self.config
        if rng.random() >= config.probability:
            return None
        return Drawn(
            bins=tuple(_span(rng, num_bins, config.max_share) for _ in range(config.num_frequency_masks)),
            frames=tuple(_span(rng, num_frames, config.max_share) for _ in range(config.num_time_masks)),
        )

    def apply(self, features: Tensor, drawn: Sequence[Drawn | None]) -> Tensor:
        """(clip, bin, frame) -> (clip, bin, frame); the mean is that of the clip before masking."""
        bins = _covered([one.bins if one else () for one in drawn], features.shape[1], features.device)
        frames = _covered([one.frames if one else () for one in drawn], features.shape[2], features.device)
        mean = features.mean(dim=(1, 2), keepdim=True)
        return torch.where(bins[:, :, None] | frames[:, None, :], mean, features)


def _span(rng: np.random.Generator, length: int, max_share: float) -> Span:
    width = int(rng.integers(0, int(max_share * length), endpoint=True))
    start = int(rng.integers(0, length - width, endpoint=True))
    return start, start + width


def _covered(spans: Sequence[Sequence[Span]], length: int, device: torch.device) -> Tensor:
    """(clip, length) bool: which places the spans of each clip cover."""
    most = max((len(row) for row in spans), default=0)
    table = torch.tensor([[*row, *[(0, 0)] * (most - len(row))] for row in spans], dtype=torch.int64)
    edges = table.reshape(len(spans), most, 2, 1).to(device, non_blocking=True)
    places = torch.arange(length, device=device)
    return ((edges[:, :, 0] <= places) & (places < edges[:, :, 1])).any(dim=1)
