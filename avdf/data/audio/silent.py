"""Clips without sound in a store of sound: rows that say how long they last, read as digital silence."""

from dataclasses import replace

import pandas as pd

from avdf.data.audio.store import SILENT, Store


def with_silence(store: Store, films: pd.DataFrame) -> Store:
    """The store with a row for each of `films` (clip, video_start_s, video_duration_s), none on disk.

    Their `sample_hash` is "", and no clip is a recording of theirs.
    """
    if films.empty:
        return store
    num_samples = (films["video_duration_s"].astype(float) * store.sample_rate_hz).round().astype(int)
    rows = pd.DataFrame(
        {
            "shard": SILENT,
            "clip": films["clip"],
            "start": 0,
            "num_samples": num_samples.clip(lower=1),
            "sample_hash": "",
            "duration_s": films["video_duration_s"],
            "audio_start_s": films["video_start_s"],
            "sample_rate_hz": 0,
            "num_channels": 0,
            "audio_codec": "",
            "audio_bit_rate": 0,
            "video_codec": films["video_codec"],
            "frame_rate_hz": films["frame_rate_hz"],
            "warnings": "",
        }
    )
    return replace(store, table=pd.concat([store.table, rows], ignore_index=True))
