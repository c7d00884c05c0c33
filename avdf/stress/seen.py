"""Which conditions a training has had, by the channels of its copies and of its augmentations."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from avdf.channel_copies.drawing import chain, choices
from avdf.channels import CHANNELS
from avdf.stress.conditions import Condition

_SAME = {"a_law": "g711", "mu_law": "g711"}  # one standard, two tables


def channels_heard(
    augment: Mapping[str, Mapping[str, Any] | None], copies: Sequence[Mapping[str, Any]]
) -> frozenset[str]:
    """The names of the channels, and of codecs, that a training has heard in any settings.

    `augment` is `model.augment`, `copies` are `data.channel_copies.channels`, both resolved.
    """
    names: set[str] = set()
    for channel in copies:
        for link in chain(channel):
            names.update(_names(link["name"], choices(link.get("codec"))))
    for key, settings in augment.items():
        if settings is None or settings.get("probability") == 0:
            continue
        of_plugin = {"name": key, **settings}
        if of_plugin["name"] == "channel":
            of_plugin = CHANNELS.resolve(settings["channel"], "channel")
        names.update(_names(of_plugin["name"], of_plugin.get("codecs", [of_plugin.get("codec")])))
    return frozenset(names)


def is_seen(condition: Condition, heard: frozenset[str]) -> bool:
    """Whether the training has heard the channel of a condition in any settings; sound as recorded, always.

    Settings do not count: who has trained with Opus at 24 kbit/s knows Opus at 16, and training and judging
    are meant to differ in settings. Of codecs each counts by itself, but A-law and mu-law together.
    """
    if not condition.channel:
        return True
    channel = CHANNELS.resolve(condition.channel, condition.name)
    return heard.issuperset(_names(channel["name"], [channel.get("codec")]))


def _names(name: str, codecs: Iterable[Any]) -> set[str]:
    """The name of a channel; of codecs, those of each."""
    return {f"codec {_SAME.get(codec, codec)}" for codec in codecs} if name == "codec" else {name}
