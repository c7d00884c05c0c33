"""The augmentations of a config, applied in its order, with separate random draws for each crop."""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from avdf.augment import AUGMENTS
from avdf.data.dataset import CropKey
from avdf.errors import ConfigError

_STAGES = ("waveform", "features", "pairs")


class WaveformAugment(Protocol):
    """(sample,) -> (sample,), when the crop is read."""

    def draw(self, rng: np.random.Generator, num_samples: int, sample_rate_hz: int) -> Any: ...
    def apply(
        self, waveform: NDArray[np.float32], drawn: Any, sample_rate_hz: int
    ) -> NDArray[np.float32]: ...


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

    def augment_features(
        self, inputs: Mapping[str, Tensor], is_fake: Tensor, keys: Sequence[CropKey]
    ) -> tuple[dict[str, Tensor], Tensor]:
        """Inputs of the encoders, (clip,) float labels, one key per clip -> inputs and labels, augmented.

        Only the audio features (clip, bin, frame) change; labels become shares from 0 to 1 where clips
        are mixed. Raises ConfigError if the audio features have another shape.
        """
        inputs = dict(inputs)
        for name, plugin in self.plugins.items():
            if plugin.stage == "waveform" or "audio" not in inputs:
                continue
            features, rngs = inputs["audio"], [_generator(key, name) for key in keys]
            if features.ndim != 3:
                shape = tuple(features.shape)
                raise ConfigError(
                    f"model.augment.{name}: needs audio features (clip, bin, frame), got {shape}; set it "
                    "to null"
                )
            if plugin.stage == "features":
                mask: FeaturesAugment = plugin
                drawn = [mask.draw(rng, features.shape[1], features.shape[2]) for rng in rngs]
                inputs["audio"] = mask.apply(features, drawn)
            else:
                mix: PairsAugment = plugin
                inputs["audio"], is_fake = mix.apply(features, is_fake, [mix.draw(rng) for rng in rngs])
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


def _generator(key: CropKey, name: str) -> np.random.Generator:
    return key.generator(zlib.crc32(name.encode()))
