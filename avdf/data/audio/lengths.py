"""Cut-off files: the length that a file declares against the length that it has.

Only lengths that are written in the file count. FFmpeg also estimates lengths from bit rates (raw AAC,
MP3 without a Xing header) and shortens declared ones to what is there (WAV, AVI, ASF), so that those
are read here. An Ogg file and a fragmented MP4 declare no length; they are cut off where the last
page or box is incomplete.
"""

import re
import struct
from collections.abc import Iterator
from pathlib import Path

import av

from avdf.data.audio.formats import FILE_LENGTH_FORMATS, STREAM_LENGTH_FORMATS
from avdf.data.audio.media import file_start_s

_HEAD_BYTES = 1 << 16
_MOST_CHUNKS = 1000
_UNKNOWN_SIZE = 0x7FFF0000  # programs that write into a pipe declare this much or more
_FRAGMENT_BOXES = (b"moof", b"mdat", b"sidx", b"styp", b"emsg", b"mfra")  # others are junk after the end
_ASF_FILE_PROPERTIES = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")


def declared_s(path: Path, container: av.container.InputContainer, stream: av.AudioStream) -> float | None:
    """The length in seconds that is written for the stream, or None."""
    name = container.format.name
    if stream.duration is None or stream.time_base is None:
        return None
    if name in STREAM_LENGTH_FORMATS or (name == "au" and _unsigned(_head(path), 8, ">I") < _UNKNOWN_SIZE):
        # A FLAC file that was cut at its start keeps the length and the timestamps of the whole.
        start_s = max(file_start_s(container), 0.0) if name == "flac" else 0.0
        return float(stream.duration * stream.time_base) - start_s
    return _mp3_length_s(_head(path), stream.rate) if name == "mp3" else None


def declared_file_s(path: Path, container: av.container.InputContainer) -> float | None:
    """The length in seconds that is written for the file as a whole, or None."""
    if container.format.name not in FILE_LENGTH_FORMATS or not container.duration:
        return None
    if container.format.name == "matroska,webm" and not re.search(rb"\x44\x89[\x84\x88]", _head(path)):
        return None  # a live recording; FFmpeg estimated it
    # Some programs write the time of the end, others the length from the first timestamp on.
    return float(container.duration) / 1e6 - abs(file_start_s(container))


def missing_bytes(path: Path, container: av.container.InputContainer) -> str | None:
    """How the container shows that its end is missing, in words, or None.

    Files that declare their number of bytes may lack up to a tenth of them.
    """
    name, head, size = container.format.name, _head(path), path.stat().st_size
    if name == "ogg":
        return "ends within a page" if _ogg_is_torn(path, size) else None
    if name.startswith("mov"):
        return "ends within a fragment" if _last_fragment_is_torn(path, size) else None
    declared = _declared_bytes(path, name, head)
    if declared is not None and size < 0.9 * declared:
        return f"ends after {size:,} of {declared:,} bytes"
    return None


def _declared_bytes(path: Path, name: str, head: bytes) -> int | None:
    declared = 0
    if name == "wav" and head[:4] in (b"RIFF", b"RIFX"):
        declared = _chunk_end(path, 12, b"data", "<4sI" if head[:4] == b"RIFF" else ">4sI")
    elif name == "wav" and head[:4] in (b"RF64", b"BW64") and head[12:16] == b"ds64":
        return _unsigned(head, 20, "<Q") + 8
    elif name in ("avi", "xwma"):
        declared = _unsigned(head, 4, "<I") + 8
    elif name == "w64":
        return _unsigned(head, 16, "<Q")
    elif name == "sox" and head[:4] in (b".SoX", b"XoS."):
        order = "<" if head[:4] == b".SoX" else ">"
        num_samples = _unsigned(head, 8, f"{order}Q")
        return _unsigned(head, 4, f"{order}I") + 4 + 4 * num_samples if num_samples else None
    elif name == "caf":
        return _chunk_end(path, 8, b"data", ">4sq") or None
    elif name == "asf" and (place := head.find(_ASF_FILE_PROPERTIES)) >= 0:
        is_broadcast = _unsigned(head, place + 88, "<I") & 1
        return None if is_broadcast else _unsigned(head, place + 40, "<Q")
    return declared if 8 < declared < _UNKNOWN_SIZE else None


def _chunk_end(path: Path, start: int, name: bytes, header: str) -> int:
    """Where the chunk `name` ends by its declared size; 0 without one, or without a size.

    `header` is the struct format of a chunk's name and size; chunks may be padded to even sizes.
    """
    length, file_bytes = struct.calcsize(header), path.stat().st_size
    with path.open("rb") as file:
        for _ in range(_MOST_CHUNKS):
            if start + length > file_bytes:
                break
            file.seek(start)
            kind, size = struct.unpack(header, file.read(length))
            if kind == name:
                return start + length + size if size > 0 else 0
            start += length + size + (size % 2 if length == 8 else 0)
            if size < 0:
                break
    return 0


def _mp3_length_s(head: bytes, rate_hz: int) -> float | None:
    """The length by the number of frames in a Xing, Info or VBRI header, or None.

    FFmpeg's own length is an estimate again where the file is larger than that header says.
    """
    frame = head[:2048]
    xing, vbri = max(frame.find(b"Xing"), frame.find(b"Info")), frame.find(b"VBRI")
    num_frames = _unsigned(frame, vbri + 14, ">I") if vbri >= 0 else 0
    if xing >= 0 and _unsigned(frame, xing + 4, ">I") & 1:
        num_frames = _unsigned(frame, xing + 8, ">I")
    is_mpeg_1 = len(frame) > 1 and frame[1] & 0x18 == 0x18
    return num_frames * (1152 if is_mpeg_1 else 576) / rate_hz if num_frames and rate_hz else None


def _ogg_is_torn(path: Path, size: int) -> bool:
    """Whether the last page declares more bytes than the file has."""
    with path.open("rb") as file:
        file.seek(max(size - 2 * _HEAD_BYTES, 0))  # a page has at most 65,307 bytes
        tail = file.read()
    start = tail.rfind(b"OggS")
    page = tail[start:]
    if start < 0 or len(page) < 27 or len(page) < 27 + page[26]:
        return start >= 0
    return len(page) < 27 + page[26] + sum(page[27 : 27 + page[26]])


def _last_fragment_is_torn(path: Path, size: int) -> bool:
    """Whether a fragmented MP4 ends within a box."""
    boxes = list(_boxes(path, size))
    is_fragmented = any(kind == b"moof" for kind, _ in boxes)
    return is_fragmented and boxes[-1][1] > size and boxes[-1][0] in _FRAGMENT_BOXES


def _boxes(path: Path, size: int) -> Iterator[tuple[bytes, int]]:
    """Kind and declared end of each top-level box of an MP4."""
    start = 0
    with path.open("rb") as file:
        while start + 8 <= size:
            file.seek(start)
            header = file.read(16)
            length = _unsigned(header, 0, ">I")
            if length == 1:
                length = _unsigned(header, 8, ">Q")
            if length < 8:  # 0: to the end of the file
                return
            start += length
            yield header[4:8], start


def _id3_end(head: bytes) -> int:
    """Where the ID3v2 tag at the start of a file ends; 0 without one."""
    if head[:3] != b"ID3" or len(head) < 10:
        return 0
    return 10 + sum((byte & 0x7F) << shift for byte, shift in zip(head[6:10], (21, 14, 7, 0), strict=True))


def _head(path: Path) -> bytes:
    """The first bytes of a file, after an ID3v2 tag."""
    with path.open("rb") as file:
        file.seek(_id3_end(file.read(10)))
        return file.read(_HEAD_BYTES)


def _unsigned(data: bytes, start: int, size_format: str) -> int:
    """The integer at `start`; 0 where the data ends before it."""
    if start + struct.calcsize(size_format) > len(data):
        return 0
    (value,) = struct.unpack_from(size_format, data, start)
    return int(value)
