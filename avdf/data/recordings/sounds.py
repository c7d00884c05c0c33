"""What is needed to compare clips of a store, small enough to be sent to other processes."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avdf.data.audio.shards import Shard
from avdf.data.audio.store import Store
from avdf.data.recordings.fingerprint import Landmarks, decimated
from avdf.data.recordings.measured import Measured
from avdf.data.recordings.measurement import at_fingerprint_rate
from avdf.data.recordings.measurement_file import read_pairs


@dataclass(frozen=True)
class Sounds:
    """Where samples and landmarks of each row of a store are: arrays (row,)."""

    shards: Mapping[int, Shard]  # by number
    sample_rate_hz: int
    shard: NDArray[np.int64]
    start: NDArray[np.int64]
    num_samples: NDArray[np.int64]
    offset: NDArray[np.int64]  # bytes
    num_pairs: NDArray[np.int64]

    def landmarks(self, row: int) -> Landmarks:
        """The landmarks of one row."""
        path = self.shards[int(self.shard[row])].measured_path
        pairs = read_pairs(path, int(self.offset[row]), int(self.num_pairs[row]))
        hashes, frames = pairs.T.astype(np.int64)
        return Landmarks(hashes, frames)

    def decimated(self, row: int) -> NDArray[np.float32]:
        """The waveform of one row as it is correlated."""
        path = self.shards[int(self.shard[row])].samples_path
        samples = np.fromfile(path, "<i2", int(self.num_samples[row]), offset=2 * int(self.start[row]))
        return decimated(at_fingerprint_rate(samples, self.sample_rate_hz))


def sounds_of(store: Store, measured: Measured) -> Sounds:
    """The sounds of a store's rows."""
    columns = {name: store.table[name].to_numpy(np.int64) for name in ("shard", "start", "num_samples")}
    return Sounds(
        shards={int(number): store.shard(int(number)).absolute() for number in np.unique(columns["shard"])},
        sample_rate_hz=store.sample_rate_hz,
        **columns,
        offset=measured.offset,
        num_pairs=measured.num_pairs,
    )
