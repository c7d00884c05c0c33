"""Plugins: what happens to sound or pictures before a detector; the stress test and training use them."""

from collections.abc import Mapping
from typing import Any, Literal, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from avdf.errors import ConfigError
from avdf.registry import Registry

Modality = Literal["audio", "video"]
CHANNELS = Registry("channel", "avdf.channels")


class Channel(Protocol):
    """A function of the waveform, its sample rate and `rng` alone: it does not know what is real or fake.

    The result is aligned with the waveform and has its length, except where a channel cuts or changes the
    speed. The waveform is not changed in place.
    """

    def apply(
        self, waveform: NDArray[np.float32], sample_rate_hz: int, rng: np.random.Generator
    ) -> NDArray[np.float32]:
        """(sample,) float32 -> (sample,) float32, at least one sample."""
        ...


class VideoChannel(Protocol):
    """A function of the frames of a clip, how many there are a second, and `rng` alone.

    Its class has `modality = "video"`. The frames are not changed in place.
    """

    def apply(
        self, frames: NDArray[np.uint8], per_second: float, rng: np.random.Generator
    ) -> NDArray[np.uint8]:
        """(frame, 3, height, width) uint8 RGB -> the same shape"""
        ...


def modality_of(channel: str, key: str) -> Modality:
    """What the channel of that name changes. Raises ConfigError for an unknown name; `key` is for it."""
    return cast(Modality, getattr(CHANNELS.get(channel, key).plugin_class, "modality", "audio"))


def build_channel(settings: Mapping[str, Any], key: str) -> Channel:
    """A channel of sound from `{name, settings ...}`. Raises ConfigError, also for one of pictures."""
    built: Channel = CHANNELS.build(settings, key)
    if modality_of(settings["name"], key) != "audio":
        raise ConfigError(f"{key}.name: {settings['name']!r} changes pictures, not sound")
    return built
