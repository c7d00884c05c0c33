"""Mixes each clip and its label with the previous clip of the batch."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from avdf.augment import AUGMENTS
from avdf.config.bounds import check_positive, check_probability
from avdf.data.on_device import to_device


@dataclass(frozen=True, kw_only=True)
class MixupConfig:
    """mixup (arXiv 1710.09412, section 2)."""

    alpha: float = 0.2  # shares are drawn from Beta(alpha, alpha); a higher alpha mixes more
    probability: float = 1.0

    def __post_init__(self) -> None:
        check_probability(self)
        check_positive(self, "alpha", highest=10)


@dataclass(frozen=True)
class Drawn:
    own_share: float  # of the clip itself; the rest is of the previous clip


@AUGMENTS.register("mixup", MixupConfig)
class Mixup:
    """The share depends on the clip only, the previous clip on the order of the epoch, i.e. (seed, epoch)."""

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
        shares = [1.0 if clip is None else clip.own_share for clip in drawn]
        own_shares = to_device(torch.tensor(shares, dtype=features.dtype), features.device)
        mixed = torch.lerp(features.roll(1, dims=0), features, own_shares[:, None, None])
        return mixed, torch.lerp(is_fake.roll(1, dims=0), is_fake, own_shares.to(is_fake.dtype))
