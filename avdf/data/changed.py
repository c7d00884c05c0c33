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

    def frames(self, frames: NDArray[np.uint8], per_second: float, clip: str) -> NDArray[np.uint8]:
        """The change of all its frames: (frame, 3, height, width) uint8 -> the same shape."""
        ...


class ChangedCrops(Dataset[Sample]):
    """`num_crops` evenly spaced crops of each clip after each of several changes, one change after the other.

    A clip is changed as a whole; the skipped start and the crops are taken from the result. Without a change
    the crops are those of EvenCrops. A change of the waveform leaves the frames at their seconds.
    """

    def __init__(self, clips: LabelledClips, changes: Sequence[Change], *, num_crops: int) -> None:
        self.clips, self.changes, self.num_crops = clips, list(changes), num_crops
        # The crops of a clip are read in a row.
        self._last: tuple[int, NDArray[np.float32], NDArray[np.uint8] | None] | None = None

    def __len__(self) -> int:
        return len(self.changes) * len(self.clips) * self.num_crops

    def __getitem__(self, item: int) -> Sample:
        changed, crop = divmod(item, self.num_crops)
        waveform, frames = self._changed(changed)
        starts = even_starts(len(waveform), self.clips.num_samples, self.num_crops)
        start = int(starts[crop])
        index = changed % len(self.clips)
        sample = self.clips.sample(index, start)
        if frames is not None:
            sample["frames"] = frames[self.clips.frame_numbers(index, start, len(frames))]
        sample["waveform"] = repeat_padded(waveform, start, self.clips.num_samples)
        return {**sample, "crop": crop}

    def _changed(self, number: int) -> tuple[NDArray[np.float32], NDArray[np.uint8] | None]:
        """The waveform and all frames of a clip after a change, by their common number."""
        if self._last is None or self._last[0] != number:
            change, index = divmod(number, len(self.clips))
            whole = as_float32(self.clips.whole(index))
            name, kept = self.clips.name(index), self.clips.all_frames(index)
            heard = self.changes[change](whole, name)
            seen = None if kept is None else self.changes[change].frames(kept[0], kept[1], name)
            self._last = number, self.clips.without_skipped(heard), seen
        return self._last[1:]
