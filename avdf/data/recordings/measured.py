"""The measurements of all clips of a store; where a shard has none, it is measured from its samples."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from avdf.data.audio.decoder import close_idle, pooled_decoder
from avdf.data.audio.limits import DECODE_TIMEOUT_S
from avdf.data.audio.parallel import run_parallel
from avdf.data.audio.shards import Shard
from avdf.data.audio.sound_shards import measure as measure_shard
from avdf.data.audio.sound_shards import measurements
from avdf.data.audio.store import Store
from avdf.data.recordings.measurement_file import PAIR_BYTES
from avdf.errors import UserError


@dataclass(frozen=True)
class Measured:
    """Per row of a store: `probes`, `doubts` (warnings in words, "" for none), and where landmarks are.

    Those of a row are `num_pairs` pairs from the byte `offset` on of its shard's file of measurements.
    """

    probes: pd.DataFrame
    doubts: list[str]
    offset: NDArray[np.int64]
    num_pairs: NDArray[np.int64]


def measure(store: Store, *, workers: int, dask: str | None = None) -> Measured:
    """What was measured of each row of a store. Raises UserError if a shard cannot be measured."""
    jobs, to_read, asked = [], [], set()
    for number, of_shard in store.table.groupby("shard", sort=True):
        shard, samples_hash = store.shard(int(number)).absolute(), store.digests.get(int(number), "")
        to_read.append((shard, samples_hash, len(of_shard)))
        # A corpus that is read twice has each of its shards twice.
        if shard not in asked and measurements(shard, samples_hash, len(of_shard)) is None:
            places = of_shard[["start", "num_samples"]].to_numpy().tolist()
            jobs.append((shard, samples_hash, places, store.sample_rate_hz))
        asked.add(shard)
    for _ in run_parallel(_measure, jobs, "measuring audio", workers=workers, dask=dask, threads=True):
        pass
    close_idle()
    return _read(to_read)


def _measure(shard: Shard, samples_hash: str, places: Sequence[tuple[int, int]], sample_rate_hz: int) -> None:
    with pooled_decoder(sample_rate_hz, DECODE_TIMEOUT_S) as decoder:
        measure_shard(shard, samples_hash, places, decoder)


def _read(shards: Sequence[tuple[Shard, str, int]]) -> Measured:
    probes: list[dict[str, float]] = []
    doubts: list[str] = []
    offset, num_pairs = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for shard, samples_hash, num_clips in shards:
        of_shard = measurements(shard, samples_hash, num_clips)
        if of_shard is None:
            raise UserError(f"{shard.measured_path}: was removed or changed while it was read; try again")
        probes += [measured.probes for measured in of_shard]
        doubts += [measured.doubts for measured in of_shard]
        counts = np.array([len(measured.pairs) for measured in of_shard], np.int64)
        first = shard.measured_path.stat().st_size - PAIR_BYTES * int(counts.sum())
        offset.append(first + PAIR_BYTES * (np.cumsum(counts) - counts))
        num_pairs.append(counts)
    return Measured(pd.DataFrame(probes), doubts, np.concatenate(offset), np.concatenate(num_pairs))
