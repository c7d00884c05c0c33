"""Stub: EfficientNet on each frame, averaged over the frames."""

from dataclasses import dataclass
from typing import Literal

from torch import Tensor, nn

from avdf.encoders import ENCODERS


@dataclass(frozen=True, kw_only=True)
class VideoFramesEffnetConfig:
    variant: Literal["b0", "b1", "b2", "b3", "b4", "b5", "b6", "b7"] = "b0"
    weights: str = "imagenet"
    dim: int = 1280


@ENCODERS.register("video_frames_effnet", VideoFramesEffnetConfig, is_stub=True)
class VideoFramesEffnet(nn.Module):
    """Encodes each frame separately: sees blending borders and textures, but no motion.

    In: (clip, frame, 3, height, width) uint8. Out: (clip, dim).
    """

    modality = "video"

    def forward(self, frames: Tensor) -> Tensor:
        """(clip, frame, 3, height, width) -> (clip, dim)"""
        raise NotImplementedError("a stub: see docs/adding_an_encoder.md")
