"""Compresses each frame with JPEG."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avdf.channels import CHANNELS
from avdf.config.bounds import check_within


@dataclass(frozen=True, kw_only=True)
class JpegConfig:
    quality: int = 30  # of libjpeg, 1 to 100

    def __post_init__(self) -> None:
        check_within(self, "quality", lowest=1, highest=100)


@CHANNELS.register("jpeg", JpegConfig)
class Jpeg:
    """Every frame by itself, with the same tables."""

    modality = "video"

    def __init__(self, config: JpegConfig) -> None:
        self.config = config

    def apply(
        self, frames: NDArray[np.uint8], per_second: float, rng: np.random.Generator
    ) -> NDArray[np.uint8]:
        """(frame, 3, height, width) -> the same shape"""
        import torch
        from torchvision.transforms.v2 import functional

        coded = functional.jpeg(torch.from_numpy(np.array(frames)), self.config.quality)
        return np.asarray(coded.numpy(), dtype=np.uint8)
