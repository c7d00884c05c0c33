"""A media file -> pictures at given times, as the ffmpeg program shows them."""

from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from avdf.data.audio.limits import LIMITS, MediaLimits
from avdf.data.audio.media import MediaError, file_start_s, in_words, open_media, video_stream

_ROUNDING_S = 0.001


def read_frames(
    path: Path, times_s: NDArray[np.float64], *, height: int, width: int, limits: MediaLimits = LIMITS
) -> NDArray[np.uint8]:
    """(frame, 3, height, width) RGB: the pictures on screen at `times_s`, seconds of the file.

    0 is the start of the file's first stream. A picture that begins up to a millisecond later counts,
    since timestamps are rounded. Pictures are turned upright as their display matrix says. A damaged
    frame leaves the one before it on screen. Raises MediaError.
    """
    pictures = _pictures(path, times_s + _ROUNDING_S, (height, width), limits)
    return np.stack(pictures).astype(np.uint8, copy=False).transpose(0, 3, 1, 2)


def _pictures(
    path: Path, times_s: NDArray[np.float64], size: tuple[int, int], limits: MediaLimits
) -> list[NDArray[np.uint8]]:
    with open_media(path, limits) as container:
        stream = video_stream(container)
        if stream is None:
            raise MediaError(path, "no video", "the file has no video stream")
        if stream.codec_context is None:
            raise MediaError(path, "unreadable", "FFmpeg has no decoder for its video")
        if stream.codec_context.width * stream.codec_context.height > limits.pixels:
            raise MediaError(path, "too large", f"pictures of more than {limits.pixels} pixels")
        wanted = np.sort(np.unique(times_s)) + file_start_s(container)
        shown: list[NDArray[np.uint8]] = []
        last, error_words = None, "no frame in it"
        try:
            for packet in container.demux(stream):
                try:
                    frames = packet.decode()
                except (av.FFmpegError, ValueError) as error:
                    error_words = in_words(error)
                    continue
                for frame in frames:
                    if not isinstance(frame, av.VideoFrame) or frame.time is None:
                        continue
                    # What was on screen until this frame began answers every time before it.
                    while last is not None and len(shown) < len(wanted) and frame.time > wanted[len(shown)]:
                        shown.append(_upright(last, size))
                    last = frame
                if len(shown) == len(wanted):
                    break
        except (av.FFmpegError, ValueError) as error:  # the container can't be read further
            error_words = in_words(error)
        if last is None:
            raise MediaError(path, "unreadable", f"its video can't be decoded: {error_words}")
        shown += [_upright(last, size)] * (len(wanted) - len(shown))
    return [shown[int(place)] for place in np.searchsorted(np.sort(np.unique(times_s)), times_s)]


def _upright(frame: av.VideoFrame, size: tuple[int, int]) -> NDArray[np.uint8]:
    """(height, width, 3) RGB of that height and width, rotated by the frame's display matrix."""
    import cv2  # slow to import, and the processes that decode audio don't need it

    picture = frame.to_ndarray(format="rgb24").astype(np.uint8, copy=False)
    upright = np.rot90(picture, round(frame.rotation / 90) % 4)
    return cv2.resize(upright, size[::-1], interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
