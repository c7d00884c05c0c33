"""Training crops in groups: a real clip and copies of it, the same crop of each, drawn for alike."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from torch.utils.data import Dataset

from avdf.data.dataset import CropKey, Sample
from avdf.data.random_crops import RandomCrops

_CHOICE = 0x70616972  # the purpose of the draw of copies, which differs from those of augmentations


class PairedCrops(Dataset[list[Sample]]):
    """One item is a group: a clip and `copies_per_clip` of its copies, drawn for each epoch.

    A copy is a clip whose `parent`, a column of the clip table, is another clip of the table. The crop of a
    copy begins where that of its parent does, and its augmentations draw what those of its parent draw, so
    that a group differs in nothing but the trace of the copying (X. Wang and J. Yamagishi, ICASSP 2023).
    A clip with fewer copies comes with all of them; one with none, such as a fake of the corpus, is a group
    of its own. All draws depend on (seed, epoch, parent, number of the crop) alone.
    """

    def __init__(self, crops: RandomCrops, copies_per_clip: int) -> None:
        self.clips, self.seed = crops.clips, crops.seed
        self.most_per_item = 1 + copies_per_clip
        self._crops, self._copies_per_clip = crops, copies_per_clip
        self._heads, self._copies = _groups(crops.clips.table)
        num_copies = np.array([len(copies) for copies in self._copies], np.int64)
        self._sizes = 1 + np.minimum(num_copies, copies_per_clip)

    def __len__(self) -> int:
        """The number of items of an epoch."""
        return len(self._heads) * self._crops.crops_per_clip

    def __getitem__(self, item: int) -> list[Sample]:
        """The clip first, then its copies, each with its own name, label and index."""
        epoch, item = divmod(item, len(self))
        crop, group = divmod(item, len(self._heads))
        head = int(self._heads[group])
        key = CropKey(self.seed, epoch, self.clips.name(head), crop)
        start = self._crops.start_of(head, key)
        return [self._crops.crop_at(index, start, key) for index in (head, *self._drawn(group, key))]

    def num_clips(self, items: NDArray[np.int64] | Sequence[int]) -> int:
        """How many clips these items hold."""
        return int(self._sizes[np.asarray(items) % len(self) % len(self._heads)].sum())

    @property
    def exposure(self) -> NDArray[np.float64]:
        """(clip,) how often each clip is expected per epoch, for each of its crops: a copy less than once."""
        share = np.ones(len(self.clips))
        for copies in self._copies:
            share[copies] = min(self._copies_per_clip / max(len(copies), 1), 1)
        return share

    def describe(self) -> str:
        """One line for the log."""
        paired = int((self._sizes > 1).sum())
        return (
            f"pairs: {paired} real clips, each beside {self._copies_per_clip} of its copies "
            f"({sum(map(len, self._copies))} in all), and {len(self._heads) - paired} clips by themselves"
        )

    def _drawn(self, group: int, key: CropKey) -> list[int]:
        copies = self._copies[group]
        number = min(self._copies_per_clip, len(copies))
        drawn: list[int] = key.generator(_CHOICE).choice(copies, number, replace=False).tolist()
        return drawn


def _groups(table: pd.DataFrame) -> tuple[NDArray[np.int64], list[NDArray[np.int64]]]:
    """(group,) the index of the first clip of each group, and per group the indices of its copies."""
    index_of = {name: number for number, name in enumerate(table["clip"])}
    of_table = table["parent"] if "parent" in table else [None] * len(table)
    parents = [index_of.get(name, -1) for name in of_table]
    heads = [number for number, parent in enumerate(parents) if parent < 0]
    copies: dict[int, list[int]] = {head: [] for head in heads}
    for number, parent in enumerate(parents):
        if parent >= 0:
            copies[parent].append(number)
    names = table["clip"].tolist()  # in their order, whatever that of the table is
    return np.array(heads, np.int64), [
        np.array(sorted(copies[head], key=names.__getitem__), np.int64) for head in heads
    ]
