"""The augmentations of a config, applied in its order, with separate random draws for each crop."""

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from avdf.augment import AUGMENTS
from avdf.data.dataset import CropKey
from avdf.detector import Detector
from avdf.errors import ConfigError

_STAGES = ("waveform", "frames", "features", "pairs")


class WaveformAugment(Protocol):
    """(sample,) -> (sample,), when the crop is read."""

    def draw(self, rng: np.random.Generator, num_samples: int, sample_rate_hz: int) -> Any: ...
    def apply(
        self, waveform: NDArray[np.float32], drawn: Any, sample_rate_hz: int
    ) -> NDArray[np.float32]: ...


class FramesAugment(Protocol):
    """(frame, 3, height, width) -> the same shape, all frames of a crop alike, when it is read."""

    def draw(self, rng: np.random.Generator) -> Any: ...
    def apply(self, frames: NDArray[np.uint8], drawn: Any) -> NDArray[np.uint8]: ...


class FeaturesAugment(Protocol):
    """(clip, bin, frame) -> (clip, bin, frame), in the training step."""

    def draw(self, rng: np.random.Generator, num_bins: int, num_frames: int) -> Any: ...
    def apply(self, features: Tensor, drawn: Sequence[Any]) -> Tensor: ...


class PairsAugment(Protocol):
    """(clip, bin, frame), (clip,) -> the same shapes, clips and labels mixed, in the training step."""

    def draw(self, rng: np.random.Generator) -> Any: ...
    def apply(self, features: Tensor, is_fake: Tensor, drawn: Sequence[Any]) -> tuple[Tensor, Tensor]: ...


@dataclass(frozen=True)
class Augmentation:
    """Augments training clips; made by build_augmentation. Without plugins it changes nothing.

    Draws depend only on (seed, epoch, clip, crop, key of the plugin): not on the order of the clips, the
    number of workers or the other plugins.
    """

    plugins: Mapping[str, Any] = field(default_factory=dict)  # by key, in the order they are applied
    settings: Mapping[str, dict[str, Any]] = field(default_factory=dict)  # with every default filled in

    def augment_waveform(
        self, waveform: NDArray[np.float32], key: CropKey, *, sample_rate_hz: int
    ) -> NDArray[np.float32]:
        """(sample,) -> (sample,), float32; called in the process that reads the crop."""
        for name, plugin in self.plugins.items():
            if plugin.stage == "waveform":
                augment: WaveformAugment = plugin
                drawn = augment.draw(_generator(key, name), len(waveform), sample_rate_hz)
                if drawn is not None:
                    waveform = augment.apply(waveform, drawn, sample_rate_hz)
        return waveform

    def augment_frames(self, frames: NDArray[np.uint8], key: CropKey) -> NDArray[np.uint8]:
        """(frame, 3, height, width) uint8 -> the same shape; called in the process that reads the crop."""
        for name, plugin in self.plugins.items():
            if plugin.stage == "frames":
                augment: FramesAugment = plugin
                drawn = augment.draw(_generator(key, name))
                if drawn is not None:
                    frames = augment.apply(frames, drawn)
        return frames

    @property
    def of_features(self) -> dict[str, Any]:
        """The plugins that change features, by key."""
        at_reading = ("waveform", "frames")
        return {name: plugin for name, plugin in self.plugins.items() if plugin.stage not in at_reading}

    def draw(self, key: CropKey, num_bins: int, num_frames: int) -> dict[str, Any]:
        """What each plugin that changes features draws for a crop; called in the process that reads it."""
        drawn: dict[str, Any] = {}
        for name, plugin in self.of_features.items():
            rng = _generator(key, name)
            drawn[name] = (
                plugin.draw(rng, num_bins, num_frames) if plugin.stage == "features" else plugin.draw(rng)
            )
        return drawn

    def augment_features(
        self, inputs: Mapping[str, Tensor], is_fake: Tensor, drawn: Sequence[Mapping[str, Any]]
    ) -> tuple[dict[str, Tensor], Tensor]:
        """Inputs of the encoders, (clip,) float labels, a `draw` per clip -> inputs and labels, augmented.

        Only the audio features (clip, bin, frame) change; labels become shares from 0 to 1 where clips
        are mixed.
        """
        inputs = dict(inputs)
        for name, plugin in self.of_features.items():
            of_clips = [of_clip[name] for of_clip in drawn]
            if plugin.stage == "features":
                mask: FeaturesAugment = plugin
                inputs["audio"] = mask.apply(inputs["audio"], of_clips)
            else:
                mix: PairsAugment = plugin
                inputs["audio"], is_fake = mix.apply(inputs["audio"], is_fake, of_clips)
        return inputs, is_fake

    def resolved(self) -> dict[str, dict[str, Any] | None]:
        """The settings with every default filled in; build_augmentation makes an equal object of them."""
        return {key: dict(settings) for key, settings in self.settings.items()}


def build_augmentation(
    settings: Mapping[str, Mapping[str, Any] | None], key: str = "model.augment"
) -> Augmentation:
    """Builds the plugins that are not null, in order. Raises ConfigError with the dotted key.

    A key is the name of a plugin, unless its settings hold another `name`.

    >>> build_augmentation({"gain": None, "spec_mask": {"max_share": 0.2}}).settings["spec_mask"]["max_share"]
    0.2
    """
    plugins: dict[str, Any] = {}
    resolved: dict[str, dict[str, Any]] = {}
    for name, plugin_settings in settings.items():
        if plugin_settings is None:
            continue
        dotted = f"{key}.{name}"
        if not isinstance(plugin_settings, Mapping):
            raise ConfigError(
                f"{dotted}: must hold the augmentation's settings, or null for off, got {plugin_settings!r}"
            )
        named = {"name": name, **plugin_settings}
        plugin = AUGMENTS.build(named, dotted)
        if plugin.stage not in _STAGES:
            raise ConfigError(f"{dotted}: stage must be one of {', '.join(_STAGES)}, got {plugin.stage!r}")
        plugins[name], resolved[name] = plugin, AUGMENTS.resolve(named, dotted)
    return Augmentation(plugins, resolved)


def draws_for(
    augmentation: Augmentation, detector: Detector, num_samples: int
) -> Callable[[CropKey], dict[str, Any]] | None:
    """`augmentation.draw` for the audio features that the detector makes of a crop; None without any.

    Raises ConfigError if they are not (clip, bin, frame).
    """
    if not augmentation.of_features or "audio" not in detector.encoders:
        return None
    device = next(detector.parameters()).device
    with torch.no_grad():
        shape = tuple(
            detector.extract({"waveform": torch.zeros(1, num_samples, device=device)})["audio"].shape
        )
    if len(shape) != 3:
        name = next(iter(augmentation.of_features))
        raise ConfigError(
            f"model.augment.{name}: needs audio features (clip, bin, frame), got {shape}; set it to null"
        )
    return partial(augmentation.draw, num_bins=shape[1], num_frames=shape[2])


def _generator(key: CropKey, name: str) -> np.random.Generator:
    return key.generator(zlib.crc32(name.encode()))
