"""Stub: R(2+1)D-18 or R3D-18 (Tran et al., arXiv 1711.11248) over consecutive frames."""

from dataclasses import dataclass
from typing import Literal

from torch import Tensor, nn

from avdf.encoders import ENCODERS


@dataclass(frozen=True, kw_only=True)
class VideoR3dConfig:
    variant: Literal["r3d_18", "mc3_18", "r2plus1d_18"] = "r3d_18"
    weights: str = "kinetics400"
    dim: int = 512


@ENCODERS.register("video_r3d", VideoR3dConfig, is_stub=True)
class VideoR3d(nn.Module):
    """Encodes consecutive frames together: sees motion, such as flicker.

    In: (clip, frame, 3, height, width) uint8. Out: (clip, dim).
    """

    modality = "video"

    def forward(self, frames: Tensor) -> Tensor:
        """(clip, frame, 3, height, width) -> (clip, dim)"""
        raise NotImplementedError("a stub: see docs/adding_an_encoder.md")
