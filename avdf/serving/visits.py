"""The files that came by way of the page: they are gone from Gradio's folder when they are judged."""

import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from avdf.serving.limits import RefusedError
from avdf.serving.receiving import Received, base_name, suffix_for

KEPT_S = 900.0  # a file that was sent and never judged, or whose arrival broke off
_EVERY_S = 60.0


@contextmanager
def taken(file: dict[str, Any], folder: Path, uploads: Path) -> Iterator[Received]:
    """A file of Gradio's (its FileData) in `uploads`, under a name of its own below `folder`, for the block.

    Until its end the player of a recording may still read the file where Gradio stored it. Raises
    RefusedError if it is no longer there.
    """
    source, name = Path(file["path"]), base_name(file.get("orig_name") or Path(file["path"]).name)
    with tempfile.TemporaryDirectory(dir=folder, prefix="file-", ignore_cleanup_errors=True) as place:
        path = Path(place, f"file{suffix_for(name)}")
        try:
            if uploads.resolve() not in source.resolve().parents:
                raise FileNotFoundError(source)
            path.hardlink_to(source)
        except OSError:
            raise RefusedError(f"{name}: is no longer here; send it again", 410) from None
        try:
            yield Received(path, name)
        finally:
            shutil.rmtree(source.parent, ignore_errors=True)  # named by the hash of the content


@contextmanager
def swept(folder: Path) -> Iterator[None]:
    """Within the block, what lies below `folder` for longer than KEPT_S is deleted."""
    is_over = threading.Event()

    def work() -> None:
        while not is_over.wait(_EVERY_S):
            sweep(folder, time.time() - KEPT_S)

    thread = threading.Thread(target=work, name="sweep", daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


def sweep(folder: Path, before_s: float) -> None:
    """Deletes the files below `folder` that were changed before a time, and folders that are then empty."""
    for path in sorted(folder.rglob("*"), reverse=True):
        try:
            if path.lstat().st_mtime >= before_s:
                continue
            if path.is_dir() and not path.is_symlink():
                path.rmdir()
            else:
                path.unlink()
        except OSError:  # it is gone, or holds what is newer
            continue
