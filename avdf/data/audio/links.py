"""Chained Ogg: recordings one after the other in a file, each with its headers and timestamps.

FFmpeg stops where the rate or the channels of a link differ from those of the first, so that every link
is opened as a separate file.
"""

from collections.abc import Iterator
from pathlib import Path

import av

from avdf.data.audio.limits import MediaLimits
from avdf.data.audio.media import audio_streams, open_media
from avdf.data.audio.timeline import DecodeLog, Piece, pieces
from avdf.errors import MediaError

_PAGE_HEADER = 27  # bytes
_BEGINS_STREAM = 2  # flag of a page


def linked_pieces(
    path: Path,
    container: av.container.InputContainer,
    stream: av.AudioStream,
    log: DecodeLog,
    limits: MediaLimits,
) -> Iterator[Piece]:
    """As `timeline.pieces`, for every link of a chained Ogg file. Raises MediaError past a limit."""
    starts = _link_starts(path) if container.format.name == "ogg" else [0]
    if len(starts) == 1:
        yield from pieces(path, container, stream, log, limits)
        return
    number = [item.index for item in audio_streams(container)].index(stream.index)
    before_s = 0.0
    for start, end in zip(starts, [*starts[1:], path.stat().st_size], strict=True):
        end_s = before_s
        with open_media(path, limits, (start, end)) as link:
            streams = [item for item in audio_streams(link) if item.codec_context is not None]
            if not streams:
                continue
            link_log = DecodeLog()
            for piece in pieces(path, link, streams[min(number, len(streams) - 1)], link_log, limits):
                end_s += len(piece.channels[0]) / piece.rate_hz
                if end_s > limits.seconds:
                    raise MediaError(path, "too long", f"more than {limits.seconds / 3600:g} hours of audio")
                yield piece
        log.append(link_log, before_s)
        before_s = end_s


def _link_starts(path: Path) -> list[int]:
    """The places of the pages that begin a stream after pages of sound; always the start of the file."""
    starts, start, was_header, size = [0], 0, True, path.stat().st_size
    with path.open("rb") as file:
        while start + _PAGE_HEADER <= size:
            file.seek(start)
            page = file.read(_PAGE_HEADER)
            if page[:4] != b"OggS":
                break
            is_header = bool(page[5] & _BEGINS_STREAM)
            if is_header and not was_header:
                starts.append(start)
            was_header = is_header
            start += _PAGE_HEADER + page[26] + sum(file.read(page[26]))
    return starts
