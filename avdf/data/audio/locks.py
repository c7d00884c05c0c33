"""A lock file between processes: of this program, or of others that write to the same folder."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Holds a lock against other processes, of this program or another; it ends with the process."""
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o644)
        try:
            if sys.platform != "win32":
                import fcntl

                fcntl.flock(handle, fcntl.LOCK_EX)
            if _is_open_file(path, handle):
                yield
                path.unlink(missing_ok=True)
                return
        finally:
            os.close(handle)


def _is_open_file(path: Path, handle: int) -> bool:
    """Whether the path is still the file that was opened: the previous holder may have removed it."""
    try:
        return os.path.samestat(path.stat(), os.fstat(handle))
    except FileNotFoundError:
        return False
