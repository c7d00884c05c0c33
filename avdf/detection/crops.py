"""Which crops of a file are scored, and their samples."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avdf.data.audio.levels import as_float32
from avdf.data.audio.stored import Samples
from avdf.data.crops import even_starts, repeat_padded

_BATCH_SIZE = 64  # crops


@dataclass(frozen=True)
class Crops:
    """Where the crops of a file begin: (crop,) samples after those that are skipped; how long they are."""

    starts: NDArray[np.int64]
    num_samples: int
    num_skipped: int
    rate_hz: int


def whole_file_starts(num_usable: int, num_samples: int, num_crops: int) -> NDArray[np.int64]:
    """(crop,) as in scoring, but one crop of a file that is no longer than a crop.

    A file longer than that many crops gets more of them, so that all of it is scored.
    """
    if num_usable <= num_samples:
        return np.zeros(1, np.int64)
    return even_starts(num_usable, num_samples, max(num_crops, math.ceil(num_usable / num_samples)))


def crops_in_batches(
    usable: Samples, starts: NDArray[np.int64], num_samples: int
) -> Iterator[NDArray[np.float32]]:
    """(crop, sample) of at most 64 crops at a time: the memory does not depend on the length of a file."""
    for first in range(0, len(starts), _BATCH_SIZE):
        of_batch = starts[first : first + _BATCH_SIZE]
        crops = np.empty((len(of_batch), num_samples), np.float32)
        for crop, start in zip(crops, of_batch.tolist(), strict=True):
            crop[:] = crop_of(usable, start, num_samples)
        yield crops


def crop_of(usable: Samples, start: int, num_samples: int) -> NDArray[np.float32]:
    """(num_samples,) from `start` on. From 16 bits, as in training and scoring: the same score everywhere."""
    if start + num_samples <= len(usable):
        return as_float32(usable[start : start + num_samples])
    return as_float32(repeat_padded(usable[:], start, num_samples))
