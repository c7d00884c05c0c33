"""One shard of the store: the samples of some clips, one after the other, that survives being killed.

While it is made, the samples are added to `shard-N.partial` and a line of JSON with their checksum to
`shard-N.journal`, clip by clip; whoever comes next goes on behind the last clip that is whole. In the
end they become `shard-N.i16` and, last of all, `shard-N.json`: a shard without that was never finished.
"""

import json
import os
import sys
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from avdf.data.audio.decoder import Decoder
from avdf.data.audio.media import MediaError
from avdf.errors import UserError
from avdf.files import file_hash, write_json

Row = dict[str, Any]


@dataclass(frozen=True)
class Shard:
    """Where one shard lies. Its list holds `clips` (clip, start, num_samples, facts) and `skipped`."""

    folder: Path
    number: int

    @property
    def samples_path(self) -> Path:
        return self._file("i16")

    @property
    def list_path(self) -> Path:
        return self._file("json")

    def listed(self) -> dict[str, Any]:
        """The list of a finished shard."""
        found: dict[str, Any] = json.loads(self.list_path.read_text("utf-8"))
        return found

    def is_whole(self, *, thoroughly: bool) -> bool:
        """Whether it was finished and is as it was then, by its checksum if touched since or `thoroughly`."""
        if not self.list_path.is_file() or not self.samples_path.is_file():
            return False
        try:
            said, now = self.listed(), self.samples_path.stat()
            if now.st_size != said["size"]:
                return False
            untouched = now.st_mtime_ns == said["mtime_ns"] and not thoroughly
            return untouched or file_hash(self.samples_path) == str(said["sha256"])
        except (ValueError, KeyError, OSError):
            return False

    def waveforms(self) -> NDArray[np.int16]:
        """(sample,) of all its clips, still on disk until they are read."""
        if self.samples_path.stat().st_size == 0:  # what no map can be made of
            return np.zeros(0, np.int16)
        return np.memmap(self.samples_path, dtype="<i2", mode="r")

    def make(self, root: Path, names: Sequence[str], decoder: Decoder) -> int:
        """Decodes what is not there yet, and says how many files. Raises UserError on a full disk."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with _locked(self._file("lock")):
                if self.is_whole(thoroughly=True):  # another process made it while this one waited
                    return 0
                return self._make(root, names, decoder)
        except OSError as error:
            raise UserError(
                f"{error.filename or self.folder}: can't be written ({error.strerror}); "
                "free some space or choose another data.cache"
            ) from error

    def _make(self, root: Path, names: Sequence[str], decoder: Decoder) -> int:
        journal, partial = self._file("journal"), self._file("partial")
        if not journal.is_file():
            self.samples_path.unlink(missing_ok=True)
        elif self.samples_path.is_file():  # finished, but for its list
            self.samples_path.replace(partial)
        self.list_path.unlink(missing_ok=True)
        with partial.open("a+b") as samples, journal.open("a+b") as lines:
            rows, start = _resume(samples, lines, names)
            num_done = len(rows)
            for name in names[num_done:]:
                row = {"clip": name, **_decoded(root / name, decoder, samples, start)}
                start += int(row.get("num_samples", 0))
                rows.append(row)
                samples.flush()
                lines.write(json.dumps(row).encode() + b"\n")
                lines.flush()
            os.fsync(samples.fileno())
        partial.replace(self.samples_path)
        now = self.samples_path.stat()
        write_json(
            self.list_path,
            {
                "sha256": file_hash(self.samples_path),
                "size": now.st_size,
                "mtime_ns": now.st_mtime_ns,
                "clips": [row for row in rows if "num_samples" in row],
                "skipped": [row for row in rows if "reason" in row],
            },
        )
        journal.unlink()
        return len(names) - num_done

    def _file(self, suffix: str) -> Path:
        return self.folder / f"shard-{self.number:05}.{suffix}"


def _decoded(path: Path, decoder: Decoder, samples: BinaryIO, start: int) -> Row:
    """Adds a clip to the samples: where it lies and its facts; or why it was skipped."""
    try:
        waveform, facts = decoder.read(path)
    except MediaError as error:
        return {"reason": error.reason, "detail": error.detail}
    block = waveform.tobytes()
    samples.write(block)
    return {"start": start, "num_samples": len(waveform), "crc32": zlib.crc32(block), **facts}


def _resume(samples: BinaryIO, lines: BinaryIO, names: Sequence[str]) -> tuple[list[Row], int]:
    """The rows of the journal up to the first torn one, and the samples up to it; the rest is cut off."""
    rows: list[Row] = []
    start = end_of_lines = 0
    samples.seek(0)
    lines.seek(0)
    for name, line in zip(names, lines, strict=False):
        try:
            row = json.loads(line) if line.endswith(b"\n") else {}
        except ValueError:
            break
        if row.get("clip") != name:
            break
        if "reason" not in row:
            block = samples.read(2 * int(row["num_samples"]))
            if len(block) != 2 * row["num_samples"] or zlib.crc32(block) != row["crc32"]:
                break
            start += int(row["num_samples"])
        rows.append(row)
        end_of_lines += len(line)
    samples.truncate(2 * start)
    lines.truncate(end_of_lines)
    samples.seek(0, os.SEEK_END)
    lines.seek(0, os.SEEK_END)
    return rows, start


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """One process at a time, here or in another program; a lock ends with the process that holds it."""
    with path.open("wb") as file:
        if sys.platform != "win32":
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX)
        yield
        path.unlink(missing_ok=True)
