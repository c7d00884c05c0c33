"""One shard of a store: the samples of some clips, one after the other; survives being killed.

While a shard is written, samples are appended to `shard-N.partial` and a line of JSON with their
checksum to `shard-N.journal`, clip by clip; the next call continues after the last clip that is whole.
At the end they become `shard-N.i16` (sound) or `shard-N.u8` (frames) and, last of all, `shard-N.json`, which
only finished shards have. A clip whose file has changed since is decoded again; the others are copied from
the earlier shard.
"""

import json
import os
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from avdf.data.audio.journal import resume
from avdf.data.audio.locks import locked
from avdf.data.audio.shard_list import (
    SOUND,
    Kind,
    Row,
    ShardList,
    checked_row,
    read_list,
    remove_if_not_a_file,
    sample_hash,
)
from avdf.errors import MediaError, UserError
from avdf.files import file_hash, write_json

_SLOW_REASONS = ("time limit",)


class Contents(Protocol):
    """What a shard is filled with."""

    def read(self, path: Path) -> tuple[bytes, dict[str, Any], Any]:
        """The samples of a file, the columns of its row, and what `finish` needs. Raises MediaError."""

    def finish(
        self, shard: "Shard", samples_hash: str, places: Iterable[tuple[int, int]], known: Mapping[int, Any]
    ) -> None:
        """Called before the list of a shard is written.

        `places` are start and number of samples of each clip; `known`, by start, has what `read` gave.
        """


@dataclass(frozen=True)
class Shard:
    """Where the files of one shard are."""

    folder: Path
    number: int
    kind: Kind = SOUND

    def absolute(self) -> "Shard":
        """The same shard for other processes: those of earlier calls keep the working folder of that time."""
        return replace(self, folder=self.folder.absolute())

    @property
    def samples_path(self) -> Path:
        return self._file(self.kind.suffix)

    @property
    def list_path(self) -> Path:
        return self._file("json")

    @property
    def measured_path(self) -> Path:
        return self._file("measured")

    def finished(self, names: Sequence[str], *, verify_checksums: bool) -> ShardList | None:
        """The list of these clips, if the shard is finished and its samples are those it was finished with.

        The samples are read and hashed if their time of change differs, or with `verify_checksums`.
        """
        listed = read_list(self.list_path, self.kind)
        if listed is None or [row["clip"] for row in listed.rows] != list(names):
            return None
        try:
            now = self.samples_path.stat()
            if not self.samples_path.is_file() or now.st_size != listed.size:
                return None
            untouched = now.st_mtime_ns == listed.mtime_ns and not verify_checksums
            return listed if untouched or file_hash(self.samples_path) == listed.sha256 else None
        except OSError:
            return None

    def update(
        self, root: Path, stamps: Mapping[str, str], contents: Contents, *, retry_slow: bool = False
    ) -> int:
        """Decodes the clips (stamp by name) that are new, changed or failed before; returns how many.

        Raises UserError if the disk is full or the cache cannot be written.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with locked(self._file("lock")):
                earlier = self.finished(list(stamps), verify_checksums=True)
                if earlier is not None:  # another process may have finished it while this one waited
                    rows = outdated(earlier, stamps, retry_slow=retry_slow)
                    if not rows:
                        return 0
                    if all("reason" in row for row in rows) and self._all_fail(
                        earlier, root, stamps, contents
                    ):
                        return len(rows)
                return self._write(root, stamps, earlier, contents)
        except OSError as error:
            raise UserError(
                f"{error.filename or self.folder}: can't be written ({error.strerror}); "
                "free some space or choose another data.cache"
            ) from error

    def _all_fail(
        self, earlier: ShardList, root: Path, stamps: Mapping[str, str], contents: Contents
    ) -> bool:
        """Tries failed clips again; if none can be decoded now, only the list is brought up to date."""
        rows = list(earlier.rows)
        for number, row in enumerate(rows):
            if "reason" in row:
                try:
                    contents.read(root / row["clip"])
                except MediaError as error:
                    rows[number] = _failed(row["clip"], stamps[row["clip"]], error)
                else:
                    return False
        if rows != list(earlier.rows):
            self._write_list(rows, earlier.sha256)
        return True

    def _write(
        self, root: Path, stamps: Mapping[str, str], earlier: ShardList | None, contents: Contents
    ) -> int:
        """Writes the whole shard; returns how many clips were decoded."""
        journal, partial = self._file("journal"), self._file("partial")
        for path in (journal, partial):
            remove_if_not_a_file(path)
        if journal.is_file() and not partial.is_file() and self.samples_path.is_file():
            self.samples_path.replace(partial)  # finished except for its list
            earlier = None
        copied = {row["clip"]: row for row in earlier.clips} if earlier else {}
        num_decoded = 0
        known: dict[int, Any] = {}
        with partial.open("a+b") as samples, journal.open("a+b") as lines:
            rows = resume(samples, lines, stamps, self.kind)
            for name in list(stamps)[len(rows) :]:
                start = samples.tell() // self.kind.sample_bytes
                row = self._copy(copied.get(name), stamps[name], samples)
                if row is None:
                    row, block, known[start] = self._decoded(root / name, name, stamps[name], contents)
                    samples.write(block)
                    num_decoded += 1
                if "reason" not in row:
                    row["start"] = start
                rows.append(row)
                samples.flush()
                lines.write(json.dumps(row).encode() + b"\n")
                lines.flush()
            os.fsync(samples.fileno())
        self.list_path.unlink(missing_ok=True)
        partial.replace(self.samples_path)
        digest = file_hash(self.samples_path)
        places = [(row["start"], row["num_samples"]) for row in rows if "reason" not in row]
        contents.finish(self, digest, places, known)
        self._write_list(rows, digest)
        journal.unlink()
        return num_decoded

    def _decoded(self, path: Path, name: str, stamp: str, contents: Contents) -> tuple[Row, bytes, Any]:
        """The row of a clip, its samples, and what the contents need; without samples, why it was skipped."""
        try:
            block, columns, needed = contents.read(path)
        except MediaError as error:
            return _failed(name, stamp, error), b"", None
        num_samples = len(block) // self.kind.sample_bytes
        place = {"start": 0, "num_samples": num_samples, "crc32": zlib.crc32(block)}
        known = {"sample_hash": sample_hash(block), **columns}
        row = checked_row({"clip": name, "stamp": stamp, **place, **known}, self.kind)
        if row is None:
            wrong = MediaError(path, "unreadable", "its header holds impossible numbers")
            return _failed(name, stamp, wrong), b"", None
        return row, block, needed

    def _copy(self, row: Row | None, stamp: str, samples: BinaryIO) -> Row | None:
        """Appends an unchanged clip from the earlier shard; None if it changed or its checksum is wrong."""
        if row is None or row["stamp"] != stamp or not stamp:
            return None
        with self.samples_path.open("rb") as earlier:
            earlier.seek(self.kind.sample_bytes * row["start"])
            block = earlier.read(self.kind.sample_bytes * row["num_samples"])
        if len(block) != self.kind.sample_bytes * row["num_samples"] or zlib.crc32(block) != row["crc32"]:
            return None
        samples.write(block)
        return dict(row)

    def _write_list(self, rows: Sequence[Row], digest: str) -> None:
        now = self.samples_path.stat()
        listed = ShardList(sha256=digest, size=now.st_size, mtime_ns=now.st_mtime_ns, rows=tuple(rows))
        write_json(self.list_path, listed.as_json())

    def _file(self, suffix: str) -> Path:
        return self.folder / f"shard-{self.number:05}.{suffix}"


def outdated(listed: ShardList, stamps: Mapping[str, str], *, retry_slow: bool) -> list[Row]:
    """Rows of clips whose file has changed since, is gone, or could not be decoded.

    An unchanged file that ran into the time limit counts with `retry_slow` only: each try takes minutes.
    """
    return [
        row
        for row in listed.rows
        if row["stamp"] != stamps[row["clip"]]
        or not row["stamp"]
        or ("reason" in row and (retry_slow or row["reason"] not in _SLOW_REASONS))
    ]


def _failed(name: str, stamp: str, error: MediaError) -> Row:
    return {"clip": name, "stamp": stamp, "reason": error.reason, "detail": error.detail}
