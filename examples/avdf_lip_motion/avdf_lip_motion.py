"""How the mouth moves: convolutions over time and place, on the lower middle of each frame.

pip install --no-deps examples/avdf_lip_motion
avdf train examples/avdf_lip_motion/av_lip_motion.yaml
python -c "from avdf.testing import check_encoder; check_encoder('video_lip_motion')"
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from avdf.config.bounds import check_share, check_within
from avdf.encoders import ENCODERS

_GROUPS = 4  # of channels that share a mean and a variance


@dataclass(frozen=True, kw_only=True)
class VideoLipMotionConfig:
    channels: int = 16  # of the first convolution, 4 to 256; the second has twice as many
    top: float = 0.55  # share of the height above the mouth, which is cut away
    side: float = 0.25  # share of the width that is cut away at either side, below one half

    def __post_init__(self) -> None:
        check_within(self, "channels", lowest=4, highest=256)
        check_share(self, "top")
        check_within(self, "side", lowest=0, highest=0.45)
        if self.channels % _GROUPS:
            raise ValueError(f"channels must be a multiple of {_GROUPS}, got {self.channels}")


@ENCODERS.register("video_lip_motion", VideoLipMotionConfig)
class VideoLipMotion(nn.Module):
    """In: (clip, frame, 3, height, width) uint8 RGB, any number of frames. Out: (clip, dim) float."""

    modality = "video"

    def __init__(self, config: VideoLipMotionConfig) -> None:
        super().__init__()
        self.config = config
        self.dim = 2 * config.channels
        self.layers = nn.Sequential(
            nn.Conv3d(2, config.channels, (3, 5, 5), stride=(1, 2, 2), padding=(1, 2, 2), bias=False),
            nn.GroupNorm(_GROUPS, config.channels),
            nn.ReLU(),
            nn.Conv3d(config.channels, self.dim, 3, stride=(1, 2, 2), padding=1, bias=False),
            nn.GroupNorm(_GROUPS, self.dim),
            nn.ReLU(),
        )

    def forward(self, frames: Tensor) -> Tensor:
        """(clip, frame, 3, height, width) uint8 -> (clip, dim)"""
        return self.steps(frames).mean(dim=1)

    def steps(self, frames: Tensor) -> Tensor:
        """(clip, frame, 3, height, width) uint8 -> (clip, step, dim), one for each frame"""
        height, width = frames.shape[-2:]
        left = int(self.config.side * width)
        mouth = frames[..., int(self.config.top * height) :, left : width - left]
        grey = mouth.float().mean(dim=2) / 255
        change = grey.diff(dim=1, prepend=grey[:, :1])
        steps: Tensor = self.layers(torch.stack([grey, change], dim=1)).mean(dim=(3, 4))
        return steps.transpose(1, 2)
