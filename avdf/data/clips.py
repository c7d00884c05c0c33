"""The clip table: a row a file; what is fake in it, whose voice it carries, which groups it counts for."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from avdf.errors import TableError
from avdf.files import read_csv_table, text_hash

TYPES = {
    "A": "RealVideo-RealAudio",
    "B": "RealVideo-FakeAudio",
    "C": "FakeVideo-RealAudio",
    "D": "FakeVideo-FakeAudio",
}
AUDIO_FAKE_TYPES = ("B", "D")
VIDEO_FAKE_TYPES = ("C", "D")
RACES = ("African", "Asian (East)", "Asian (South)", "Caucasian (American)", "Caucasian (European)")
GENDERS = ("men", "women")
TEXT_COLUMNS = (
    "clip",
    "type",
    "method",
    "race",
    "gender",
    "source",
    "voice",
    "voice_rule",
    "identities",
    "track",
)
FLAG_COLUMNS = ("audio_fake", "video_fake")
REQUIRED_COLUMNS = (*TEXT_COLUMNS, *FLAG_COLUMNS)
SKIPPED_COLUMNS = ["clip", "reason", "detail"]
Target = Literal["audio", "video", "any"]


@dataclass(frozen=True, kw_only=True)
class Index:
    """What a folder holds: its clips, what was left out and why, and the counts of both."""

    root: Path
    clips: pd.DataFrame
    skipped: pd.DataFrame
    summary: dict[str, Any]


def summarise(clips: pd.DataFrame, skipped: pd.DataFrame) -> dict[str, Any]:
    """Counts of clips by type, race, gender and method, and of what was skipped by reason."""
    counts = {
        f"num_by_{column}": dict(Counter(clips[column])) for column in ("type", "race", "gender", "method")
    }
    return counts | {
        "num_clips": len(clips),
        "num_identities": int(clips["source"].nunique()),
        "num_skipped": len(skipped),
        "num_skipped_by_reason": dict(Counter(skipped["reason"])),
    }


def read_clips(path: Path) -> pd.DataFrame:
    """Reads and checks a clips.csv. Raises TableError naming the file, the column or the rows."""
    clips = read_csv_table(
        path, "tools/prepare.py writes a clips.csv", dtype=dict.fromkeys(TEXT_COLUMNS, str)
    )
    missing = [column for column in REQUIRED_COLUMNS if column not in clips.columns]
    if missing:
        raise TableError(f"{path}: lacks the column {missing[0]!r}; tools/prepare.py writes all of them")
    text = clips[list(TEXT_COLUMNS)].fillna("")
    return check_clips(clips.assign(**{column: text[column] for column in TEXT_COLUMNS}))


def check_clips(clips: pd.DataFrame) -> pd.DataFrame:
    """The same table, once every key is unique and every flag 0 or 1. Raises TableError."""
    if clips.empty:
        raise TableError("the clip table has no rows; is data.root the right folder?")
    twice = clips["clip"][clips["clip"].duplicated()].unique()
    if len(twice):
        raise TableError(
            f"clip {twice[0]!r} stands in {len(twice)} clips' worth of repeated rows; keep one each"
        )
    for column in FLAG_COLUMNS:
        odd = clips["clip"][~clips[column].isin((0, 1))]
        if len(odd):
            raise TableError(
                f"{column} must be 0 or 1; it is not for {odd.iloc[0]!r} and {len(odd) - 1} more"
            )
    return clips


def is_fake(clips: pd.DataFrame, target: Target) -> NDArray[np.bool_]:
    """(clip,) whether what `target` names is fake: the audio, the video, or any of the two."""
    audio = clips["audio_fake"].to_numpy() == 1
    video = clips["video_fake"].to_numpy() == 1
    chosen: NDArray[np.bool_] = {"audio": audio, "video": video, "any": audio | video}[target]
    return chosen


def one_per_track(clips: pd.DataFrame) -> pd.DataFrame:
    """The same table with each recording once, in the same order: of a real video before a fake one's.

    Where a recording is called real and fake, once each. Clips whose track is not known all stay.
    """
    first = clips.sort_values(["video_fake", "clip"])
    again = first.duplicated(["track", "audio_fake"]) & (first["track"] != "")
    return clips[~again.reindex(clips.index)]


def data_hash(clips: pd.DataFrame) -> str:
    """sha256 over which clips there are, their sizes and labels; the same on every machine."""
    columns = [*(column for column in REQUIRED_COLUMNS if column not in ("track", "voice", "voice_rule"))]
    rows = clips[[*columns, "size_bytes"]].sort_values("clip")
    return text_hash(rows.to_csv(index=False, lineterminator="\n"))
