"""A folder -> the clip table as everything after it needs it: decoded, measured, its recordings known."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from avdf.data.audio.store import Store, open_store
from avdf.data.clips import SKIPPED_COLUMNS, Index, data_hash, read_clips, summarise
from avdf.data.recordings.measurement import measure
from avdf.data.recordings.tracks import tracks
from avdf.data.recordings.voices import num_disputed, voices
from avdf.errors import ConfigError
from avdf.files import write_csv

_FORMAT = 2  # raise it when tracks, voices or probes change, so that no old table is read
_FACTS = [
    "duration_s",
    "sample_rate_hz",
    "num_channels",
    "audio_codec",
    "audio_bit_rate",
    "video_codec",
    "frame_rate_hz",
]


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """`clips`: those that can be decoded, sorted by name. `skipped`: clip, reason, detail."""

    root: Path
    clips: pd.DataFrame
    skipped: pd.DataFrame
    summary: dict[str, Any]
    store: Store


def prepare(
    found: Index,
    cache: Path,
    *,
    sample_rate_hz: int,
    workers: int,
    dask: str | None = None,
    thoroughly: bool = False,
) -> Prepared:
    """Decodes and measures the clips that a corpus lists; a second call reads what the first left.

    `dask` is the address of a cluster that does the work; `thoroughly` checks every shard by its
    checksum. Raises ConfigError where nothing can be decoded, UserError where the cache can't be written.
    """
    store = open_store(
        found.root,
        found.clips,
        cache,
        sample_rate_hz=sample_rate_hz,
        workers=workers,
        dask=dask,
        thoroughly=thoroughly,
    )
    if store.table.empty:
        raise ConfigError(
            f"{found.root}: none of its {len(found.clips)} clips can be decoded; the first says: "
            f"{store.skipped['detail'].iloc[0]}"
        )
    # Labels are not part of the store's name: a list that was put right decodes nothing again.
    path = store.folder / f"clips-{_FORMAT}-{data_hash(found.clips)[:16]}.csv"
    if not path.is_file():
        write_csv(path, _measured(found, store, workers, dask))
    clips = read_clips(path)
    skipped = pd.concat([found.skipped, store.skipped]).sort_values(SKIPPED_COLUMNS, ignore_index=True)
    summary = found.summary | summarise(clips, skipped) | _counts(clips)
    return Prepared(root=found.root, clips=clips, skipped=skipped, summary=summary, store=store)


def _measured(found: Index, store: Store, workers: int, dask: str | None) -> pd.DataFrame:
    """The decodable clips of the index with facts, probes, track and voice."""
    measured = measure(store, workers=workers, dask=dask)
    facts = store.table[["clip", *_FACTS]].join(measured.probes.round(3))
    track_of = dict(zip(store.table["clip"], tracks(store, measured), strict=True))
    clips = found.clips.merge(facts, on="clip", validate="one_to_one").sort_values("clip", ignore_index=True)
    clips["track"] = [track_of[clip] for clip in clips["clip"]]
    clips["file_bit_rate"] = (clips["size_bytes"] * 8 / clips["duration_s"]).round().astype(int)
    return voices(clips)


def _counts(clips: pd.DataFrame) -> dict[str, Any]:
    return {
        "num_tracks": int(clips["track"].nunique()),
        "num_voices": int(clips["voice"].nunique()),
        "num_by_voice_rule": json.loads(clips["voice_rule"].value_counts().to_json()),
        "num_tracks_of_several_people": num_disputed(clips),
        "hours": round(float(clips["duration_s"].sum()) / 3600, 3),
    }
