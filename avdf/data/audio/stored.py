"""The 16-bit samples of a file: in memory, or, of a long one, in a temporary file that is read in slices."""

import io
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from avdf.errors import MediaError

MOST_HELD_BYTES = 8 << 20  # of a file in memory: 4 minutes at 16 kHz
_BLOCK = 1 << 19  # samples


class Samples(Protocol):
    """(sample,) int16: an array, or StoredSamples."""

    def __len__(self) -> int: ...

    def __getitem__(self, part: slice, /) -> NDArray[np.int16]: ...


class _File(io.BufferedRandom):
    """Is closed without a warning by whoever reads it last."""

    def __del__(self) -> None:
        self.close()


class StoredSamples:
    """Samples in a file without a name, which is gone with the last object that reads it."""

    def __init__(self, file: _File, start: int, stop: int) -> None:
        self._file, self._start, self._stop = file, start, stop

    def __len__(self) -> int:
        return self._stop - self._start

    def __getitem__(self, part: slice, /) -> NDArray[np.int16]:
        """Reads a slice without a step."""
        start, stop, _ = part.indices(len(self))
        self._file.seek(2 * (self._start + start))
        return np.frombuffer(self._file.read(2 * max(stop - start, 0)), "<i2")

    def after(self, num_samples: int) -> "StoredSamples":
        """The same without the first ones; nothing is read."""
        return StoredSamples(self._file, self._start + num_samples, self._stop)


def after(samples: Samples, num_samples: int) -> Samples:
    """The samples without the first ones.

    >>> after(np.array([1, 2, 3], np.int16), 1)[:].tolist()
    [2, 3]
    """
    if isinstance(samples, StoredSamples):
        return samples.after(num_samples)
    return samples[num_samples:]


def blocks_of(samples: Samples) -> Iterator[NDArray[np.int16]]:
    """All samples, a mebibyte at a time."""
    for start in range(0, len(samples), _BLOCK):
        yield samples[start : start + _BLOCK]


class SampleStore:
    """Takes the bytes of a file's samples; beyond `most_held_bytes` they go to a temporary file."""

    def __init__(self, path: Path, most_held_bytes: float = MOST_HELD_BYTES) -> None:
        self._path, self._most_held_bytes = path, most_held_bytes
        self._file: _File | None = None
        self._num_bytes = 0
        self.held = bytearray()

    def add(self, block: bytes) -> None:
        """Raises MediaError if the folder of temporary files has no room."""
        self._num_bytes += len(block)
        if self._num_bytes <= self._most_held_bytes:
            self.held += block
            return
        with self._writing():
            if self._file is None:
                self._file = _File(tempfile.TemporaryFile(prefix="avdf-", buffering=0))  # noqa: SIM115
                self._file.write(self.held)
                self.held = bytearray()
            self._file.write(block)

    def samples(self) -> Samples:
        """What was added, in 16 bits. Raises MediaError as `add` does."""
        if self._file is None:
            return np.frombuffer(self.held, "<i2")
        with self._writing():
            self._file.flush()
        return StoredSamples(self._file, 0, self._num_bytes // 2)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if self._file is not None:
                with suppress(OSError):
                    self._file.close()
            detail = f"a temporary file for its samples can't be written: {error.strerror}; set TMPDIR"
            raise MediaError(self._path, "no room", detail) from error
