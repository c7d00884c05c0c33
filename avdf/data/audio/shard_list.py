"""The list of a shard and the lines of its journal, read with every value checked before it is used."""

import hashlib
import json
import math
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from avdf.data.audio.limits import LIMITS

Row = dict[str, Any]
MAX_LIST_BYTES = 1 << 24  # 64 clips need some 30 kB
INFO_COLUMNS: Mapping[str, type] = {
    "duration_s": float,
    "audio_start_s": float,
    "sample_rate_hz": int,
    "num_channels": int,
    "audio_codec": str,
    "audio_bit_rate": int,
    "video_codec": str,
    "frame_rate_hz": float,
    "warnings": str,  # one text
}  # what a decoder says of a file
_PLACE_COLUMNS = ("start", "num_samples", "crc32")
_SAMPLE_HASH = re.compile("[0-9a-f]{32}")
MAX_SAMPLES = round(LIMITS.seconds * 48000) + 48000  # of one clip at the highest rate of a store


@dataclass(frozen=True)
class Kind:
    """What the clips of a shard hold. A sample is a 16-bit number of sound, or a frame of video.

    `suffix`: the ending of the file of samples. `columns`: what a row says beside the place of its samples.
    """

    suffix: str
    sample_bytes: int
    columns: tuple[tuple[str, type], ...]
    max_samples: int  # of a clip


SOUND = Kind("i16", 2, tuple(INFO_COLUMNS.items()), MAX_SAMPLES)


@dataclass(frozen=True, kw_only=True)
class ShardList:
    """A finished shard: hash, size (bytes) and time of change of its samples, and one row per clip.

    A row has `clip` and `stamp`; and `start`, `num_samples`, `crc32`, `sample_hash` and the columns of its
    kind, or `reason` and `detail` if the clip could not be decoded.
    """

    sha256: str
    size: int
    mtime_ns: int
    rows: tuple[Row, ...]

    @property
    def clips(self) -> list[Row]:
        """The rows of decoded clips."""
        return [row for row in self.rows if "reason" not in row]

    @property
    def skipped(self) -> list[Row]:
        """The rows of clips that could not be decoded."""
        return [row for row in self.rows if "reason" in row]

    def as_json(self) -> dict[str, Any]:
        """What `read_list` reads."""
        return {
            "sha256": self.sha256,
            "size": self.size,
            "mtime_ns": self.mtime_ns,
            "clips": self.clips,
            "skipped": self.skipped,
        }


def read_list(path: Path, kind: Kind = SOUND) -> ShardList | None:
    """A shard's list; None if there is none, or if any value in it is not as it was written."""
    try:
        if not path.is_file() or path.stat().st_size > MAX_LIST_BYTES:
            return None
        content = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(content, dict) or not all(_is_count(content.get(key)) for key in ("size", "mtime_ns")):
        return None
    clips, skipped = (content.get(key) for key in ("clips", "skipped"))
    if (
        not isinstance(content.get("sha256"), str)
        or not isinstance(clips, list)
        or not isinstance(skipped, list)
    ):
        return None
    rows = [checked_row(row, kind) for row in (*clips, *skipped)]
    valid = [row for row in rows if row is not None]
    if len(valid) < len(rows) or any("reason" in row for row in valid[: len(clips)]):
        return None
    end = 0
    for row in valid[: len(clips)]:
        if row["start"] != end:
            return None
        end += row["num_samples"]
    if content["size"] != kind.sample_bytes * end:
        return None
    ordered = tuple(sorted(valid, key=lambda row: str(row["clip"])))
    return ShardList(
        sha256=content["sha256"], size=content["size"], mtime_ns=content["mtime_ns"], rows=ordered
    )


def checked_row(row: object, kind: Kind = SOUND) -> Row | None:
    """The known values of a row; None if one is missing or of another type."""
    if not isinstance(row, dict) or not all(isinstance(row.get(key), str) for key in ("clip", "stamp")):
        return None
    names: tuple[str, ...] = ("clip", "stamp", "reason", "detail")
    if "reason" in row:
        return {name: row[name] for name in names} if all(_is_text(row.get(name)) for name in names) else None
    if not all(_is_count(row.get(key)) for key in _PLACE_COLUMNS) or row["num_samples"] > kind.max_samples:
        return None
    if not _is_sample_hash(row.get("sample_hash")):
        return None
    if not all(_is_info(row.get(name), column_type) for name, column_type in kind.columns):
        return None
    names = ("clip", "stamp", *_PLACE_COLUMNS, "sample_hash", *(name for name, _ in kind.columns))
    return {name: row[name] for name in names}


def sample_hash(block: bytes) -> str:
    """16-byte BLAKE2b, in hex, of a clip's samples: equal for clips of identical samples.

    >>> len(sample_hash(b""))
    32
    """
    return hashlib.blake2b(block, digest_size=16).hexdigest()


def checked_line(line: bytes, kind: Kind = SOUND) -> Row | None:
    """The row of a line of the journal; None if the line is torn or is not such a row."""
    if not line.endswith(b"\n"):
        return None
    try:
        return checked_row(json.loads(line), kind)
    except (ValueError, RecursionError):
        return None


def remove_if_not_a_file(path: Path) -> None:
    """Removes a link, pipe or the like where a file of the store is written: it would lead elsewhere."""
    if os.path.lexists(path) and (path.is_symlink() or not path.is_file()):
        path.unlink()


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_sample_hash(value: object) -> bool:
    return isinstance(value, str) and _SAMPLE_HASH.fullmatch(value) is not None


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 63


def _is_info(value: object, kind: type) -> bool:
    if kind is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    return _is_count(value) if kind is int else _is_text(value)
