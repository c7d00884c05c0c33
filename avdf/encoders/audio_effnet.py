"""EfficientNet (Tan and Le, arXiv 1905.11946) from torchvision, on log-mel features as one channel."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor, nn
from torchvision.models import efficientnet

from avdf.config.bounds import check_share
from avdf.encoders import ENCODERS
from avdf.errors import ConfigError

_CHOICES = "give weights: none, or weights: PATH of a state dict on this machine"


@dataclass(frozen=True, kw_only=True)
class AudioEffnetConfig:
    variant: Literal["b0", "b1", "b2", "b3", "b4", "b5", "b6", "b7"] = "b2"
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
        make = getattr(efficientnet, f"efficientnet_{config.variant}")
        network = make(weights=None, stochastic_depth_prob=config.stochastic_depth)
        if config.weights != "none":
            _load(network, _state(config), config)
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


def _state(config: AudioEffnetConfig) -> dict[str, Tensor]:
    if config.weights == "imagenet":
        name = f"EfficientNet_{config.variant.upper()}_Weights"
        try:
            state: dict[str, Tensor] = getattr(efficientnet, name).DEFAULT.get_state_dict(progress=True)
        except OSError as error:
            raise ConfigError(f"weights: imagenet can't be downloaded ({error}); {_CHOICES}") from error
        return state
    path = Path(config.weights)
    if not path.is_file():
        raise ConfigError(f"weights: no file {config.weights!r}; {_CHOICES}, or weights: imagenet")
    try:
        loaded = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, ValueError, EOFError, KeyError) as error:
        raise ConfigError(f"weights: {config.weights!r} is not a state dict that torch can load") from error
    if not isinstance(loaded, dict):
        raise ConfigError(f"weights: {config.weights!r} holds a {type(loaded).__name__}, not a state dict")
    return loaded


def _load(network: nn.Module, state: dict[str, Tensor], config: AudioEffnetConfig) -> None:
    new = network.state_dict()
    # The classifier is not used, so weights without one or with other classes are accepted.
    kept = {name: value for name, value in state.items() if not name.startswith("classifier.")}
    kept |= {name: value for name, value in new.items() if name.startswith("classifier.")}
    try:
        network.load_state_dict(kept)
    except (RuntimeError, TypeError) as error:
        fits = f"weights: {config.weights!r} does not fit EfficientNet-{config.variant.upper()}"
        raise ConfigError(f"{fits}; is it of another variant?") from error
