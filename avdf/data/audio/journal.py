"""The journal of a shard that is being written: what of it is whole after a kill."""

import os
import zlib
from collections.abc import Mapping
from typing import BinaryIO

from avdf.data.audio.shard_list import MAX_LIST_BYTES, Kind, Row, checked_line


def resume(samples: BinaryIO, lines: BinaryIO, stamps: Mapping[str, str], kind: Kind) -> list[Row]:
    """The journal's rows up to the first torn or outdated one; what follows is cut off both files."""
    rows: list[Row] = []
    start = end_of_lines = 0
    num_bytes = samples.seek(0, os.SEEK_END)
    if lines.seek(0, os.SEEK_END) > MAX_LIST_BYTES:
        lines.truncate(0)
    samples.seek(0)
    lines.seek(0)
    for name, line in zip(stamps, lines, strict=False):
        row = checked_line(line, kind)
        if row is None or row["clip"] != name or row["stamp"] != stamps[name]:
            break
        if "reason" not in row:
            stop = start + row["num_samples"]
            if row["start"] != start or kind.sample_bytes * stop > num_bytes:
                break
            if zlib.crc32(samples.read(kind.sample_bytes * row["num_samples"])) != row["crc32"]:
                break
            start = stop
        rows.append(row)
        end_of_lines += len(line)
    samples.truncate(kind.sample_bytes * start)
    lines.truncate(end_of_lines)
    samples.seek(0, os.SEEK_END)
    lines.seek(0, os.SEEK_END)
    return rows
