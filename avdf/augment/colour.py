"""Changes brightness, contrast, saturation and hue, as other cameras and other light do."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avdf.augment import AUGMENTS
from avdf.config.bounds import check_probability, check_within


@dataclass(frozen=True, kw_only=True)
class ColourConfig:
    """Factors are from 1 - max to 1 + max; the hue is turned by at most that share of the circle."""

    max_brightness: float = 0.2
    max_contrast: float = 0.2
    max_saturation: float = 0.2
    max_hue: float = 0.02
    probability: float = 1.0

    def __post_init__(self) -> None:
        check_probability(self)
        check_within(self, "max_brightness", "max_contrast", "max_saturation", lowest=0, highest=0.9)
        check_within(self, "max_hue", lowest=0, highest=0.5)


@dataclass(frozen=True)
class Drawn:
    brightness: float
    contrast: float
    saturation: float
    hue: float


@AUGMENTS.register("colour", ColourConfig)
class Colour:
    """In that order, by torchvision; every pixel of a clip is changed by the same function of its colour.

    The grey that contrast is measured from is the mean of all frames, so that a clip does not flicker.
    """

    stage = "frames"

    def __init__(self, config: ColourConfig) -> None:
        self.config = config

    def draw(self, rng: np.random.Generator) -> Drawn | None:
        config = self.config
        if rng.random() >= config.probability:
            return None
        return Drawn(
            brightness=float(rng.uniform(1 - config.max_brightness, 1 + config.max_brightness)),
            contrast=float(rng.uniform(1 - config.max_contrast, 1 + config.max_contrast)),
            saturation=float(rng.uniform(1 - config.max_saturation, 1 + config.max_saturation)),
            hue=float(rng.uniform(-config.max_hue, config.max_hue)),
        )

    def apply(self, frames: NDArray[np.uint8], drawn: Drawn) -> NDArray[np.uint8]:
        """(frame, 3, height, width) -> the same shape"""
        import torch
        from torchvision.transforms.v2 import functional

        num_frames, colours, height, width = frames.shape
        # One tall picture: torchvision measures the mean grey of a picture.
        tall = torch.from_numpy(np.array(frames)).transpose(0, 1).reshape(colours, num_frames * height, width)
        tall = functional.adjust_brightness(tall, drawn.brightness)
        tall = functional.adjust_contrast(tall, drawn.contrast)
        tall = functional.adjust_saturation(tall, drawn.saturation)
        tall = functional.adjust_hue(tall, drawn.hue)
        altered = tall.reshape(colours, num_frames, height, width).transpose(0, 1)
        return np.ascontiguousarray(altered.numpy(), dtype=np.uint8)
