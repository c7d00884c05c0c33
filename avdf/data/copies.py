"""Copies of clips through channels, and which of them a training crop is read from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avdf.data.audio.store import Store

PURPOSE = 0x6368616E  # of the draw, which is independent of those of crops and augmentations


@dataclass(frozen=True)
class ClipCopies:
    """`rows`: of each clip the rows of its copies in `store`; all clips have as many, of their own length."""

    store: Store
    rows: Mapping[str, Sequence[int]]
    share: float  # of the crops that are read from a copy

    def drawn(self, rng: np.random.Generator) -> int | None:
        """The number of the copy that a crop is read from; None for the clip as recorded.

        `rng` is `CropKey.generator(PURPOSE)`, so it is a function of (seed, epoch, clip, crop). Where a real
        clip is read beside fakes made of it, all take the key of the real clip: the copies of equal number
        went through the same channel with the same draws.
        """
        if rng.random() >= self.share:
            return None
        return int(rng.integers(self.num_per_clip))

    @property
    def num_per_clip(self) -> int:
        """How many copies each clip has."""
        return len(next(iter(self.rows.values())))

    def waveform(self, clip: str, number: int) -> NDArray[np.int16]:
        """(sample,) of a copy, as many as the clip has."""
        return self.store.waveform(self.rows[clip][number])
