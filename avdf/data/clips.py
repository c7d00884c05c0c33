"""The clip table: one row per file with its labels, voice, recording and groups."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from avdf.config.sources import NEURAL_CODEC
from avdf.data.probes import PICTURE_PROBES, PROBES
from avdf.errors import TableError
from avdf.files import read_csv_table, text_hash

TEXT_COLUMNS = ("clip", "type", "method", "source", "voice", "voice_rule", "identities", "track")
FLAG_COLUMNS = ("audio_fake", "video_fake")
REQUIRED_COLUMNS = (*TEXT_COLUMNS, *FLAG_COLUMNS)
SKIPPED_COLUMNS = ["clip", "reason", "detail"]
ATTACK_COLUMNS = ("audio_attack", "video_attack")  # the system that made a fake, "" where real
OPTIONAL_COLUMNS = ("official_split", "language", "fake_segments")  # of corpora that know them; text
# Names that no group column may have: columns of every clip table or score table.
OWN_COLUMNS = {*REQUIRED_COLUMNS, *ATTACK_COLUMNS, "official_split", "fake_segments", NEURAL_CODEC, "corpus"}
OWN_COLUMNS |= {
    "split",
    "is_fake",
    "score",
    "identity",
    "face",
    "score_without_start",
    "threshold",
    "size_bytes",
}
OWN_COLUMNS |= {f"score_{name}" for name in ("audio", "video", "audio_alone", "video_alone")}
OWN_COLUMNS |= {*PROBES, *PICTURE_PROBES}
CORPUS = "corpus"  # the column that says which of several corpora a clip is of
Target = Literal["audio", "video", "any"]


@dataclass(frozen=True, kw_only=True)
class Index:
    """What a corpus's folder holds: its clips, the files left out and why, and counts of both.

    `warnings` are for the top of a report, for example groups of the corpus that have no clip. `parts` are
    the indexes that were joined, by the name that their clips begin with.
    """

    root: Path
    clips: pd.DataFrame
    skipped: pd.DataFrame
    summary: dict[str, Any]
    warnings: tuple[str, ...] = ()
    parts: Mapping[str, "Index"] = field(default_factory=dict)

    @property
    def roots(self) -> dict[str, Path]:
        """The folder of each part by name; of one corpus alone, its root by the name ""."""
        return {name: part.root for name, part in self.parts.items()} or {"": self.root}


def group_columns(columns: pd.DataFrame | Sequence[str]) -> list[str]:
    """The group columns of a clip table: those between `method` and `source`, attack columns excepted.

    >>> group_columns(["clip", "type", "method", "race", "gender", "source", "voice"])
    ['race', 'gender']
    """
    names = [str(name) for name in columns]
    if "method" not in names or "source" not in names:
        return []
    between = names[names.index("method") + 1 : names.index("source")]
    return [name for name in between if name not in (*REQUIRED_COLUMNS, *ATTACK_COLUMNS)]


def summarise(clips: pd.DataFrame, skipped: pd.DataFrame) -> dict[str, Any]:
    """Counts of clips by type, group column and method, and of skipped files by reason."""
    counted = ("type", *group_columns(clips), "method")
    return {f"num_by_{column}": dict(Counter(clips[column].tolist())) for column in counted} | {
        "num_clips": len(clips),
        "num_identities": int(clips["source"].nunique()),
        "num_skipped": len(skipped),
        "num_skipped_by_reason": dict(Counter(skipped["reason"])),
    }


def read_clips(path: Path) -> pd.DataFrame:
    """Reads and checks a clips.csv. Raises TableError naming the file, the column or the rows."""
    maker = "tools/prepare.py writes a clips.csv"
    clips = read_csv_table(path, maker)
    missing = [column for column in REQUIRED_COLUMNS if column not in clips.columns]
    if missing:
        raise TableError(f"{path}: lacks the column {missing[0]!r}; {maker} with all of them")
    text = {*TEXT_COLUMNS, *group_columns(clips), *ATTACK_COLUMNS, *OPTIONAL_COLUMNS, CORPUS}
    numbers = {name: _numbers(clips[name]) for name in clips.columns if name not in text}
    try:
        return with_attacks(check_clips(clips.assign(**numbers)))
    except TableError as error:
        raise TableError(f"{path}: {error}") from error


def check_clips(clips: pd.DataFrame) -> pd.DataFrame:
    """Returns the table unchanged if it has rows, unique clips and flags of 0 or 1. Raises TableError."""
    if clips.empty:
        raise TableError("the clip table has no rows; is data.root the right folder?")
    repeated = clips["clip"][clips["clip"].duplicated()].unique()
    if len(repeated):
        others = f" (and {len(repeated) - 1} other clips)" if len(repeated) > 1 else ""
        raise TableError(f"clip {repeated[0]!r}{others} is listed more than once; keep one row per clip")
    for column in FLAG_COLUMNS:
        odd = clips[~clips[column].isin((0, 1))]
        if len(odd):
            raise TableError(
                f"column {column!r}: must be 0 or 1, but {odd[column].iloc[0]} is given for clip "
                f"{odd['clip'].iloc[0]!r} ({len(odd)} of {len(clips)} rows are wrong)"
            )
    return clips


def with_attacks(clips: pd.DataFrame) -> pd.DataFrame:
    """The table with `audio_attack` and `video_attack`; one that it lacks is the method of those fakes.

    >>> clips = pd.DataFrame({"method": ["real", "vits"], "audio_fake": [0, 1], "video_fake": [0, 0]})
    >>> with_attacks(clips)[["audio_attack", "video_attack"]].to_numpy().tolist()
    [['', ''], ['vits', '']]
    """
    added = {
        attack: clips["method"].where(clips[flag] == 1, "")
        for attack, flag in zip(ATTACK_COLUMNS, FLAG_COLUMNS, strict=True)
        if attack not in clips
    }
    return clips.assign(**added)


def with_policy(clips: pd.DataFrame, neural_codec_is: Literal["fake", "bona_fide"]) -> pd.DataFrame:
    """The table with its clips of real speech after a neural codec labelled, and attributed, by the policy.

    They are those with 1 in the column `neural_codec`, which a corpus may have.

    >>> clips = pd.DataFrame({"audio_fake": [0, 0, 1], "neural_codec": [0, 1, 1]})
    >>> [with_policy(clips, policy)["audio_fake"].tolist() for policy in ("fake", "bona_fide")]
    [[0, 1, 1], [0, 0, 0]]
    """
    if NEURAL_CODEC not in clips:
        return clips
    coded = clips[NEURAL_CODEC] == 1
    if "audio_attack" in clips:
        named = clips["audio_attack"].mask(clips["audio_attack"] == "", "neural codec")
        attack = named if neural_codec_is == "fake" else ""
        clips = clips.assign(audio_attack=clips["audio_attack"].mask(coded, attack))
    return clips.assign(audio_fake=clips["audio_fake"].mask(coded, int(neural_codec_is == "fake")))


def is_fake(clips: pd.DataFrame, target: Target) -> NDArray[np.bool_]:
    """(clip,) whether the audio, the video, or at least one of them (`target`) is fake."""
    audio = clips["audio_fake"].to_numpy() == 1
    video = clips["video_fake"].to_numpy() == 1
    labels: NDArray[np.bool_] = {"audio": audio, "video": video, "any": audio | video}[target]
    return labels


def one_per_track(clips: pd.DataFrame) -> pd.DataFrame:
    """One clip per recording and audio label, in the same order: a clip of a real video is preferred.

    Clips whose recording is unknown are all kept.
    """
    preferred = clips.sort_values(["video_fake", "clip"])
    repeats = preferred.duplicated(["track", "audio_fake"]) & (preferred["track"] != "")
    return clips[~repeats.reindex(clips.index)]


def data_hash(clips: pd.DataFrame) -> str:
    """sha256 of the clips' names, sizes, labels and groups; the same on every machine."""
    before, after = ("clip", "type", "method"), ("source", "identities", *FLAG_COLUMNS)
    columns = [*before, *group_columns(clips), *after, "size_bytes"]
    rows = clips[columns].sort_values("clip")
    return text_hash(rows.to_csv(index=False, lineterminator="\n"))


def _numbers(column: "pd.Series[str]") -> pd.Series:
    """A column of text as numbers if all its values are; blanks are NaN."""
    known = column.mask(column == "")
    try:
        return pd.to_numeric(known)
    except (ValueError, TypeError):
        return known
