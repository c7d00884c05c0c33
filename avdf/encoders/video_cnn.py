"""Strided convolutions on each frame and on its change from the frame before: small, trained from scratch."""

from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from avdf.encoders import ENCODERS
from avdf.encoders._blocks import Norm, check_channels, strided_blocks
from avdf.encoders._frames import FramePooling, Pooling, standardised


@dataclass(frozen=True, kw_only=True)
class VideoCnnConfig:
    channels: list[int] = field(default_factory=lambda: [16, 32, 64])  # output channels of each block
    motion: bool = True  # the change from the frame before as three more channels; 0 for the first frame
    pooling: Pooling = "mean"  # of the vectors of the frames
    norm: Norm = "batch"

    def __post_init__(self) -> None:
        check_channels(self.channels, self.norm)


@ENCODERS.register("video_cnn", VideoCnnConfig)
class VideoCnn(nn.Module):
    """Per block: convolution with stride 2, norm, ReLU; then the mean over all places of a frame.

    In: (clip, frame, 3, height, width) uint8 RGB of any size, normalised on the device as ImageNet was. Out:
    (clip, dim) float, where `dim` is the last of `channels`. Any number of frames will do, also one.
    """

    modality = "video"

    def __init__(self, config: VideoCnnConfig) -> None:
        super().__init__()
        self.dim = config.channels[-1]
        self.motion = config.motion
        self.blocks = strided_blocks(6 if config.motion else 3, config.channels, config.norm)
        self.pooling = FramePooling(config.pooling, self.dim)

    def forward(self, frames: Tensor) -> Tensor:
        """(clip, frame, 3, height, width) uint8 -> (clip, dim)"""
        images = standardised(frames)
        if self.motion:
            images = torch.cat([images, images.diff(dim=1, prepend=images[:, :1])], dim=2)
        places = self.blocks(images.flatten(0, 1).contiguous(memory_format=torch.channels_last))
        pooled: Tensor = self.pooling(places.mean(dim=(2, 3)).unflatten(0, frames.shape[:2]))
        return pooled
