"""Which copies of a clip there are: a function of the settings and the name of its parent alone."""

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from avdf.channel_copies.drawing import drawn_chain
from avdf.config.channel_copies import ChannelCopiesConfig
from avdf.files import text_hash

_FORMAT = 1  # raise it when a channel or a draw changes, so that no old copy is read


@dataclass(frozen=True)
class Planned:
    """One copy: the channels that `clip` goes through one after the other, and the seed of what is random."""

    clip: str
    channels: tuple[Mapping[str, Any], ...]
    seed: tuple[int, ...]

    def stamp(self, sample_hash: str) -> str:
        """Another stamp: the copy is made again."""
        return text_hash(json.dumps([_FORMAT, sample_hash, self.channels, self.seed]))[:32]

    def generator(self) -> np.random.Generator:
        """What is random in the channels, such as the noise: the same for a clip and its fakes."""
        return np.random.default_rng([*self.seed, 1])


def copy_name(clip: str, number: int) -> str:
    """What a copy is called in the store."""
    return f"{number}/{clip}"


def planned(clip: str, parent: str, config: ChannelCopiesConfig) -> dict[str, Planned]:
    """The copies of a clip by name. `config` is resolved; `parent` is the clip itself if it has no other.

    Each channel of the list is drawn once, in an order drawn per parent, then again with other settings.
    A clip and the fakes made of it go through the same channels with the same draws.
    """
    parent_number = zlib.crc32(parent.encode())
    order = np.random.default_rng([config.seed, parent_number]).permutation(len(config.channels)).tolist()
    copies = {}
    for number in range(config.num_per_clip):
        seed = (config.seed, parent_number, number)
        channel = config.channels[order[number % len(order)]]
        chain = drawn_chain(channel, np.random.default_rng([*seed, 0]))
        copies[copy_name(clip, number)] = Planned(clip, tuple(chain), seed)
    return copies
