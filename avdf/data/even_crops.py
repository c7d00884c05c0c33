"""The crops that clips are scored by: each distinct crop is read and scored once."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from torch.utils.data import Dataset

from avdf.data.crops import even_starts
from avdf.data.dataset import LabelledClips, Sample


class EvenCrops(Dataset[Sample]):
    """Scoring samples: `num_crops` evenly spaced crops of each clip of every view, equal ones once.

    `views` are the same clips with starts of different lengths skipped (`LabelledClips.without_start`). Crops
    are equal where they hold the same samples of a clip: all those of a clip no longer than a crop, and the
    last ones of two views. With `share_sounds` those of clips with identical samples are equal, too; that is
    for detectors that only hear, since frames may differ. `places` (view, clip, crop): the number of the
    sample that holds a crop.
    """

    places: NDArray[np.int64]

    def __init__(self, views: Sequence[LabelledClips], *, num_crops: int, share_sounds: bool = False) -> None:
        self.clips = views[0]
        self._views = list(views)
        shape = (len(self.clips), len(views), num_crops)
        starts, places, repeats = (np.empty(shape, np.int64) for _ in range(3))
        for number, view in enumerate(views):
            lengths = view.lengths - view.skipped
            for index, length in enumerate(lengths.tolist()):
                starts[index, number] = even_starts(length, view.num_samples, num_crops)
            places[:, number] = starts[:, number] + view.skipped[:, None]
            # A short clip is repeated, so its crops depend on where the part begins that is heard.
            is_short = lengths < view.num_samples
            repeats[:, number] = np.where(is_short, view.skipped, -1)[:, None]
        sounds = self.clips.sounds if share_sounds else np.arange(len(self.clips))
        keys = pd.DataFrame(
            {
                "sound": np.repeat(sounds, len(views) * num_crops),
                "place": places.ravel(),
                "repeats": repeats.ravel(),
            }
        )
        numbers = keys.groupby(list(keys), sort=False).ngroup().to_numpy(np.int64)
        self.places = numbers.reshape(shape).transpose(1, 0, 2)
        _, where = np.unique(numbers, return_index=True)
        self._crops = np.stack(np.unravel_index(where, shape), axis=1)
        self._starts = starts.ravel()[where]

    def __len__(self) -> int:
        return len(self._crops)

    def __getitem__(self, item: int) -> Sample:
        index, view, crop = self._crops[item].tolist()
        return {**self._views[view].sample(index, int(self._starts[item])), "crop": crop}
