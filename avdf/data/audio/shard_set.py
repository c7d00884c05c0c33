"""The shards of some clips: which are as they should be, and the others filled."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from avdf.data.audio.decoder import COMMAND
from avdf.data.audio.limits import DECODE_TIMEOUT_S
from avdf.data.audio.parallel import run_parallel
from avdf.data.audio.shard_list import Kind, ShardList
from avdf.data.audio.shards import Shard, outdated
from avdf.errors import UserError

Stamped = Mapping[Shard, Mapping[str, str]]  # the stamp of each clip of a shard, by name


@dataclass(frozen=True, kw_only=True)
class Decoding:
    """How files are decoded: to which rate, and by what."""

    sample_rate_hz: int
    workers: int = 1  # processes of this machine
    dask: str | None = None  # address of a scheduler whose workers see the same folders
    verify_checksums: bool = False  # read every shard again, and retry files that took too long
    timeout_s: float = DECODE_TIMEOUT_S  # per file
    command: Sequence[str] = COMMAND  # the decoder's process


Update = Callable[[Shard, Mapping[str, str]], int]


@dataclass(frozen=True, kw_only=True)
class Filling:
    """How shards are filled: `update` brings one up to date with the stamp of each clip by name.

    `narrowed` gives the same for the clips of these names alone, if that is less to send to a process.
    """

    update: Update
    narrowed: Callable[[Iterable[str]], Update] | None = None
    label: str  # of the progress bar
    workers: int = 1
    dask: str | None = None
    threads: bool = False  # instead of processes
    verify_checksums: bool = False


def shards_of(
    folder: Path, stamps: Mapping[str, str], *, kind: Kind, clips_per_shard: int
) -> dict[Shard, dict[str, str]]:
    """The shards in `folder` of clips with these stamps by name, that many clips in each, in their order."""
    shards: dict[Shard, dict[str, str]] = {}
    left = iter(stamps.items())
    while of_shard := dict(islice(left, clips_per_shard)):
        shards[Shard(folder, len(shards), kind)] = of_shard
    return shards


def unfilled(shards: Stamped, *, verify_checksums: bool = False) -> list[Shard]:
    """The shards that are not as they should be."""
    return [shard for shard, stamps in shards.items() if _current(shard, stamps, verify_checksums) is None]


def filled(shards: Stamped, filling: Filling) -> dict[Shard, ShardList]:
    """The lists of these shards; those are filled that are not as they should be. Raises UserError."""
    current = {shard: _current(shard, stamps, filling.verify_checksums) for shard, stamps in shards.items()}
    narrowed = filling.narrowed or (lambda names: filling.update)
    jobs = [
        (narrowed(shards[shard]), shard if filling.threads else shard.absolute(), shards[shard])
        for shard, listed in current.items()
        if listed is None
    ]
    for _ in run_parallel(
        _update,
        jobs,
        filling.label,
        workers=filling.workers,
        dask=filling.dask,
        threads=filling.threads,
    ):
        pass
    lists = {}
    for shard, listed in current.items():
        now = listed or shard.finished(list(shards[shard]), verify_checksums=False)
        if now is None:
            raise UserError(
                f"{shard.folder}: shard {shard.number} was removed or changed while it was written; "
                "try again, alone"
            )
        lists[shard] = now
    return lists


def _update(update: Update, shard: Shard, stamps: Mapping[str, str]) -> int:
    return update(shard, stamps)


def _current(shard: Shard, stamps: Mapping[str, str], verify_checksums: bool) -> ShardList | None:
    """The list of a shard that need not be written again, or None."""
    listed = shard.finished(list(stamps), verify_checksums=verify_checksums)
    if listed is None:
        return None
    rows = outdated(listed, stamps, retry_slow=verify_checksums)
    # A shared cache that may only be read serves the clips it has.
    is_served = all("reason" in row for row in rows) and not os.access(shard.folder, os.W_OK)
    return listed if not rows or is_served else None
