"""Mixes each clip, and its label, with the clip before it in the batch."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from avdf.augment import AUGMENTS
from avdf.config.bounds import check_probability


@dataclass(frozen=True, kw_only=True)
class MixupConfig:
    """mixup (arXiv 1710.09412, section 2)."""

    alpha: float = 0.2  # a clip's share is drawn from Beta(alpha, alpha): the higher, the more is mixed
    probability: float = 1.0

    def __post_init__(self) -> None:
        check_probability(self)
        if not 0 < self.alpha <= 10:
            raise ValueError(f"alpha must be above 0 and at most 10, got {self.alpha}")


@dataclass(frozen=True)
class Drawn:
    own_share: float  # of the clip itself; the rest is its partner's


@AUGMENTS.register("mixup", MixupConfig)
class Mixup:
    """The share hangs on the clip alone; the partner on the order of the batch, thus on (seed, epoch)."""

    stage = "pairs"

    def __init__(self, config: MixupConfig) -> None:
        self.config = config

    def draw(self, rng: np.random.Generator) -> Drawn | None:
        if rng.random() >= self.config.probability:
            return None
        return Drawn(float(rng.beta(self.config.alpha, self.config.alpha)))

    def apply(
        self, features: Tensor, is_fake: Tensor, drawn: Sequence[Drawn | None]
    ) -> tuple[Tensor, Tensor]:
        """(clip, bin, frame), (clip,) -> the same shapes; `is_fake` becomes a share from 0 to 1."""
        shares = [1.0 if one is None else one.own_share for one in drawn]
        own = torch.tensor(shares, dtype=features.dtype).to(features.device, non_blocking=True)
        mixed = torch.lerp(features.roll(1, dims=0), features, own[:, None, None])
        return mixed, torch.lerp(is_fake.roll(1, dims=0), is_fake, own.to(is_fake.dtype))
