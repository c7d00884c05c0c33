"""Blurs each frame with a Gaussian, as a lens out of focus or a messenger's downscaling does."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avdf.channels import CHANNELS
from avdf.config.bounds import check_within


@dataclass(frozen=True, kw_only=True)
class BlurConfig:
    sigma_px: float = 2.0  # standard deviation in pixels of the frames that a detector is given

    def __post_init__(self) -> None:
        check_within(self, "sigma_px", lowest=0.1, highest=50)


@CHANNELS.register("blur", BlurConfig)
class Blur:
    """The edges are mirrored; the Gaussian is cut at three standard deviations, or at the frame's size."""

    modality = "video"

    def __init__(self, config: BlurConfig) -> None:
        self.config = config

    def apply(
        self, frames: NDArray[np.uint8], per_second: float, rng: np.random.Generator
    ) -> NDArray[np.uint8]:
        """(frame, 3, height, width) -> the same shape"""
        import torch
        from torchvision.transforms.v2 import functional

        reach = min(math.ceil(3 * self.config.sigma_px), min(frames.shape[2:]) - 1)
        sizes, sigmas = [2 * reach + 1] * 2, [self.config.sigma_px] * 2
        blurred = functional.gaussian_blur(torch.from_numpy(np.array(frames)), sizes, sigmas)
        return np.asarray(blurred.numpy(), dtype=np.uint8)
