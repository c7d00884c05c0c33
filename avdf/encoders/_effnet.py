"""EfficientNet (Tan and Le, arXiv 1905.11946) from torchvision: its layers, with or without weights."""

from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torchvision.models import efficientnet

from avdf.errors import ConfigError

Variant = Literal["b0", "b1", "b2", "b3", "b4", "b5", "b6", "b7"]
_CHOICES = "give weights: none, or weights: PATH of a state dict on this machine"


def effnet(variant: Variant, weights: str, stochastic_depth: float) -> Any:
    """An EfficientNet of torchvision; `weights` is `imagenet`, `none`, or the path of its state dict.

    Raises ConfigError, which starts with the field `weights`, if they can't be loaded or don't fit.
    """
    network = getattr(efficientnet, f"efficientnet_{variant}")(
        weights=None, stochastic_depth_prob=stochastic_depth
    )
    if weights != "none":
        _load(network, _state(variant, weights), variant, weights)
    return network


def _state(variant: str, weights: str) -> dict[str, Tensor]:
    if weights == "imagenet":
        name = f"EfficientNet_{variant.upper()}_Weights"
        try:
            state: dict[str, Tensor] = getattr(efficientnet, name).DEFAULT.get_state_dict(progress=True)
        except OSError as error:
            raise ConfigError(f"weights: imagenet can't be downloaded ({error}); {_CHOICES}") from error
        return state
    path = Path(weights)
    if not path.is_file():
        raise ConfigError(f"weights: no file {weights!r}; {_CHOICES}, or weights: imagenet")
    try:
        loaded = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, ValueError, EOFError, KeyError) as error:
        raise ConfigError(f"weights: {weights!r} is not a state dict that torch can load") from error
    if not isinstance(loaded, dict):
        raise ConfigError(f"weights: {weights!r} holds a {type(loaded).__name__}, not a state dict")
    return loaded


def _load(network: nn.Module, state: dict[str, Tensor], variant: str, weights: str) -> None:
    new = network.state_dict()
    # The classifier is not used, so weights without one or with other classes are accepted.
    kept = {name: value for name, value in state.items() if not name.startswith("classifier.")}
    kept |= {name: value for name, value in new.items() if name.startswith("classifier.")}
    try:
        network.load_state_dict(kept)
    except (RuntimeError, TypeError) as error:
        fits = f"weights: {weights!r} does not fit EfficientNet-{variant.upper()}"
        raise ConfigError(f"{fits}; is it of another variant?") from error
