"""Reduces the frames to a lower resolution and enlarges them again."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avdf.channels import CHANNELS
from avdf.config.bounds import check_within


@dataclass(frozen=True, kw_only=True)
class DownscaleConfig:
    height_px: int = 112

    def __post_init__(self) -> None:
        check_within(self, "height_px", lowest=8, highest=4096)


@CHANNELS.register("downscale", DownscaleConfig)
class Downscale:
    """By the mean of the pixels, then bilinear; frames that are no higher stay as they are."""

    modality = "video"

    def __init__(self, config: DownscaleConfig) -> None:
        self.config = config

    def apply(
        self, frames: NDArray[np.uint8], per_second: float, rng: np.random.Generator
    ) -> NDArray[np.uint8]:
        """(frame, 3, height, width) -> the same shape"""
        height, width = frames.shape[2:]
        if height <= self.config.height_px:
            return frames
        import cv2

        small = max(round(width * self.config.height_px / height), 1), self.config.height_px
        altered = np.empty_like(frames)
        for number, frame in enumerate(frames):
            picture = np.ascontiguousarray(frame.transpose(1, 2, 0))
            reduced = cv2.resize(picture, small, interpolation=cv2.INTER_AREA)
            enlarged = cv2.resize(reduced, (width, height), interpolation=cv2.INTER_LINEAR)
            altered[number] = enlarged.transpose(2, 0, 1)
        return altered
