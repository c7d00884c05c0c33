"""Measures the probes and the landmarks of every clip in one pass over the decoded audio."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import soxr
from numpy.typing import NDArray

from avdf.data.audibility import level_doubts
from avdf.data.audio.levels import as_float32, as_int16
from avdf.data.audio.parallel import run_parallel
from avdf.data.audio.shards import Shard
from avdf.data.audio.store import Store
from avdf.data.probes import probe
from avdf.data.recordings.fingerprint import RATE_HZ, Landmarks, landmarks


@dataclass(frozen=True)
class Measured:
    """Per row of a store: `probes`, `doubts` (warnings in words, "" for none), landmarks (on disk)."""

    probes: pd.DataFrame
    doubts: list[str]
    pairs: NDArray[np.int32]  # (pair, 2) hash and frame, the rows one after the other
    starts: NDArray[np.int64]  # (row + 1,) where each row's pairs begin

    def landmarks(self, row: int) -> Landmarks:
        """The landmarks of one row."""
        hashes, frames = self.pairs[self.starts[row] : self.starts[row + 1]].T.astype(np.int64)
        return Landmarks(hashes, frames)


def measure(store: Store, *, workers: int, dask: str | None = None) -> Measured:
    """Measures every row of a store, shard by shard."""
    folder = store.folder.absolute()  # processes of earlier calls keep the working folder of that time
    jobs = [
        (folder, int(number), store.sample_rate_hz, places[["start", "num_samples"]].to_numpy())
        for number, places in store.table.groupby("shard", sort=True)
    ]
    probes: list[dict[str, float]] = []
    doubts: list[str] = []
    sizes = [0]
    with tempfile.TemporaryFile(dir=store.folder) as file:
        for shard_probes, shard_doubts, pairs, num_pairs in run_parallel(
            _measured, jobs, "measuring audio", workers=workers, dask=dask
        ):
            probes += shard_probes
            doubts += shard_doubts
            sizes += num_pairs
            file.write(pairs.tobytes())
        file.flush()
        on_disk = np.memmap(file, dtype=np.int32, mode="r") if sum(sizes) else np.zeros(0, np.int32)
    return Measured(pd.DataFrame(probes), doubts, on_disk.reshape(-1, 2), np.cumsum(sizes))


def at_fingerprint_rate(waveform: NDArray[np.int16], sample_rate_hz: int) -> NDArray[np.int16]:
    """(sample,) at any rate -> (sample,) at RATE_HZ, at which recordings are compared."""
    if sample_rate_hz == RATE_HZ:
        return waveform
    return as_int16(soxr.resample(as_float32(waveform), sample_rate_hz, RATE_HZ))


def _measured(
    folder: Path, number: int, sample_rate_hz: int, places: Sequence[tuple[int, int]]
) -> tuple[list[dict[str, float]], list[str], NDArray[np.int32], list[int]]:
    """Probes, doubts, pairs and numbers of pairs of the clips of one shard."""
    samples = Shard(folder, number).waveforms()
    probes, doubts, pairs = [], [], [np.zeros((0, 2), np.int32)]
    for start, num_samples in places:
        waveform = samples[start : start + num_samples]
        probes.append(probe(waveform, sample_rate_hz))
        doubts.append("; ".join(level_doubts(waveform, sample_rate_hz, probes[-1]["bandwidth_hz"])))
        marks = landmarks(at_fingerprint_rate(waveform, sample_rate_hz))
        pairs.append(np.stack([marks.hashes, marks.frames], axis=1).astype(np.int32))
    return probes, doubts, np.concatenate(pairs), [len(item) for item in pairs[1:]]
