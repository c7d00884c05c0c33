"""Strided convolutions on each frame and on its change from the frame before: small, trained from scratch."""

from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.nn.functional import adaptive_avg_pool2d

from avdf.config.bounds import check_within
from avdf.encoders import ENCODERS
from avdf.encoders._blocks import Norm, check_channels, strided_blocks
from avdf.encoders._frames import FramePooling, Pooling, standardised


@dataclass(frozen=True, kw_only=True)
class VideoCnnConfig:
    channels: list[int] = field(default_factory=lambda: [16, 32, 64])  # output channels of each block
    motion: bool = True  # the change from the frame before as three more channels; 0 for the first frame
    pooling: Pooling = "mean"  # of the vectors of the frames
    norm: Norm = "batch"
    centre: float = 1.0  # share of height and width that is seen, in the middle; .05 to 1
    grid: int = 1  # a mean over each of grid x grid parts of a frame, 1 to 16; 1: over all places

    def __post_init__(self) -> None:
        check_channels(self.channels, self.norm)
        check_within(self, "centre", lowest=0.05, highest=1)
        check_within(self, "grid", lowest=1, highest=16)


@ENCODERS.register("video_cnn", VideoCnnConfig)
class VideoCnn(nn.Module):
    """Per block: convolution with stride 2, norm, ReLU; then a mean over each part of a frame.

    With a grid of parts the vector says where in a frame something is; that fits pictures in which a face is
    always at the same place. In: (clip, frame, 3, height, width) uint8 RGB of any size, normalised on the
    device as ImageNet was. Out: (clip, dim) float, where `dim` is the last of `channels` times the number of
    parts. Any number of frames will do, also one.
    """

    modality = "video"

    def __init__(self, config: VideoCnnConfig) -> None:
        super().__init__()
        self.dim = config.channels[-1] * config.grid**2
        self.config = config
        self.blocks = strided_blocks(6 if config.motion else 3, config.channels, config.norm)
        self.pooling = FramePooling(config.pooling, self.dim)

    def forward(self, frames: Tensor) -> Tensor:
        """(clip, frame, 3, height, width) uint8 -> (clip, dim)"""
        pooled: Tensor = self.pooling(self.steps(frames))
        return pooled

    def steps(self, frames: Tensor) -> Tensor:
        """(clip, frame, 3, height, width) uint8 -> (clip, step, dim): one for each frame"""
        images = standardised(_middle(frames, self.config.centre))
        if self.config.motion:
            images = torch.cat([images, images.diff(dim=1, prepend=images[:, :1])], dim=2)
        places = self.blocks(images.flatten(0, 1).contiguous(memory_format=torch.channels_last))
        parts = places.mean(dim=(2, 3)) if self.config.grid == 1 else self._parts(places)
        steps: Tensor = parts.unflatten(0, frames.shape[:2])
        return steps

    def _parts(self, places: Tensor) -> Tensor:
        parts: Tensor = adaptive_avg_pool2d(places, self.config.grid)
        return parts.flatten(1)


def _middle(frames: Tensor, share: float) -> Tensor:
    """(clip, frame, 3, height, width) -> that share of the rows and columns, in the middle; at least one."""
    rows, columns = (max(round(share * size), 1) for size in frames.shape[-2:])
    top, left = (frames.shape[-2] - rows) // 2, (frames.shape[-1] - columns) // 2
    return frames[..., top : top + rows, left : left + columns]
