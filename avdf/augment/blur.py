"""Blurs the frames with a Gaussian of random width."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avdf.augment import AUGMENTS
from avdf.channels import blur
from avdf.config.bounds import check_probability, check_range


@dataclass(frozen=True, kw_only=True)
class BlurConfig:
    min_sigma_px: float = 0.3  # standard deviation in pixels of the frames
    max_sigma_px: float = 1.5
    probability: float = 1.0

    def __post_init__(self) -> None:
        check_probability(self)
        check_range(self, "min_sigma_px", "max_sigma_px", lowest=0.1, highest=50)


@dataclass(frozen=True)
class Drawn:
    sigma_px: float


@AUGMENTS.register("blur", BlurConfig)
class Blur:
    """The channel of that name; all frames of a clip alike."""

    stage = "frames"

    def __init__(self, config: BlurConfig) -> None:
        self.config = config

    def draw(self, rng: np.random.Generator) -> Drawn | None:
        config = self.config
        if rng.random() >= config.probability:
            return None
        return Drawn(float(rng.uniform(config.min_sigma_px, config.max_sigma_px)))

    def apply(self, frames: NDArray[np.uint8], drawn: Drawn) -> NDArray[np.uint8]:
        """(frame, 3, height, width) -> the same shape"""
        channel = blur.Blur(blur.BlurConfig(sigma_px=drawn.sigma_px))
        return channel.apply(frames, 1.0, np.random.default_rng(0))
