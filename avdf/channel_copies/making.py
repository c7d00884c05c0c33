"""Makes copies of decoded clips through channels, in shards that survive being killed."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avdf.channel_copies.plan import Planned, copy_name, planned
from avdf.channels import CHANNELS, Channel
from avdf.config.channel_copies import ChannelCopiesConfig
from avdf.config.loading import as_settings
from avdf.data.audio.levels import as_float32, as_int16
from avdf.data.audio.shard_list import INFO_COLUMNS
from avdf.data.audio.shard_set import Filling
from avdf.data.audio.shards import Shard
from avdf.data.audio.sound_shards import SoundOfClips
from avdf.data.audio.store import Store, filled_store
from avdf.data.copies import ClipCopies
from avdf.data.probes import MEASURED_PROBES
from avdf.data.recordings.measurement import ClipMeasurement
from avdf.errors import UserError
from avdf.files import json_text, text_hash

_NOTHING = ClipMeasurement(dict.fromkeys(MEASURED_PROBES, 0.0), "", np.zeros((0, 2), np.int32))


def make_copies(
    store: Store, parents: Mapping[str, str], config: ChannelCopiesConfig, cache: Path, *, workers: int
) -> ClipCopies:
    """The copies of these clips (clip: parent), of which only those are made that no earlier call has made.

    `config` is resolved. A copy is made again if the samples of its clip have changed. There is one shard of
    copies beside each shard of clips; which clips of a shard are named decides what it holds. Raises
    UserError if the cache can't be written.
    """
    clips = sorted(parents)
    copies = {clip: planned(clip, parents[clip], config) for clip in clips}
    folder = cache / f"channels-{_key(config)}"
    stamps: dict[Shard, dict[str, str]] = {}
    rows = dict(zip(clips, store.rows_of(clips).tolist(), strict=True))
    for clip in clips:
        of_clip = store.shard(int(store.table["shard"].iat[rows[clip]]))
        shard = Shard(folder / of_clip.folder.name, of_clip.number)
        sample_hash = str(store.table["sample_hash"].iat[rows[clip]])
        named = {name: copy.stamp(sample_hash) for name, copy in copies[clip].items()}
        stamps.setdefault(shard, {}).update(named)
    shards = {int(number): store.shard(int(number)).absolute() for number in store.table["shard"].unique()}
    source = CopySource(
        replace(store, shards=shards),
        rows,
        {name: copy for of_clip in copies.values() for name, copy in of_clip.items()},
    )
    filling = Filling(
        update=source.update,
        narrowed=lambda names: source.narrowed(names).update,
        label="applying channels",
        workers=workers,
    )
    filled = filled_store(folder, store.sample_rate_hz, _in_order(stamps), filling)
    if len(filled.skipped):
        first = filled.skipped.iloc[0]
        raise UserError(f"data.channel_copies: {first['clip']}: {first['detail']}")
    row_of = dict(zip(filled.table["clip"].tolist(), range(len(filled.table)), strict=True))
    numbers = range(config.num_per_clip)
    return ClipCopies(
        store=filled,
        rows={clip: [row_of[copy_name(clip, number)] for number in numbers] for clip in clips},
        share=config.share,
    )


@dataclass(frozen=True)
class CopySource:
    """What the shards of copies are filled from, by the names of copies. Nothing is measured of copies."""

    store: Store
    rows: Mapping[str, int]  # of clips in the store
    copies: Mapping[str, Planned]

    def narrowed(self, names: Iterable[str]) -> "CopySource":
        """The same for these copies alone, which is what a process needs that makes them."""
        copies = {name: self.copies[name] for name in names}
        clips = sorted({copy.clip for copy in copies.values()})
        table = self.store.table.iloc[[self.rows[clip] for clip in clips]].reset_index(drop=True)
        shards = {int(number): self.store.shard(int(number)) for number in table["shard"].unique()}
        store = replace(self.store, table=table, skipped=self.store.skipped.iloc[:0], shards=shards)
        return CopySource(store, {clip: row for row, clip in enumerate(clips)}, copies)

    def update(self, shard: Shard, stamps: Mapping[str, str]) -> int:
        """Fills a shard; called in another process."""
        return shard.update(Path(), stamps, SoundOfClips(self))

    def read(self, path: Path) -> tuple[NDArray[np.int16], dict[str, Any]]:
        """(sample,) of a copy, of the same length as its clip; a shorter sound is repeated."""
        copy = self.copies[path.as_posix()]
        row = self.rows[copy.clip]
        waveform = as_float32(self.store.waveform(row))
        rng = copy.generator()
        for settings in copy.channels:
            altered = _channel(json_text(dict(settings))).apply(waveform, self.store.sample_rate_hz, rng)
            waveform = np.resize(altered, len(waveform)).astype(np.float32)
        info = self.store.table.iloc[row]
        return as_int16(waveform), {name: kind(info[name]) for name, kind in INFO_COLUMNS.items()} | {
            "warnings": ()
        }

    def read_and_measure(self, path: Path) -> tuple[NDArray[np.int16], dict[str, Any], ClipMeasurement]:
        """As `read`."""
        return *self.read(path), _NOTHING

    def measure(self, path: Path, samples: NDArray[np.int16]) -> ClipMeasurement:
        """Nothing: who listens to a copy, and for how long, is known from its clip."""
        return _NOTHING


def _in_order(stamps: Mapping[Shard, Mapping[str, str]]) -> dict[Shard, dict[str, str]]:
    """Shards by folder and number, copies by name, whatever the order of the clips."""
    ordered = sorted(stamps, key=lambda shard: (str(shard.folder), shard.number))
    return {shard: dict(sorted(stamps[shard].items())) for shard in ordered}


def _key(config: ChannelCopiesConfig) -> str:
    """Other settings have another folder; how many crops are read through a channel is none of them."""
    settings = {name: value for name, value in as_settings(config).items() if name != "share"}
    return text_hash(json_text(settings))[:16]


@lru_cache(maxsize=256)
def _channel(settings: str) -> Channel:
    built: Channel = CHANNELS.build(json.loads(settings), "channel")
    return built
