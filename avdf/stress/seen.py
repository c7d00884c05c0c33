"""Which conditions a training has had, by the settings of its augmentations."""

from collections.abc import Mapping
from typing import Any

from avdf.channels import CHANNELS
from avdf.stress.conditions import Condition


def is_seen(condition: Condition, augment: Mapping[str, Mapping[str, Any] | None]) -> bool:
    """Whether one augmentation of the training (`model.augment`, resolved) can draw this condition.

    Sound as recorded is seen. An augmentation covers the channel of its own name if each setting is in its
    list (`codecs`) or between its `min_` and `max_`; the augmentation `channel` covers exactly its channel.
    """
    if not condition.channel:
        return True
    channel = CHANNELS.resolve(condition.channel, condition.name)
    return any(
        _covers({"name": key, **settings}, channel)
        for key, settings in augment.items()
        if settings is not None and settings.get("probability") != 0
    )


def _covers(augment: Mapping[str, Any], channel: Mapping[str, Any]) -> bool:
    if augment["name"] == "channel":
        return CHANNELS.resolve(augment["channel"], "channel") == channel
    return augment["name"] == channel["name"] and all(
        _covers_setting(augment, setting, value) for setting, value in channel.items() if setting != "name"
    )


def _covers_setting(augment: Mapping[str, Any], setting: str, value: Any) -> bool:
    several = augment.get(f"{setting}s")
    if several is not None:
        return value in several
    low, high = augment.get(f"min_{setting}"), augment.get(f"max_{setting}")
    if low is None or high is None or value is None:  # what it never does, or a codec of one bit rate
        return not value
    return bool(low <= value <= high)
