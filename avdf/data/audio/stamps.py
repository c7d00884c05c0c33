"""Stamps that tell a changed file from the earlier one: size, time of change, hash of both ends."""

import hashlib
import os
import stat
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path

_END_BYTES = 4096  # hashed at each end
_THREADS = 16  # they wait for the disk
_FILES_AT_ONCE = 64  # per thread: handing over each file alone takes as long as its stamp


def stamp_of(path: str | Path) -> str:
    """`SIZE-MTIME_NS-HASH`; "" if there is no regular file or it may not be read."""
    try:
        facts = os.stat(path)
        if not stat.S_ISREG(facts.st_mode):  # opening a pipe would wait for its writer
            return ""
        file = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        try:
            first = last = os.read(file, _END_BYTES)
            if facts.st_size > _END_BYTES:
                os.lseek(file, facts.st_size - _END_BYTES, os.SEEK_SET)
                last = os.read(file, _END_BYTES)
        finally:
            os.close(file)
    except OSError:
        return ""
    return f"{facts.st_size}-{facts.st_mtime_ns}-{hashlib.blake2b(first + last, digest_size=8).hexdigest()}"


def stamps_of(root: Path, names: Sequence[str]) -> dict[str, str]:
    """The stamp of each file below `root`, by name."""
    parts = [names[start : start + _FILES_AT_ONCE] for start in range(0, len(names), _FILES_AT_ONCE)]
    with ThreadPoolExecutor(_THREADS) as threads:
        stamps = threads.map(lambda part: [stamp_of(os.path.join(root, name)) for name in part], parts)
        return dict(zip(names, chain.from_iterable(stamps), strict=True))
