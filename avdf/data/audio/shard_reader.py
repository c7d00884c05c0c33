"""Reads the samples of a finished shard, from a file that stays open."""

import mmap
import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_MOST_READ = 1 << 22  # samples, 8 MB; of a longer clip, a crop of it may be all that is wanted


class ShardReader:
    """The samples of one file. Another file that takes its name meanwhile changes nothing.

    Clips are read, not mapped: mapped pages of hundreds of shards would count as memory of the process.
    """

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDONLY)

    def __del__(self) -> None:
        if hasattr(self, "_file"):  # it was opened
            os.close(self._file)

    def read(self, start: int, num_samples: int) -> NDArray[np.int16]:
        """(sample,) read-only; a clip of more than four minutes (16 kHz) is mapped from disk."""
        if num_samples <= _MOST_READ:
            return np.frombuffer(os.pread(self._file, 2 * num_samples, 2 * start), "<i2")
        whole = np.frombuffer(mmap.mmap(self._file, 0, access=mmap.ACCESS_READ), "<i2")
        return whole[start : start + num_samples]
