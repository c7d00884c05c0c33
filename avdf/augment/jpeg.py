"""Compresses the frames with JPEG at a random quality."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avdf.augment import AUGMENTS
from avdf.channels import jpeg
from avdf.config.bounds import check_probability, check_range


@dataclass(frozen=True, kw_only=True)
class JpegConfig:
    min_quality: int = 40  # of libjpeg, 1 to 100
    max_quality: int = 95
    probability: float = 1.0

    def __post_init__(self) -> None:
        check_probability(self)
        check_range(self, "min_quality", "max_quality", lowest=1, highest=100)


@dataclass(frozen=True)
class Drawn:
    quality: int


@AUGMENTS.register("jpeg", JpegConfig)
class Jpeg:
    """The channel of that name; all frames of a clip at one quality."""

    stage = "frames"

    def __init__(self, config: JpegConfig) -> None:
        self.config = config

    def draw(self, rng: np.random.Generator) -> Drawn | None:
        config = self.config
        if rng.random() >= config.probability:
            return None
        return Drawn(int(rng.integers(config.min_quality, config.max_quality, endpoint=True)))

    def apply(self, frames: NDArray[np.uint8], drawn: Drawn) -> NDArray[np.uint8]:
        """(frame, 3, height, width) -> the same shape"""
        channel = jpeg.Jpeg(jpeg.JpegConfig(quality=drawn.quality))
        return channel.apply(frames, 1.0, np.random.default_rng(0))
