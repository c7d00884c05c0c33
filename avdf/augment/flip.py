"""Mirrors the picture left to right."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avdf.augment import AUGMENTS
from avdf.config.bounds import check_probability


@dataclass(frozen=True, kw_only=True)
class FlipConfig:
    probability: float = 1.0  # .5 shows both sides equally often

    def __post_init__(self) -> None:
        check_probability(self)


@dataclass(frozen=True)
class Drawn:
    """Nothing more is drawn."""


@AUGMENTS.register("flip", FlipConfig)
class Flip:
    """All frames of a clip or none."""

    stage = "frames"

    def __init__(self, config: FlipConfig) -> None:
        self.config = config

    def draw(self, rng: np.random.Generator) -> Drawn | None:
        return Drawn() if rng.random() < self.config.probability else None

    def apply(self, frames: NDArray[np.uint8], drawn: Drawn) -> NDArray[np.uint8]:
        """(frame, 3, height, width) -> the same shape"""
        return np.ascontiguousarray(frames[..., ::-1])
