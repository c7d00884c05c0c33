"""Shards of sound: their samples, and what is measured of each clip when it is decoded.

`shard-N.measured` holds the measurements; where it is missing or torn, and for clips that were copied from an
earlier shard, they are made from the samples.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avdf.data.audio.shards import Shard
from avdf.data.audio.sources import SampleSource
from avdf.data.recordings.measurement import ClipMeasurement
from avdf.data.recordings.measurement_file import read_measurements, write_measurements


@dataclass(frozen=True)
class SoundOfClips:
    """The contents of shards of sound, read from a source."""

    source: SampleSource

    def read(self, path: Path) -> tuple[bytes, dict[str, Any], ClipMeasurement]:
        """16-bit samples, what the file says of itself, and its measurement. Raises MediaError."""
        waveform, info, measured = self.source.read_and_measure(path)
        return waveform.tobytes(), {**info, "warnings": "; ".join(info.get("warnings", ()))}, measured

    def finish(
        self, shard: Shard, samples_hash: str, places: Iterable[tuple[int, int]], known: Mapping[int, Any]
    ) -> None:
        measure(shard, samples_hash, places, self.source, known)


def measurements(shard: Shard, samples_hash: str, num_clips: int) -> list[ClipMeasurement] | None:
    """What was measured of the clips of the samples with this sha256, if it is there and whole."""
    return read_measurements(shard.measured_path, samples_hash, num_clips)


def measure(
    shard: Shard,
    samples_hash: str,
    places: Iterable[tuple[int, int]],
    source: SampleSource,
    known: Mapping[int, ClipMeasurement | None] = MappingProxyType({}),
) -> None:
    """Measures the clips at these places (start, number of samples); `known` ones are by their start."""
    samples, measured = _waveforms(shard), []
    for start, num_samples in places:
        block = samples[start : start + num_samples]
        measured.append(known.get(start) or source.measure(shard.samples_path, block))
    write_measurements(shard.measured_path, samples_hash, measured)


def _waveforms(shard: Shard) -> NDArray[np.int16]:
    """(sample,) of all its clips, mapped from disk."""
    if shard.samples_path.stat().st_size == 0:  # an empty file cannot be mapped
        return np.zeros(0, np.int16)
    return np.memmap(shard.samples_path, dtype="<i2", mode="r")
