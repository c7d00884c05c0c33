"""Clip -> sample: its waveform and, where a video encoder asks for them, frames of the same seconds."""

import zlib
from collections.abc import Sequence
from copy import copy
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch.utils.data import Dataset

from avdf.config.schema import FramesConfig
from avdf.data.audio.media import read_frames
from avdf.data.audio.store import Store, as_float32
from avdf.data.clips import Target, is_fake

Sample = dict[str, Any]
T = TypeVar("T", bound=np.generic)


class AlterWaveform(Protocol):
    """An augmentation of the waveform: (sample,) float32 in and out."""

    def __call__(
        self, waveform: NDArray[np.float32], *, epoch: int, clip: str, crop: int
    ) -> NDArray[np.float32]: ...


class ClipDataset:
    """The clips of one part. A sample is a clip's crop of `seconds` from a given place."""

    def __init__(
        self,
        clips: pd.DataFrame,
        store: Store,
        *,
        target: Target,
        seconds: float,
        skip_start_s: float = 0.0,
        root: Path | None = None,
        frames: FramesConfig | None = None,
    ) -> None:
        self.clips = clips.reset_index(drop=True)
        self.is_fake = is_fake(clips, target)
        self.num_samples = round(seconds * store.sample_rate_hz)
        self._store = store
        self._rows = store.rows_of(list(clips["clip"]))
        self._skip = round(skip_start_s * store.sample_rate_hz)
        self._root, self._frames = root, frames
        self._records = self.clips[["clip", "race", "gender", "voice"]].to_dict("records")
        self._audio_start_s = store.table["audio_start_s"].to_numpy()[self._rows]

    def __len__(self) -> int:
        return len(self.clips)

    def usable(self, index: int) -> NDArray[np.int16]:
        """(sample,) of a clip after the skipped start; at least one."""
        whole = self._store.waveform(int(self._rows[index]))
        return whole[min(self._skip, len(whole) - 1) :]

    def without_start(self, seconds: float) -> "ClipDataset":
        """The same clips with so much more skipped at the start of each."""
        later = copy(self)
        later._skip += round(seconds * self._store.sample_rate_hz)
        return later

    def sample(self, index: int, start: int) -> Sample:
        """A clip's crop from sample `start` on, looped where the clip is shorter."""
        usable = self.usable(index)
        record = self._records[index]
        sample: Sample = {
            "clip": record["clip"],
            "index": index,
            "waveform": as_float32(looped(usable, start, self.num_samples)),
            "is_fake": bool(self.is_fake[index]),
            "race": record["race"],
            "gender": record["gender"],
            "identity": record["voice"],
        }
        if self._frames is not None and self._root is not None:
            rate_hz = self._store.sample_rate_hz
            middles = (np.arange(self._frames.num_frames) + 0.5) / self._frames.num_frames
            at = (start + (middles * self.num_samples).astype(np.int64)) % len(usable)
            times_s = (at + self._skip) / rate_hz + self._audio_start_s[index]
            pictures = read_frames(
                self._root / record["clip"], times_s, height=self._frames.height, width=self._frames.width
            )
            sample["frames"] = pictures
        return sample


class RandomCrops(Dataset[Sample]):
    """For training: `crops_per_clip` random crops of each clip an epoch.

    A crop's place depends on (seed, epoch, clip, number of the crop) alone, so neither the order
    nor the number of workers changes it.
    """

    def __init__(
        self, clips: ClipDataset, *, seed: int, crops_per_clip: int = 1, alter: AlterWaveform | None = None
    ) -> None:
        self.clips, self.seed, self.crops_per_clip = clips, seed, crops_per_clip
        self.epoch = 0
        self._names = [zlib.crc32(name.encode()) for name in clips.clips["clip"]]
        self._alter = alter

    def __len__(self) -> int:
        return len(self.clips) * self.crops_per_clip

    def __getitem__(self, item: int) -> Sample:
        index, crop = item % len(self.clips), item // len(self.clips)
        rng = np.random.default_rng([self.seed, self.epoch, self._names[index], crop])
        usable = len(self.clips.usable(index))
        last = usable - self.clips.num_samples
        # A short clip is repeated, so any of its samples may come first.
        sample = self.clips.sample(index, int(rng.integers(0, last + 1 if last >= 0 else usable)))
        sample["crop"] = crop
        if self._alter is not None:
            sample["waveform"] = self._alter(
                sample["waveform"], epoch=self.epoch, clip=sample["clip"], crop=crop
            )
        return sample


class EvenCrops(Dataset[Sample]):
    """For scoring: `num_crops` crops evenly spaced over each clip, one clip after the other."""

    def __init__(self, clips: ClipDataset, *, num_crops: int) -> None:
        self.clips, self.num_crops = clips, num_crops

    def __len__(self) -> int:
        return len(self.clips) * self.num_crops

    def __getitem__(self, item: int) -> Sample:
        index, crop = divmod(item, self.num_crops)
        return {**self.clips.sample(index, int(self.starts(index)[crop])), "crop": crop}

    def starts(self, index: int) -> NDArray[np.int64]:
        """(crop,) the first sample of each crop of a clip."""
        return even_starts(len(self.clips.usable(index)), self.clips.num_samples, self.num_crops)


def looped(samples: NDArray[T], start: int, num_samples: int) -> NDArray[T]:
    """(num_samples,) from `start` on; where the clip ends before the crop, it starts again.

    Zeros in its place would show how long the clip is.
    """
    if start + num_samples <= len(samples):
        return samples[start : start + num_samples]
    return samples[(start + np.arange(num_samples)) % len(samples)]


def even_starts(num_usable: int, num_samples: int, num_crops: int) -> NDArray[np.int64]:
    """(crop,) starts from the first to the last place; all at 0 where the clip is no longer than a crop."""
    last = max(num_usable - num_samples, 0)
    if num_crops == 1:
        return np.array([last // 2])
    return np.linspace(0, last, num_crops).round().astype(np.int64)


def collate(samples: Sequence[Sample]) -> dict[str, Any]:
    """Samples -> batch: waveform (clip, sample), is_fake (clip,) float32, frames if there; the rest lists."""
    batch: dict[str, Any] = {
        "waveform": torch.from_numpy(np.stack([sample["waveform"] for sample in samples])),
        "is_fake": torch.tensor([float(sample["is_fake"]) for sample in samples]),
        "index": torch.tensor([sample["index"] for sample in samples]),
        "clip": [sample["clip"] for sample in samples],
        "crop": [sample["crop"] for sample in samples],
    }
    if "frames" in samples[0]:
        batch["frames"] = torch.from_numpy(np.stack([sample["frames"] for sample in samples]))
    return batch
