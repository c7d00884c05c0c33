"""The augmentations that a config names, in its order, each drawn for each clip anew."""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from avdf.augment import AUGMENTS
from avdf.errors import ConfigError

_STAGES = ("waveform", "features", "pairs")


class WaveformAugment(Protocol):
    """(sample,) -> (sample,), in the data set."""

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
    """Alters training clips; made by build_augmentation, and nothing at all where no plugin is named.

    What is drawn depends on (seed, epoch, clip, crop, key of the plugin) alone: not on the order of the
    clips, the number of workers or which other plugins are on.
    """

    plugins: Mapping[str, Any] = field(default_factory=dict)  # by key, in the order they are applied
    settings: Mapping[str, dict[str, Any]] = field(default_factory=dict)  # with every default filled in

    def alter_waveform(
        self,
        waveform: NDArray[np.float32],
        *,
        seed: int,
        epoch: int,
        clip: str,
        crop: int,
        sample_rate_hz: int,
    ) -> NDArray[np.float32]:
        """(sample,) -> (sample,), float32; for the data set, in whatever process it runs."""
        for key, plugin in self.plugins.items():
            if plugin.stage == "waveform":
                alter: WaveformAugment = plugin
                rng = _generator(seed, epoch, clip, crop, key)
                drawn = alter.draw(rng, len(waveform), sample_rate_hz)
                if drawn is not None:
                    waveform = alter.apply(waveform, drawn, sample_rate_hz)
        return waveform

    def alter_features(
        self,
        features: Tensor,
        is_fake: Tensor,
        *,
        seed: int,
        epoch: int,
        clips: Sequence[str],
        crops: Sequence[int],
    ) -> tuple[Tensor, Tensor]:
        """(clip, bin, frame), (clip,) float -> the same shapes; for the training step, on its device."""
        for key, plugin in self.plugins.items():
            rngs = (_generator(seed, epoch, clip, crop, key) for clip, crop in zip(clips, crops, strict=True))
            if plugin.stage == "features":
                mask: FeaturesAugment = plugin
                _, num_bins, num_frames = features.shape
                features = mask.apply(features, [mask.draw(rng, num_bins, num_frames) for rng in rngs])
            elif plugin.stage == "pairs":
                mix: PairsAugment = plugin
                features, is_fake = mix.apply(features, is_fake, [mix.draw(rng) for rng in rngs])
        return features, is_fake

    def stages(self) -> set[str]:
        """Which of waveform, features, pairs any plugin alters."""
        return {plugin.stage for plugin in self.plugins.values()}

    def resolved(self) -> dict[str, dict[str, Any] | None]:
        """The settings with every default filled in: build_augmentation makes an equal one of them."""
        return {key: dict(settings) for key, settings in self.settings.items()}


def build_augmentation(
    settings: Mapping[str, Mapping[str, Any] | None], key: str = "model.augment"
) -> Augmentation:
    """`{spec_mask: {max_share: 0.1}, gain: null}` -> spec_mask alone. Raises ConfigError with the dotted key.

    What stands under a key is its plugin's settings; `name` among them, where the key is not the name
    of the plugin. Null is off.
    """
    plugins: dict[str, Any] = {}
    resolved: dict[str, dict[str, Any]] = {}
    for own_key, own in settings.items():
        if own is None:
            continue
        dotted = f"{key}.{own_key}"
        if not isinstance(own, Mapping):
            raise ConfigError(
                f"{dotted}: must hold the augmentation's settings, or null for off, got {own!r}"
            )
        named = {"name": own_key, **own}
        plugin = AUGMENTS.build(named, dotted)
        if plugin.stage not in _STAGES:
            raise ConfigError(f"{dotted}: stage must be one of {', '.join(_STAGES)}, got {plugin.stage!r}")
        plugins[own_key], resolved[own_key] = plugin, AUGMENTS.resolve(named, dotted)
    return Augmentation(plugins, resolved)


def _generator(seed: int, epoch: int, clip: str, crop: int, key: str) -> np.random.Generator:
    return np.random.default_rng([seed, epoch, zlib.crc32(clip.encode()), crop, zlib.crc32(key.encode())])
