"""A folder -> the clip table as everything after it needs it: decoded, measured, its recordings known."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from joblib import Parallel, delayed

from avdf.data.clips import read_clips
from avdf.data.fakeavceleb import SKIPPED_COLUMNS, Index, index, summarise
from avdf.data.probes import probe
from avdf.data.store import Store, open_store
from avdf.data.tracks import tracks
from avdf.data.voices import num_disputed, voices
from avdf.errors import ConfigError
from avdf.files import write_csv
from avdf.progress import progress

_FORMAT = 1  # raise it when tracks, voices or probes change, so that no old table is read
_FACTS = [
    "duration_s",
    "sample_rate_hz",
    "num_channels",
    "audio_codec",
    "audio_bit_rate",
    "video_codec",
    "frame_rate_hz",
]
_ROWS_PER_JOB = 64


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """`clips`: those that can be decoded, sorted by name. `skipped`: clip, reason, detail."""

    root: Path
    clips: pd.DataFrame
    skipped: pd.DataFrame
    summary: dict[str, Any]
    store: Store


def prepare(folder: Path, cache: Path, *, sample_rate_hz: int, workers: int) -> Prepared:
    """Lists, decodes and measures the clips of a FakeAVCeleb folder; a second call reads what the first left.

    Raises ConfigError where there is no such folder or nothing in it can be decoded, TableError where
    its list is not one.
    """
    found = index(folder)
    store = open_store(found.root, found.clips, cache, sample_rate_hz=sample_rate_hz, workers=workers)
    if store.table.empty:
        raise ConfigError(
            f"{folder}: none of its {len(found.clips)} clips can be decoded; the first says: "
            f"{store.skipped['detail'].iloc[0]}"
        )
    path = store.folder / f"clips-{_FORMAT}.csv"
    if not path.is_file():
        write_csv(path, _measured(found, store, workers))
    clips = read_clips(path)
    skipped = pd.concat([found.skipped, store.skipped]).sort_values(SKIPPED_COLUMNS, ignore_index=True)
    summary = found.summary | summarise(clips, skipped) | _counts(clips)
    return Prepared(root=found.root, clips=clips, skipped=skipped, summary=summary, store=store)


def _measured(found: Index, store: Store, workers: int) -> pd.DataFrame:
    """The decodable clips of the index with facts, probes, track and voice."""
    facts = store.table[["clip", *_FACTS]]
    clips = found.clips.merge(facts, on="clip", validate="one_to_one").sort_values("clip", ignore_index=True)
    rows = store.rows_of(list(clips["clip"]))
    chunks = [rows[at : at + _ROWS_PER_JOB] for at in range(0, len(rows), _ROWS_PER_JOB)]
    jobs = Parallel(n_jobs=max(workers, 1), return_as="generator")(
        delayed(_probes)(store, [int(row) for row in chunk]) for chunk in chunks
    )
    probes = [one for part in progress(jobs, "probes", total=len(chunks), unit="part") for one in part]
    track_of = dict(zip(store.table["clip"], tracks(store, workers=workers), strict=True))
    return voices(
        clips.assign(
            track=[track_of[clip] for clip in clips["clip"]],
            file_bit_rate=(clips["size_bytes"] * 8 / clips["duration_s"]).round().astype(int),
        ).join(pd.DataFrame(probes).round(3))
    )


def _probes(store: Store, rows: list[int]) -> list[dict[str, float]]:
    return [probe(store.waveform(row), store.sample_rate_hz) for row in rows]


def _counts(clips: pd.DataFrame) -> dict[str, Any]:
    return {
        "num_tracks": int(clips["track"].nunique()),
        "num_voices": int(clips["voice"].nunique()),
        "num_by_voice_rule": json.loads(clips["voice_rule"].value_counts().to_json()),
        "num_tracks_of_several_people": num_disputed(clips),
        "hours": round(float(clips["duration_s"].sum()) / 3600, 3),
    }
