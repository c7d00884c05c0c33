"""The decoded audio of all clips: int16 shards on disk, decoded once, read clip by clip."""

import json
import logging
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache, partial
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from avdf.data.audio.decoder import COMMAND, close_idle, pooled_decoder
from avdf.data.audio.limits import DECODE_TIMEOUT_S
from avdf.data.audio.parallel import run_parallel
from avdf.data.audio.shard_list import INFO_COLUMNS, ShardList
from avdf.data.audio.shard_reader import ShardReader
from avdf.data.audio.shards import Shard, outdated
from avdf.data.audio.stamps import stamps_of
from avdf.data.clips import SKIPPED_COLUMNS
from avdf.errors import UserError
from avdf.files import text_hash

_FORMAT = 6  # raise it when decoding or the files of a shard change, so that no old shard is read
_CLIPS_PER_SHARD = 64
_OPEN_SHARDS = 256  # each holds a file descriptor
_LOG = logging.getLogger(__name__)
_COLUMNS = ("shard", "clip", "start", "num_samples", "sample_hash", *INFO_COLUMNS)


@dataclass(frozen=True, kw_only=True)
class Decoding:
    """How files are decoded: to which rate, and by what."""

    sample_rate_hz: int
    workers: int = 1  # processes of this machine
    dask: str | None = None  # address of a scheduler whose workers see the same folders
    verify_checksums: bool = False  # read every shard again, and retry files that took too long
    timeout_s: float = DECODE_TIMEOUT_S  # per file
    command: Sequence[str] = COMMAND  # the decoder's process


@dataclass(frozen=True, kw_only=True)
class Filling:
    """How shards are filled: `update` brings one up to date with the stamp of each clip by name."""

    update: Callable[[Shard, Mapping[str, str]], int]
    label: str  # of the progress bar
    workers: int = 1
    dask: str | None = None
    threads: bool = False  # instead of processes
    verify_checksums: bool = False


@dataclass(frozen=True)
class Store:
    """Where each clip's samples are.

    `table`: one row per clip with shard, start, num_samples, sample_hash (equal for clips of identical
    samples) and media info. `skipped`: clip, reason, detail. `digests`: sha256 of each shard's samples.
    `shards`: by number, those that lie elsewhere than in `folder`.
    """

    folder: Path
    sample_rate_hz: int
    table: pd.DataFrame
    skipped: pd.DataFrame
    digests: Mapping[int, str] = field(default_factory=dict)
    shards: Mapping[int, Shard] = field(default_factory=dict)

    def shard(self, number: int) -> Shard:
        """The shard of that number in the table."""
        return self.shards.get(number) or Shard(self.folder, number)

    def waveform(self, row: int) -> NDArray[np.int16]:
        """(sample,) the whole clip of that row of the table, read-only."""
        shard, start, num_samples = self._places[row]
        return _reader(self.shard(shard), self.digests.get(shard, "")).read(start, num_samples)

    def rows_of(self, clips: Sequence[str]) -> NDArray[np.int64]:
        """(clip,) the row of each clip. Raises KeyError for one that is not in the store."""
        row_of = dict(zip(self.table["clip"].tolist(), range(len(self.table)), strict=True))
        return np.array([row_of[clip] for clip in clips], dtype=np.int64)

    @property
    def content_hash(self) -> str:
        """sha256 of which clips there are and of all their samples."""
        return text_hash(json.dumps([self.table["clip"].tolist(), sorted(self.digests.items())]))

    @cached_property
    def _places(self) -> list[tuple[int, int, int]]:
        columns = (self.table[name].astype(int).tolist() for name in ("shard", "start", "num_samples"))
        return list(zip(*columns, strict=True))


def open_store(root: Path, clips: pd.DataFrame, cache: Path, decoding: Decoding) -> Store:
    """The store of these clips of the folder `root`, decoding what no earlier call has decoded.

    A file that changed since (size, time of change, or a hash of both ends), and one that could not be
    decoded, is decoded again. Clips that can't be decoded are left out of the table and listed in
    `skipped`. Raises UserError if the cache can't be written.
    """
    names = sorted(clips["clip"].tolist())
    folder = _folder(root, names, cache, decoding, _FORMAT)
    if not folder.exists():
        _tell_of_earlier_formats(root, names, cache, decoding)
    stamps = stamps_of(root, names)
    shards: dict[Shard, dict[str, str]] = {}
    for number, first in enumerate(range(0, len(names), _CLIPS_PER_SHARD)):
        of_shard = names[first : first + _CLIPS_PER_SHARD]
        shards[Shard(folder, number)] = {name: stamps[name] for name in of_shard}
    filling = Filling(
        update=partial(_update, root=root, decoding=decoding),
        label="decoding and measuring audio",
        workers=decoding.workers,
        dask=decoding.dask,
        threads=True,
        verify_checksums=decoding.verify_checksums,
    )
    store = filled_store(folder, decoding.sample_rate_hz, shards, filling)
    close_idle()
    return store


def filled_store(
    folder: Path, sample_rate_hz: int, shards: Mapping[Shard, Mapping[str, str]], filling: Filling
) -> Store:
    """The store of these shards (stamp of each clip by name), filling those that are not as they should be.

    Raises UserError if the cache can't be written.
    """
    current = {
        shard: _current(shard, of_shard, filling.verify_checksums) for shard, of_shard in shards.items()
    }
    jobs = [
        (shard if filling.threads else shard.absolute(), shards[shard])
        for shard, listed in current.items()
        if listed is None
    ]
    for _ in run_parallel(
        filling.update,
        jobs,
        filling.label,
        workers=filling.workers,
        dask=filling.dask,
        threads=filling.threads,
    ):
        pass
    if jobs:
        _reader.cache_clear()  # one may still have the file open that was replaced
    lists = {
        shard: listed or shard.finished(list(shards[shard]), verify_checksums=False)
        for shard, listed in current.items()
    }
    return _opened(folder, sample_rate_hz, lists)


def _folder(root: Path, names: Sequence[str], cache: Path, decoding: Decoding, store_format: int) -> Path:
    key = text_hash(json.dumps([store_format, decoding.sample_rate_hz, str(root.resolve()), names]))[:16]
    return cache / f"audio-{key}"


def _tell_of_earlier_formats(root: Path, names: Sequence[str], cache: Path, decoding: Decoding) -> None:
    for earlier in range(1, _FORMAT):
        folder = _folder(root, names, cache, decoding, earlier)
        if folder.is_dir():
            _LOG.info(
                "%s: was written by an earlier version of avdf and is no longer read; it can be removed. "
                "The clips are decoded again",
                folder,
            )


def _current(shard: Shard, stamps: Mapping[str, str], verify_checksums: bool) -> ShardList | None:
    """The list of a shard that need not be written again, or None."""
    listed = shard.finished(list(stamps), verify_checksums=verify_checksums)
    if listed is None:
        return None
    rows = outdated(listed, stamps, retry_slow=verify_checksums)
    # A shared cache that may only be read serves the clips it has.
    is_served = all("reason" in row for row in rows) and not os.access(shard.folder, os.W_OK)
    return listed if not rows or is_served else None


def _update(shard: Shard, stamps: Mapping[str, str], *, root: Path, decoding: Decoding) -> int:
    with pooled_decoder(decoding.sample_rate_hz, decoding.timeout_s, decoding.command) as decoder:
        return shard.update(root, stamps, decoder, retry_slow=decoding.verify_checksums)


def _opened(folder: Path, sample_rate_hz: int, lists: Mapping[Shard, ShardList | None]) -> Store:
    if lost := [shard for shard, listed in lists.items() if listed is None]:
        raise UserError(
            f"{lost[0].folder}: shard {lost[0].number} was removed or changed while it was written; "
            "try again, alone"
        )
    finished = [(shard, listed) for shard, listed in lists.items() if listed is not None]
    rows = [{"shard": number, **row} for number, (_, listed) in enumerate(finished) for row in listed.clips]
    skipped = [row for _, listed in finished for row in listed.skipped]
    return Store(
        folder=folder,
        sample_rate_hz=sample_rate_hz,
        table=pd.DataFrame(rows, columns=list(_COLUMNS)),
        skipped=pd.DataFrame(skipped, columns=SKIPPED_COLUMNS),
        digests={number: listed.sha256 for number, (_, listed) in enumerate(finished)},
        shards={number: shard for number, (shard, _) in enumerate(finished)},
    )


@lru_cache(maxsize=_OPEN_SHARDS)
def _reader(shard: Shard, digest: str) -> ShardReader:
    """The samples of a shard; another `digest` means that the shard was written again."""
    return ShardReader(shard.samples_path)
