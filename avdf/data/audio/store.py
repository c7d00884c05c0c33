"""The decoded audio of all clips: int16 shards on disk, decoded once, read through memory maps."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from avdf.data.audio.decoder import COMMAND, close_idle, pooled_decoder
from avdf.data.audio.limits import DECODE_TIMEOUT_S
from avdf.data.audio.parallel import run_parallel
from avdf.data.audio.shards import Shard
from avdf.data.clips import SKIPPED_COLUMNS
from avdf.errors import UserError
from avdf.files import text_hash

_FORMAT = 4  # raise it when decoding changes, so that no old shard is read
_CLIPS_PER_SHARD = 64
_OPEN_SHARDS = 256  # each holds a file descriptor


@dataclass(frozen=True)
class Store:
    """Where each clip's samples lie. A row of `table` a clip: clip, shard, start, num_samples, facts."""

    folder: Path
    sample_rate_hz: int
    table: pd.DataFrame
    skipped: pd.DataFrame

    def waveform(self, row: int) -> NDArray[np.int16]:
        """(sample,) the whole clip of that row of the table, still on disk until it is read."""
        shard, start, num_samples = self._places[row]
        return _samples(self.folder, shard)[start : start + num_samples]

    def rows_of(self, clips: Sequence[str]) -> NDArray[np.int64]:
        """(clip,) the row of each clip. Raises KeyError for one that is not in the store."""
        row_of = dict(zip(self.table["clip"], range(len(self.table)), strict=True))
        return np.array([row_of[clip] for clip in clips], dtype=np.int64)

    @cached_property
    def _places(self) -> list[tuple[int, int, int]]:
        columns = (self.table[name].astype(int).tolist() for name in ("shard", "start", "num_samples"))
        return list(zip(*columns, strict=True))


def open_store(
    root: Path,
    clips: pd.DataFrame,
    cache: Path,
    *,
    sample_rate_hz: int,
    workers: int,
    dask: str | None = None,
    thoroughly: bool = False,
    limit_s: float = DECODE_TIMEOUT_S,
    decoder: Sequence[str] = COMMAND,
) -> Store:
    """The store of these clips, decoding what no earlier call has decoded.

    Clips that can't be decoded are left out of the table and listed in `skipped`. `dask` is the address
    of a cluster whose workers see the same folders; `thoroughly` reads every shard again to check it;
    a file may take `limit_s` of the command `decoder`. Raises UserError where the cache can't be written.
    """
    rows = clips[["clip", "size_bytes"]].sort_values("clip")
    names = rows["clip"].tolist()
    key = text_hash(json.dumps([_FORMAT, sample_rate_hz, names, rows["size_bytes"].tolist()]))[:16]
    folder = cache / f"audio-{key}"
    shards = [Shard(folder, number) for number in range(-(-len(names) // _CLIPS_PER_SHARD))]
    jobs = [
        (shard, root, names[at : at + _CLIPS_PER_SHARD], sample_rate_hz, limit_s, tuple(decoder))
        for shard, at in zip(shards, range(0, len(names), _CLIPS_PER_SHARD), strict=True)
        if not shard.is_whole(thoroughly=thoroughly)
    ]
    for _ in run_parallel(
        _make, jobs, "decoding audio", workers=workers, dask=dask, threads=True, unit="shards"
    ):
        pass
    close_idle()
    return _opened(folder, sample_rate_hz, shards)


def _make(
    shard: Shard, root: Path, names: list[str], sample_rate_hz: int, limit_s: float, command: tuple[str, ...]
) -> int:
    with pooled_decoder(sample_rate_hz, limit_s, command) as decoder:
        return shard.make(root, names, decoder)


def _opened(folder: Path, sample_rate_hz: int, shards: Sequence[Shard]) -> Store:
    try:
        lists = [shard.listed() for shard in shards]
    except (OSError, ValueError) as error:
        raise UserError(f"{folder}: a shard went away while it was made ({error}); try again") from error
    return Store(
        folder=folder,
        sample_rate_hz=sample_rate_hz,
        table=pd.DataFrame(
            [
                {"shard": shard.number, **row}
                for shard, one in zip(shards, lists, strict=True)
                for row in one["clips"]
            ]
        ),
        skipped=pd.DataFrame([row for one in lists for row in one["skipped"]], columns=SKIPPED_COLUMNS),
    )


@lru_cache(maxsize=_OPEN_SHARDS)
def _samples(folder: Path, number: int) -> NDArray[np.int16]:
    return Shard(folder, number).waveforms()
