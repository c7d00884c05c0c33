"""The measurements of a shard, in a file beside its samples, from which they can be made again."""

import hashlib
import json
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from avdf.data.probes import MEASURED_PROBES
from avdf.data.recordings.measurement import ClipMeasurement, measurement_of
from avdf.files import atomic_file

_FORMAT = 1  # raise it when a measurement changes, so that no old file is read
_MAX_FILE_BYTES = 1 << 28  # 64 clips need some 250 kB
PAIR_BYTES = 8  # of a hash and a frame


def write_measurements(path: Path, samples_hash: str, measurements: Sequence[ClipMeasurement]) -> None:
    """Writes the measurements of a shard's clips whose samples have this sha256."""
    clips = [measured.header() for measured in measurements]
    header = json.dumps({"format": _FORMAT, "samples_sha256": samples_hash, "clips": clips})
    content = header.encode() + b"\n" + b"".join(measured.pairs.tobytes() for measured in measurements)
    with atomic_file(path) as temporary:
        temporary.write_bytes(_hash(content) + content)


def read_measurements(path: Path, samples_hash: str, num_clips: int) -> list[ClipMeasurement] | None:
    """As they were written; None without a file of this version, of these samples and in one piece."""
    try:
        if not path.is_file() or path.stat().st_size > _MAX_FILE_BYTES:
            return None
        content = path.read_bytes()
        hash_line, content = content[:33], content[33:]
        line, _, pairs = content.partition(b"\n")
        header = json.loads(line) if hash_line == _hash(content) else None
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(header, dict) or (header.get("format"), header.get("samples_sha256")) != (
        _FORMAT,
        samples_hash,
    ):
        return None
    clips = header.get("clips")
    if not isinstance(clips, list) or len(clips) != num_clips or not all(map(_is_header, clips)):
        return None
    if sum(clip["num_pairs"] for clip in clips) * PAIR_BYTES != len(pairs):
        return None
    ends = np.cumsum([clip["num_pairs"] for clip in clips])
    parts = np.split(np.frombuffer(pairs, "<i4").reshape(-1, 2), ends)[:-1]
    return [measurement_of(clip, part) for clip, part in zip(clips, parts, strict=True)]


def read_pairs(path: Path, offset: int, num_pairs: int) -> NDArray[np.int32]:
    """(pair, 2) hash and frame of a clip's landmarks, from a shard's file of measurements."""
    return np.fromfile(path, "<i4", 2 * num_pairs, offset=offset).reshape(-1, 2)


def _hash(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=16).hexdigest().encode() + b"\n"


def _is_header(value: object) -> bool:
    if not isinstance(value, dict) or not isinstance(value.get("doubts"), str):
        return False
    probes, num_pairs = value.get("probes"), value.get("num_pairs")
    if not isinstance(num_pairs, int) or isinstance(num_pairs, bool) or not 0 <= num_pairs < 1 << 31:
        return False
    return (
        isinstance(probes, dict)
        and list(probes) == list(MEASURED_PROBES)
        and all(isinstance(number, float) and math.isfinite(number) for number in probes.values())
    )
