"""Labelled clips and their crops: clip -> sample with a waveform and, if asked for, frames."""

import zlib
from copy import copy
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from avdf.config.schema import FramesConfig
from avdf.data.audio.levels import as_float32
from avdf.data.audio.store import SILENT, Store
from avdf.data.clips import Target, is_fake
from avdf.data.copies import PURPOSE, ClipCopies
from avdf.data.crops import repeat_padded
from avdf.data.video.rate import middles, nearest_frames

Sample = dict[str, Any]
T = TypeVar("T", bound=np.generic)


@dataclass(frozen=True)
class CropKey:
    """Identifies a training crop; random draws for it depend on these four alone."""

    seed: int
    epoch: int
    clip: str
    crop: int  # its number among the crops of the clip

    def generator(self, *purpose: int) -> np.random.Generator:
        """A random generator of this crop; another `purpose` gives independent draws."""
        return np.random.default_rng(
            [self.seed, self.epoch, zlib.crc32(self.clip.encode()), self.crop, *purpose]
        )


class ClipFrames(Protocol):
    """Where the frames of clips are found."""

    @property
    def config(self) -> FramesConfig:
        """How many frames a crop has, and in which size."""

    def frames(self, clip: str) -> NDArray[np.uint8] | None:
        """(frame, 3, height, width) all of a clip; None for a clip without."""

    def at(self, clip: str, seconds: NDArray[np.float64]) -> NDArray[np.uint8] | None:
        """(frame, 3, height, width) at these seconds of the clip's sound; None for a clip without."""


class LabelledClips:
    """The clips of one split: their table, labels and decoded audio. A sample is a crop of one clip.

    `table` has one row per clip, `is_fake` and `has_audio` are (clip,) bool; `num_samples` is the length of
    a crop. A clip without sound is as long as its picture.
    """

    def __init__(
        self,
        table: pd.DataFrame,
        store: Store,
        *,
        target: Target,
        seconds: float,
        skip_start_s: float = 0.0,
        frames: ClipFrames | None = None,
    ) -> None:
        self.table = table.reset_index(drop=True)
        self.is_fake = is_fake(table, target)
        self.sample_rate_hz = store.sample_rate_hz
        self.num_samples = round(seconds * store.sample_rate_hz)
        self._store = store
        self._rows = store.rows_of(table["clip"].tolist())
        self.has_audio = (store.table["shard"] != SILENT).to_numpy()[self._rows]
        self._skip = round(skip_start_s * store.sample_rate_hz)
        self._frames = frames
        self._copies: ClipCopies | None = None
        self._names: list[str] = table["clip"].tolist()

    def __len__(self) -> int:
        return len(self.table)

    @property
    def has_video(self) -> NDArray[np.bool_]:
        """(clip,) whether a clip has a picture, as its table says."""
        has: NDArray[np.bool_] = self.table.get("has_video", pd.Series(1, self.table.index)).to_numpy() == 1
        return has

    @property
    def sample_bytes(self) -> int:
        """The size of one sample in memory."""
        return sample_bytes(self.num_samples, self._frames.config if self._frames else None)

    @property
    def lengths(self) -> NDArray[np.int64]:
        """(clip,) the samples of each clip, the skipped start included."""
        num_samples: NDArray[np.int64] = self._store.table["num_samples"].to_numpy(np.int64)[self._rows]
        return num_samples

    @property
    def sounds(self) -> NDArray[np.object_]:
        """(clip,) a hash of the samples of each clip: equal for clips of identical samples."""
        hashes: NDArray[np.object_] = self._store.table["sample_hash"].to_numpy(object)[self._rows]
        return hashes

    @property
    def skipped(self) -> NDArray[np.int64]:
        """(clip,) how many samples of each clip `after_skip` leaves out."""
        return np.minimum(self._skip, self.lengths - 1)

    @property
    def store(self) -> Store:
        """Where their samples are."""
        return self._store

    def name(self, index: int) -> str:
        """The path of a clip under the root of the data."""
        return self._names[index]

    def after_skip(self, index: int) -> NDArray[np.int16]:
        """(sample,) of a clip after the skipped start; at least one."""
        return self.without_skipped(self.whole(index))

    def whole(self, index: int) -> NDArray[np.int16]:
        """(sample,) of a clip with its start."""
        return self._store.waveform(int(self._rows[index]))

    def without_skipped(self, waveform: NDArray[T]) -> NDArray[T]:
        """(sample,) of a clip, changed or not, -> the rest after the skipped start; at least one sample."""
        return waveform[min(self._skip, len(waveform) - 1) :]

    def with_copies(self, copies: ClipCopies) -> "LabelledClips":
        """The same clips, of which training crops are read from copies through channels as well."""
        chosen = copy(self)
        chosen._copies = copies
        return chosen

    def without_start(self, seconds: float) -> "LabelledClips":
        """The same clips with that many more seconds skipped at the start of each."""
        later = copy(self)
        later._skip += round(seconds * self.sample_rate_hz)
        return later

    def selected(self, indices: NDArray[np.intp]) -> "LabelledClips":
        """The clips of these indices alone, in their order."""
        chosen = copy(self)
        chosen.table = self.table.iloc[indices].reset_index(drop=True)
        chosen._names = chosen.table["clip"].tolist()
        chosen.is_fake, chosen._rows = self.is_fake[indices], self._rows[indices]
        chosen.has_audio = self.has_audio[indices]
        return chosen

    def sample(self, index: int, start: int, key: CropKey | None = None) -> Sample:
        """The crop of a clip that begins at sample `start`; a clip shorter than the crop is repeated.

        With the `key` of a training crop it is read from the copy through a channel that is drawn for it.
        """
        waveform = self.without_skipped(self._heard(index, key))
        sample: Sample = {
            "clip": self._names[index],
            "index": index,
            "waveform": as_float32(repeat_padded(waveform, start, self.num_samples)),
            "is_fake": bool(self.is_fake[index]),
        }
        if self._frames is not None:
            config = self._frames.config
            frames = self._frames.at(self._names[index], self._frame_seconds(index, start))
            sample["has_audio"], sample["has_video"] = bool(self.has_audio[index]), frames is not None
            if frames is None:
                frames = np.zeros((config.num_frames, 3, config.height, config.width), np.uint8)
            sample["frames"] = frames
        return sample

    def all_frames(self, index: int) -> tuple[NDArray[np.uint8], float] | None:
        """(frame, 3, height, width) all kept frames of a clip, and how many a second; None without any."""
        frames = None if self._frames is None else self._frames.frames(self._names[index])
        return None if self._frames is None or frames is None else (frames, self._frames.config.per_second)

    def frame_numbers(self, index: int, start: int, num_kept: int) -> NDArray[np.int64]:
        """(frame,) which of all kept frames of a clip the crop from sample `start` on has."""
        per_second = self._frames.config.per_second if self._frames is not None else 1.0
        return nearest_frames(self._frame_seconds(index, start), per_second, num_kept)

    def _frame_seconds(self, index: int, start: int) -> NDArray[np.float64]:
        """(frame,) the seconds of the clip at which the crop from sample `start` on has its frames."""
        num_frames = self._frames.config.num_frames if self._frames is not None else 0
        length = int(self.lengths[index])
        skipped = min(self._skip, length - 1)
        places = (start + middles(self.num_samples, num_frames)) % (length - skipped)
        seconds: NDArray[np.float64] = (skipped + places) / self.sample_rate_hz
        return seconds

    def _heard(self, index: int, key: CropKey | None) -> NDArray[np.int16]:
        """(sample,) of a clip as recorded, or of the copy that is drawn for a training crop."""
        if self._copies is not None and key is not None and self.has_audio[index]:
            number = self._copies.drawn(key.generator(PURPOSE))
            if number is not None:
                return self._copies.waveform(self._names[index], number)
        return self.whole(index)


def sample_bytes(num_samples: int, frames: FramesConfig | None) -> int:
    """The size of a sample: its float32 waveform and, with a video encoder, its uint8 frames."""
    frame_bytes = 3 * frames.num_frames * frames.height * frames.width if frames else 0
    return 4 * num_samples + frame_bytes
