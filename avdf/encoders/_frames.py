"""Frames of a clip as the images that image networks take, and the vectors of its frames as one."""

from typing import Literal

import torch
from torch import Tensor, nn

Pooling = Literal["mean", "attention"]

# Of the pictures of ImageNet, RGB from 0 to 1: what torchvision's weights were trained with.
_MEAN = (0.485, 0.456, 0.406)
_SPREAD = (0.229, 0.224, 0.225)


def standardised(frames: Tensor) -> Tensor:
    """(clip, frame, 3, height, width) uint8 RGB -> the same shape in float32, on the same device.

    Divided by 255, minus ImageNet's mean, divided by its standard deviation, for each colour. Raises
    ValueError for another shape or type.
    """
    if frames.dim() != 5 or frames.shape[2] != 3 or frames.dtype != torch.uint8:
        wanted = "(clip, frame, 3, height, width) uint8"
        raise ValueError(f"frames must be {wanted}, got {tuple(frames.shape)} {frames.dtype}")
    # One multiplication and one addition per value: x / 255 / spread - mean / spread.
    scale = torch.tensor([1 / (255 * spread) for spread in _SPREAD], device=frames.device)
    shift = torch.tensor([-mean / spread for mean, spread in zip(_MEAN, _SPREAD, strict=True)]).to(scale)
    return frames.float() * scale.view(3, 1, 1) + shift.view(3, 1, 1)


class FramePooling(nn.Module):
    """The vectors of a clip's frames -> one: their mean, or a weighted mean.

    `attention` weighs each frame by the softmax over the frames of a learned linear function of its vector
    (Ilse et al., arXiv 1802.04712, equation 8, without the hidden layer). It begins as the mean.
    """

    def __init__(self, pooling: Pooling, dim: int) -> None:
        super().__init__()
        self.logit = nn.Linear(dim, 1, bias=False) if pooling == "attention" else None
        if self.logit is not None:
            nn.init.zeros_(self.logit.weight)

    def forward(self, vectors: Tensor) -> Tensor:
        """(clip, frame, dim) -> (clip, dim)"""
        if self.logit is None:
            return vectors.mean(dim=1)
        weights = self.logit(vectors).softmax(dim=1)
        pooled: Tensor = (weights * vectors).sum(dim=1)
        return pooled
