"""EfficientNet (Tan and Le, arXiv 1905.11946) from torchvision, on log-mel features as one channel."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from avdf.config.bounds import check_share
from avdf.encoders import ENCODERS
from avdf.encoders._effnet import Variant, effnet


@dataclass(frozen=True, kw_only=True)
class AudioEffnetConfig:
    variant: Variant = "b2"
    weights: str = "imagenet"  # or `none`, or the path of a torchvision EfficientNet's state dict
    stochastic_depth: float = 0.2  # share of clips that skip the deepest block in training

    def __post_init__(self) -> None:
        check_share(self, "stochastic_depth")


@ENCODERS.register("audio_effnet", AudioEffnetConfig)
class AudioEffnet(nn.Module):
    """The first convolution takes one channel: its pretrained weights are summed over the three colours."""

    modality = "audio"

    def __init__(self, config: AudioEffnetConfig) -> None:
        super().__init__()
        network = effnet(config.variant, config.weights, config.stochastic_depth)
        first = network.features[0][0]
        mono = nn.Conv2d(1, first.out_channels, 3, stride=2, padding=1, bias=False)
        with torch.no_grad():
            mono.weight.copy_(first.weight.sum(dim=1, keepdim=True))
        network.features[0][0] = mono
        self.dim = network.classifier[1].in_features
        # Convolutions are faster with channels last (benchmarks/channels_last.py).
        self.layers = network.features.to(memory_format=torch.channels_last)

    def forward(self, features: Tensor) -> Tensor:
        """(clip, mel, frame) -> (clip, dim)"""
        vector: Tensor = self.layers(features.unsqueeze(1)).mean(dim=(2, 3))
        return vector

    def steps(self, features: Tensor) -> Tensor:
        """(clip, mel, frame) -> (clip, step, dim): a step for every 32 frames"""
        columns: Tensor = self.layers(features.unsqueeze(1)).mean(dim=2)
        return columns.transpose(1, 2)
