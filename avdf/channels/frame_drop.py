"""Loses frames; the one before a lost frame stays on screen, as in a call over a bad line."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avdf.channels import CHANNELS
from avdf.config.bounds import check_share


@dataclass(frozen=True, kw_only=True)
class FrameDropConfig:
    share: float = 0.5  # of the frames

    def __post_init__(self) -> None:
        check_share(self, "share")


@CHANNELS.register("frame_drop", FrameDropConfig)
class FrameDrop:
    """Each frame but the first is lost with that probability."""

    modality = "video"

    def __init__(self, config: FrameDropConfig) -> None:
        self.config = config

    def apply(
        self, frames: NDArray[np.uint8], per_second: float, rng: np.random.Generator
    ) -> NDArray[np.uint8]:
        """(frame, 3, height, width) -> the same shape"""
        is_shown = rng.random(len(frames)) >= self.config.share
        is_shown[:1] = True
        on_screen = np.maximum.accumulate(np.where(is_shown, np.arange(len(frames)), 0))
        return frames[on_screen]
