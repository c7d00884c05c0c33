"""The crops of a training: drawn at random from each clip, and augmented."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from torch.utils.data import Dataset

from avdf.data.dataset import CropKey, LabelledClips, Sample


class AugmentWaveform(Protocol):
    """An augmentation of the waveform: (sample,) float32 -> (sample,) float32."""

    def __call__(self, waveform: NDArray[np.float32], key: CropKey) -> NDArray[np.float32]: ...


class AugmentFrames(Protocol):
    """An augmentation of the frames of a crop: (frame, 3, height, width) uint8 -> the same shape."""

    def __call__(self, frames: NDArray[np.uint8], key: CropKey) -> NDArray[np.uint8]: ...


class RandomCrops(Dataset[Sample]):
    """Training samples: `crops_per_clip` random crops of each clip per epoch; items count on over the epochs.

    The place of a crop depends only on (seed, epoch, clip, number of the crop), not on the order of
    the clips or the number of workers. `augment` changes its waveform, `augment_frames`
    its frames; what `draw` draws for it is kept as `drawn`, so that the training step finds it ready.
    """

    most_per_item = 1  # clips

    def __init__(
        self,
        clips: LabelledClips,
        *,
        seed: int,
        crops_per_clip: int = 1,
        augment: AugmentWaveform | None = None,
        augment_frames: AugmentFrames | None = None,
        draw: Callable[[CropKey], Any] | None = None,
    ) -> None:
        self.clips, self.seed, self.crops_per_clip = clips, seed, crops_per_clip
        self._augment, self._augment_frames, self._draw = augment, augment_frames, draw

    def __len__(self) -> int:
        """The number of items of an epoch."""
        return len(self.clips) * self.crops_per_clip

    def __getitem__(self, item: int) -> Sample:
        epoch, item = divmod(item, len(self))
        crop, index = divmod(item, len(self.clips))
        key = CropKey(self.seed, epoch, self.clips.name(index), crop)
        return self.crop_at(index, self.start_of(index, key), key)

    def num_clips(self, items: NDArray[np.int64] | Sequence[int]) -> int:
        """How many clips these items hold: one each."""
        return len(items)

    @property
    def exposure(self) -> NDArray[np.float64]:
        """(clip,) how often each clip is expected per epoch, for each of its crops."""
        return np.ones(len(self.clips))

    def start_of(self, index: int, key: CropKey) -> int:
        """The sample that the crop of a clip begins at."""
        length = len(self.clips.after_skip(index))
        last = length - self.clips.num_samples
        # A short clip is repeated, so any of its samples may come first.
        return int(key.generator().integers(0, last + 1 if last >= 0 else length))

    def crop_at(self, index: int, start: int, key: CropKey) -> Sample:
        """The crop of a clip from `start` on, augmented by the draws of `key`."""
        sample = self.clips.sample(index, start, key)
        sample["crop"] = key.crop
        if self._augment is not None:
            sample["waveform"] = self._augment(sample["waveform"], key)
        if self._augment_frames is not None and sample.get("has_video"):
            sample["frames"] = self._augment_frames(sample["frames"], key)
        if self._draw is not None:
            sample["drawn"] = self._draw(key)
        return sample
