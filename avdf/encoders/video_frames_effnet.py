"""EfficientNet (Tan and Le, arXiv 1905.11946) from torchvision on each frame, pooled over the frames."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from avdf.config.bounds import check_share
from avdf.encoders import ENCODERS
from avdf.encoders._effnet import Variant, effnet
from avdf.encoders._frames import FramePooling, Pooling, standardised


@dataclass(frozen=True, kw_only=True)
class VideoFramesEffnetConfig:
    variant: Variant = "b0"
    weights: str = "imagenet"  # or `none`, or the path of a torchvision EfficientNet's state dict
    pooling: Pooling = "mean"  # of the vectors of the frames
    stochastic_depth: float = 0.2  # share of frames that skip the deepest block in training

    def __post_init__(self) -> None:
        check_share(self, "stochastic_depth")


@ENCODERS.register("video_frames_effnet", VideoFramesEffnetConfig)
class VideoFramesEffnet(nn.Module):
    """Encodes each frame separately: sees blending borders and textures, but no motion.

    In: (clip, frame, 3, height, width) uint8 RGB of any size, normalised on the device as ImageNet was. Out:
    (clip, dim) float, where `dim` follows from the variant: 1280 for b0 and b1, 1408 for b2, to 2560 for b7.
    """

    modality = "video"

    def __init__(self, config: VideoFramesEffnetConfig) -> None:
        super().__init__()
        network = effnet(config.variant, config.weights, config.stochastic_depth)
        self.dim: int = network.classifier[1].in_features
        self.layers = network.features.to(memory_format=torch.channels_last)
        self.pooling = FramePooling(config.pooling, self.dim)

    def forward(self, frames: Tensor) -> Tensor:
        """(clip, frame, 3, height, width) uint8 -> (clip, dim)"""
        pooled: Tensor = self.pooling(self.steps(frames))
        return pooled

    def steps(self, frames: Tensor) -> Tensor:
        """(clip, frame, 3, height, width) uint8 -> (clip, step, dim): one for each frame"""
        images = standardised(frames).flatten(0, 1).contiguous(memory_format=torch.channels_last)
        steps: Tensor = self.layers(images).mean(dim=(2, 3)).unflatten(0, frames.shape[:2])
        return steps
