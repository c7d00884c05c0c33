"""Crops of clips whose waveform was changed before, as by a channel."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from torch.utils.data import Dataset

from avdf.data.audio.levels import as_float32
from avdf.data.crops import even_starts, repeat_padded
from avdf.data.dataset import LabelledClips, Sample


class Change(Protocol):
    """A change of the waveform of a clip: (sample,) float32 -> (sample,) float32 of any length."""

    def __call__(self, waveform: NDArray[np.float32], clip: str) -> NDArray[np.float32]: ...


class ChangedCrops(Dataset[Sample]):
    """`num_crops` evenly spaced crops of each clip after each of several changes, one change after the other.

    A clip is changed as a whole; the skipped start and the crops are taken from the result. Without a change
    the crops are those of EvenCrops.
    """

    def __init__(self, clips: LabelledClips, changes: Sequence[Change], *, num_crops: int) -> None:
        self.clips, self.changes, self.num_crops = clips, list(changes), num_crops
        self._last: tuple[int, NDArray[np.float32]] | None = None  # the crops of a clip are read in a row

    def __len__(self) -> int:
        return len(self.changes) * len(self.clips) * self.num_crops

    def __getitem__(self, item: int) -> Sample:
        changed, crop = divmod(item, self.num_crops)
        waveform = self._changed(changed)
        starts = even_starts(len(waveform), self.clips.num_samples, self.num_crops)
        start = int(starts[crop])
        sample = self.clips.sample(changed % len(self.clips), start)
        sample["waveform"] = repeat_padded(waveform, start, self.clips.num_samples)
        return {**sample, "crop": crop}

    def _changed(self, number: int) -> NDArray[np.float32]:
        """The waveform of a clip after a change, by their common number."""
        if self._last is None or self._last[0] != number:
            change, index = divmod(number, len(self.clips))
            whole = as_float32(self.clips.whole(index))
            heard = self.changes[change](whole, self.clips.name(index))
            self._last = number, self.clips.without_skipped(heard)
        return self._last[1]
