"""Which copies are made of which clips, by which faker, and with which random numbers."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

AUDIO_FOLDER = "audio"


@dataclass(frozen=True, kw_only=True)
class PlannedCopy:
    """`faker` is the number of the faker in the list, `number` that of the copy among those of its parent."""

    parent: str
    faker: int
    number: int
    path: str  # below the root of the derived corpus
    seed: tuple[int, ...]

    def generator(self) -> np.random.Generator:
        """Random numbers that depend on the seed, the parent and the faker, not on the other copies."""
        return np.random.default_rng(list(self.seed))


def plan_copies(
    parents: Sequence[str], attacks: Sequence[str], per_clip: int, seed: int
) -> list[PlannedCopy]:
    """`per_clip` copies of each parent: by each faker once, in an order drawn per parent, then again.

    A copy is the same whatever other parents and fakers there are, if it is made at all.
    """
    planned = []
    for parent in parents:
        parent_number = zlib.crc32(parent.encode())
        order = np.random.default_rng([seed, parent_number]).permutation(len(attacks)).tolist()
        for number in range(per_clip):
            faker = order[number % len(order)]
            repeat = number // len(order)
            planned.append(
                PlannedCopy(
                    parent=parent,
                    faker=faker,
                    number=number,
                    path=f"{AUDIO_FOLDER}/{attacks[faker]}/{parent}-{repeat}.flac",
                    seed=(seed, parent_number, zlib.crc32(attacks[faker].encode()), repeat),
                )
            )
    return planned
