"""The decoded audio of all clips: int16 shards on disk, decoded once, read clip by clip."""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache, partial
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from avdf.data.audio.decoder import close_idle, pooled_decoder
from avdf.data.audio.shard_list import INFO_COLUMNS, SOUND, ShardList
from avdf.data.audio.shard_reader import ShardReader
from avdf.data.audio.shard_set import Decoding, Filling, filled, shards_of, unfilled
from avdf.data.audio.shards import Shard
from avdf.data.audio.sound_shards import SoundOfClips
from avdf.data.audio.stamps import stamps_of
from avdf.data.clips import SKIPPED_COLUMNS
from avdf.files import text_hash

_FORMAT = 6  # raise it when decoding or the files of a shard change, so that no old shard is read
_CLIPS_PER_SHARD = 64
SILENT = -1  # the number of no shard: of clips without sound
_OPEN_SHARDS = 256  # each holds a file descriptor
_LOG = logging.getLogger(__name__)
_COLUMNS = ("shard", "clip", "start", "num_samples", "sample_hash", *INFO_COLUMNS)


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
        """(sample,) the whole clip of that row of the table, read-only; zeros for a clip without sound."""
        shard, start, num_samples = self._places[row]
        if shard == SILENT:
            return np.zeros(num_samples, np.int16)
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
    shards = shards_of(folder, stamps_of(root, names), kind=SOUND, clips_per_shard=_CLIPS_PER_SHARD)
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
    is_current = not unfilled(shards, verify_checksums=filling.verify_checksums)
    lists = filled(shards, filling)
    if not is_current:
        _reader.cache_clear()  # one may still have the file open that was replaced
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


def _update(shard: Shard, stamps: Mapping[str, str], *, root: Path, decoding: Decoding) -> int:
    with pooled_decoder(decoding.sample_rate_hz, decoding.timeout_s, decoding.command) as decoder:
        return shard.update(root, stamps, SoundOfClips(decoder), retry_slow=decoding.verify_checksums)


def _opened(folder: Path, sample_rate_hz: int, lists: Mapping[Shard, ShardList]) -> Store:
    rows = [{"shard": number, **row} for number, listed in enumerate(lists.values()) for row in listed.clips]
    skipped = [row for listed in lists.values() for row in listed.skipped]
    return Store(
        folder=folder,
        sample_rate_hz=sample_rate_hz,
        table=pd.DataFrame(rows, columns=list(_COLUMNS)),
        skipped=pd.DataFrame(skipped, columns=SKIPPED_COLUMNS),
        digests={number: listed.sha256 for number, listed in enumerate(lists.values())},
        shards=dict(enumerate(lists)),
    )


@lru_cache(maxsize=_OPEN_SHARDS)
def _reader(shard: Shard, digest: str) -> ShardReader:
    """The samples of a shard; another `digest` means that the shard was written again."""
    return ShardReader(shard.samples_path)
