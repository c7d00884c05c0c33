"""Stamps that tell a changed file from the earlier one: size, time of change, hash of both ends."""

import hashlib
import os
import stat
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

_END_BYTES = 4096  # hashed at each end
_THREADS = 16  # they wait for the disk


def stamp_of(path: Path) -> str:
    """`SIZE-MTIME_NS-HASH`; "" if there is no regular file or it may not be read."""
    try:
        facts = path.stat()
        if not stat.S_ISREG(facts.st_mode):  # opening a pipe would wait for its writer
            return ""
        with path.open("rb") as file:
            ends = file.read(_END_BYTES)
            file.seek(max(facts.st_size - _END_BYTES, 0), os.SEEK_SET)
            ends += file.read(_END_BYTES)
    except OSError:
        return ""
    return f"{facts.st_size}-{facts.st_mtime_ns}-{hashlib.blake2b(ends, digest_size=8).hexdigest()}"


def stamps_of(root: Path, names: Sequence[str]) -> dict[str, str]:
    """The stamp of each file below `root`, by name."""
    with ThreadPoolExecutor(_THREADS) as threads:
        return dict(zip(names, threads.map(lambda name: stamp_of(root / name), names), strict=True))
