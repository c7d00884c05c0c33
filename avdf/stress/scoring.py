"""Scores clips through conditions: the crops, the mean and the sigmoid are those of any other scoring."""

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from avdf.config.evaluation import Whole
from avdf.data.batches import read_batches
from avdf.data.changed import ChangedCrops
from avdf.data.dataset import LabelledClips
from avdf.detector import Detector
from avdf.passes import score_batch
from avdf.progress import progress
from avdf.scoring import whole_scores
from avdf.stress.conditions import Condition


@dataclass(frozen=True, kw_only=True)
class HowToScore:
    """The settings of a scoring.

    `workers`: processes that apply the channels; 0: this one does; None: two where that is faster.
    """

    num_crops: int
    batch_size: int
    device: torch.device
    workers: int | None = None
    whole: Whole = "mean"


@dataclass(frozen=True)
class Through:
    """The channel of a condition for each clip; its draws depend on (seed, clip, condition) alone.

    They do not depend on the label: real and fake clips go through the same channel.
    """

    condition: Condition
    seed: int
    sample_rate_hz: int

    @cached_property
    def channel(self) -> Any:
        """That of the condition."""
        return self.condition.build()

    def __call__(self, waveform: NDArray[np.float32], clip: str) -> NDArray[np.float32]:
        if self.condition.modality != "audio":
            return waveform
        altered: NDArray[np.float32] = self.channel.apply(waveform, self.sample_rate_hz, self._rng(clip))
        return altered

    def frames(self, frames: NDArray[np.uint8], per_second: float, clip: str) -> NDArray[np.uint8]:
        """The frames of a clip, which a channel of sound leaves as they are."""
        if self.condition.modality != "video":
            return frames
        altered: NDArray[np.uint8] = self.channel.apply(frames, per_second, self._rng(clip))
        return altered

    def _rng(self, clip: str) -> np.random.Generator:
        key = [self.seed, zlib.crc32(clip.encode()), zlib.crc32(self.condition.name.encode())]
        return np.random.default_rng(key)


def scores_through(
    detector: Detector, clips: LabelledClips, conditions: Sequence[Condition], how: HowToScore, *, seed: int
) -> Iterator[tuple[Condition, NDArray[np.float64]]]:
    """Yields each condition with the (clip,) scores, as soon as they are there."""
    changes = [Through(condition, seed, clips.sample_rate_hz) for condition in conditions]
    crops = ChangedCrops(clips, changes, num_crops=how.num_crops)
    num_items = len(clips) * how.num_crops  # of one condition
    batches = [
        list(range(start, min(start + how.batch_size, first + num_items)))
        for first in range(0, len(crops), num_items)
        for start in range(first, first + num_items, how.batch_size)
    ]
    logits: list[torch.Tensor] = []
    left = iter(conditions)
    for batch in progress(
        read_batches(crops, batches, how.workers or 0), "stress test", len(batches), "batches"
    ):
        logits.append(score_batch(detector, batch, how.device))
        if sum(map(len, logits)) == num_items:
            of_clips = torch.cat(logits).double().reshape(len(clips), how.num_crops)
            yield next(left), whole_scores(of_clips, how.whole)
            logits = []
