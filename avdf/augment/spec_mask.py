"""Masks frequency bands and time spans of a spectrogram with the mean of the clip."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from avdf.augment import AUGMENTS
from avdf.config.bounds import check_positive, check_probability, check_within
from avdf.data.on_device import to_device

Span = tuple[int, int]  # first masked bin or frame, first one after it


@dataclass(frozen=True, kw_only=True)
class SpecMaskConfig:
    """SpecAugment (arXiv 1904.08779, section 2) without its time warp."""

    num_frequency_masks: int = 1
    num_time_masks: int = 2
    max_share: float = 0.1  # of all bins or frames, per mask
    probability: float = 1.0

    def __post_init__(self) -> None:
        check_probability(self)
        check_within(self, "num_frequency_masks", "num_time_masks", lowest=0, highest=20)
        check_positive(self, "max_share", highest=0.9)


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
        """(clip, bin, frame) -> (clip, bin, frame); the mean is taken before masking."""
        bins = _masked([clip.bins if clip else () for clip in drawn], features.shape[1], features.device)
        frames = _masked([clip.frames if clip else () for clip in drawn], features.shape[2], features.device)
        mean = features.mean(dim=(1, 2), keepdim=True)
        return torch.where(bins[:, :, None] | frames[:, None, :], mean, features)


def _span(rng: np.random.Generator, length: int, max_share: float) -> Span:
    width = int(rng.integers(0, int(max_share * length), endpoint=True))
    start = int(rng.integers(0, length - width, endpoint=True))
    return start, start + width


def _masked(spans: Sequence[Sequence[Span]], length: int, device: torch.device) -> Tensor:
    """(clip, length) bool: the bins or frames inside the spans of each clip."""
    max_spans = max((len(row) for row in spans), default=0)
    table = torch.tensor([[*row, *[(0, 0)] * (max_spans - len(row))] for row in spans], dtype=torch.int64)
    edges = to_device(table.reshape(len(spans), max_spans, 2, 1), device)
    places = torch.arange(length, device=device)
    return ((edges[:, :, 0] <= places) & (places < edges[:, :, 1])).any(dim=1)
