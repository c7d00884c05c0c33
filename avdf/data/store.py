"""The decoded audio of all clips: int16 shards on disk, decoded once, read through memory maps."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from numpy.typing import NDArray

from avdf.data.clips import data_hash
from avdf.data.fakeavceleb import SKIPPED_COLUMNS
from avdf.data.media import MediaError, read_audio
from avdf.files import file_hash, text_hash, whole_file, write_json
from avdf.progress import progress

_FORMAT = 1  # raise it when decoding changes, so that no old shard is read
_CLIPS_PER_SHARD = 64
_FULL_SCALE = 32767


@dataclass(frozen=True)
class Store:
    """Where each clip's samples lie. A row of `table` a clip: clip, shard, start, num_samples, facts."""

    folder: Path
    sample_rate_hz: int
    table: pd.DataFrame
    skipped: pd.DataFrame

    def waveform(self, row: int) -> NDArray[np.int16]:
        """(sample,) the whole clip of that row of the table, still on disk until it is read."""
        start = self._starts[row]
        return self._shards[self._shard_of_row[row]][start : start + self._lengths[row]]

    def rows_of(self, clips: Sequence[str]) -> NDArray[np.int64]:
        """(clip,) the row of each clip. Raises KeyError for one that is not in the store."""
        row_of = dict(zip(self.table["clip"], range(len(self.table)), strict=True))
        return np.array([row_of[clip] for clip in clips], dtype=np.int64)

    @cached_property
    def _shards(self) -> list[NDArray[np.int16]]:
        num_shards = int(self.table["shard"].max()) + 1 if len(self.table) else 0
        return [
            np.memmap(self.folder / _shard_name(number), dtype="<i2", mode="r")
            if number in set(self._shard_of_row)
            else np.zeros(0, np.int16)
            for number in range(num_shards)
        ]

    @cached_property
    def _shard_of_row(self) -> list[int]:
        return [int(value) for value in self.table["shard"]]

    @cached_property
    def _starts(self) -> list[int]:
        return [int(value) for value in self.table["start"]]

    @cached_property
    def _lengths(self) -> list[int]:
        return [int(value) for value in self.table["num_samples"]]


def open_store(root: Path, clips: pd.DataFrame, cache: Path, *, sample_rate_hz: int, workers: int) -> Store:
    """The store of these clips, decoding what no earlier call has decoded.

    Clips that can't be decoded are left out of the table and listed in `skipped`.
    """
    names = sorted(clips["clip"])
    key = text_hash(json.dumps([_FORMAT, data_hash(clips), sample_rate_hz]))[:16]
    folder = cache / f"audio-{key}"
    shards = [names[at : at + _CLIPS_PER_SHARD] for at in range(0, len(names), _CLIPS_PER_SHARD)]
    missing = [number for number in range(len(shards)) if not _is_whole(folder, number)]
    work = (
        delayed(_decode_shard)(root, shards[number], folder, number, sample_rate_hz) for number in missing
    )
    done = Parallel(n_jobs=max(workers, 1), return_as="generator_unordered")(work)
    for _ in progress(done, "decoding audio", total=len(missing), unit="shard"):
        pass
    lists = [json.loads((folder / _list_name(number)).read_text("utf-8")) for number in range(len(shards))]
    rows = [{"shard": number, **row} for number, one in enumerate(lists) for row in one["clips"]]
    skipped = [row for one in lists for row in one["skipped"]]
    return Store(
        folder=folder,
        sample_rate_hz=sample_rate_hz,
        table=pd.DataFrame(rows),
        skipped=pd.DataFrame(skipped, columns=SKIPPED_COLUMNS),
    )


def _decode_shard(root: Path, names: Sequence[str], folder: Path, number: int, sample_rate_hz: int) -> None:
    blocks: list[NDArray[np.int16]] = []
    rows: list[dict[str, Any]] = []
    skipped: list[dict[str, str]] = []
    start = 0
    for name in names:
        try:
            audio = read_audio(root / name, sample_rate_hz)
        except MediaError as error:
            skipped.append({"clip": name, "reason": error.reason, "detail": error.detail})
            continue
        blocks.append(as_int16(audio.waveform))
        num_samples = len(audio.waveform)
        rows.append({"clip": name, "start": start, "num_samples": num_samples, **asdict(audio.facts)})
        start += num_samples
    samples = np.concatenate(blocks) if blocks else np.zeros(0, np.int16)
    with whole_file(folder / _shard_name(number)) as part:
        samples.astype("<i2").tofile(part)
        checksum = file_hash(part)
    # The list is written last: a shard without one was never finished.
    write_json(folder / _list_name(number), {"sha256": checksum, "clips": rows, "skipped": skipped})


def as_int16(waveform: NDArray[np.float32]) -> NDArray[np.int16]:
    """-1..1 -> 16-bit samples, rounded; what is louder than full scale is clipped."""
    return np.clip(np.rint(waveform * _FULL_SCALE), -_FULL_SCALE, _FULL_SCALE).astype(np.int16)


def as_float32(samples: NDArray[np.int16]) -> NDArray[np.float32]:
    """16-bit samples -> -1..1."""
    return samples.astype(np.float32) / np.float32(_FULL_SCALE)


def _is_whole(folder: Path, number: int) -> bool:
    return (folder / _list_name(number)).is_file() and (folder / _shard_name(number)).is_file()


def _shard_name(number: int) -> str:
    return f"shard-{number:05}.i16"


def _list_name(number: int) -> str:
    return f"shard-{number:05}.json"
