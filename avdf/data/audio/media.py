"""Opening a media file: its container, its streams, and what it declares of them."""

import ctypes
import stat
from dataclasses import dataclass, field
from pathlib import Path

import av

from avdf.data.audio.formats import OPEN_OPTIONS
from avdf.data.audio.limits import LIMITS, MediaLimits
from avdf.errors import MediaError

_NATIVE_ORDER = 1  # AV_CHANNEL_ORDER_NATIVE: a mask of channels, in FFmpeg's own order


@dataclass(frozen=True, kw_only=True)
class MediaInfo:
    """Properties of a file's streams before anything is changed."""

    duration_s: float  # of the decoded audio, silence for holes included
    audio_start_s: float  # file time of the first sample; frames use the same time
    sample_rate_hz: int  # of the first audio frame, as is the number of channels
    num_channels: int
    audio_codec: str
    audio_bit_rate: int
    video_codec: str  # "" without video
    frame_rate_hz: float  # 0 without video
    warnings: list[str] = field(default_factory=list)  # what was unusual, in words


def open_media(
    path: Path, limits: MediaLimits = LIMITS, span: tuple[int, int] | None = None
) -> av.container.InputContainer:
    """Opens a regular file as one of the media containers of `formats.FORMATS`. Raises MediaError.

    The name is never taken for a network address or a pattern, and a playlist is not followed.
    With `span` the bytes from its first to before its second place are opened as an Ogg file.
    """
    try:
        status = path.stat()
    except (OSError, ValueError) as error:
        raise MediaError(path, "missing file", _missing_words(error)) from error
    if not stat.S_ISREG(status.st_mode):
        raise MediaError(path, "missing file", "a folder, a pipe or a device, not a regular file")
    size = status.st_size
    if size > limits.file_bytes:
        most = limits.file_bytes / 2**30
        raise MediaError(path, "too large", f"{size / 2**30:.1f} GiB; at most {most:g} GiB are read")
    if not size:
        raise MediaError(path, "unreadable", "the file is empty")
    name, options = f"file:{path}", dict(OPEN_OPTIONS)
    if span is not None:
        name = f"subfile,,start,{span[0]},end,{span[1]},,:{name}"
        options = {"protocol_whitelist": "file,subfile", "format_whitelist": "ogg"}
    try:
        return av.open(name, mode="r", metadata_errors="ignore", options=options)
    except av.ArgumentError as error:  # FFmpeg's answer to a demuxer that is not on the list
        raise MediaError(path, "unreadable", "can't be opened: not a media container") from error
    except (av.FFmpegError, ValueError, IndexError) as error:
        raise MediaError(path, "unreadable", f"can't be opened: {in_words(error)}") from error


def _missing_words(error: Exception) -> str:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return "no such file"
    return str(getattr(error, "strerror", None) or error)


def check_has_audio(path: Path) -> None:
    """Raises MediaError for a file that is no media container, or has no audio stream."""
    with open_media(path) as container:
        if not container.streams.audio:
            raise MediaError(path, "no audio", "the file has no audio stream")


def in_words(error: Exception) -> str:
    """The error's text without the path and the number that FFmpeg adds."""
    return str(getattr(error, "strerror", None) or error)


def audio_streams(container: av.container.InputContainer) -> list[av.AudioStream]:
    """The audio streams in the order in which a player would try them.

    Streams marked as default come first, then those with more channels, as in ffmpeg. Streams that
    FFmpeg has no decoder for come last.
    """

    def rank(stream: av.AudioStream) -> tuple[bool, bool, int]:
        return stream.codec_context is None, not _is_default(stream), -num_channels(stream)

    return sorted(container.streams.audio, key=rank)


def video_stream(container: av.container.InputContainer) -> av.VideoStream | None:
    """The default video stream that is not a cover picture, or None."""
    films = [s for s in container.streams.video if not s.disposition & av.stream.Disposition.attached_pic]
    return min(films, key=lambda stream: not _is_default(stream), default=None)


def file_start_s(container: av.container.InputContainer) -> float:
    """The time at which the file's first stream starts: 0 of the file time."""
    return (container.start_time or 0) / 1e6


def num_channels(stream: av.AudioStream) -> int:
    """The number of channels in the header of a stream; 0 where it is unknown."""
    if stream.codec_context is None:
        return 0
    layout = stream.codec_context.layout
    never_free(layout)
    return int(layout.nb_channels)


def never_free(layout: av.AudioLayout) -> None:
    """Keeps a channel layout of PyAV that may have a map until the process ends, at the cost of 50 bytes.

    PyAV's copy of a layout shares its channel map with the frame or the codec, and frees it as well:
    an unusual order of channels would end the process. Usual ones have no map; a hundred thousand clips
    have 20 million frames, whose layouts would take a gigabyte.
    """
    # FFmpeg's AVChannelLayout begins with its order and its number of channels, behind Python's header.
    order, num_channels = (ctypes.c_int * 2).from_address(id(layout) + object.__basicsize__)
    if order != _NATIVE_ORDER or num_channels != layout.nb_channels:
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(layout))


def _is_default(stream: av.stream.Stream) -> bool:
    return bool(stream.disposition & av.stream.Disposition.default)
