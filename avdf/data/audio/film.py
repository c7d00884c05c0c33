"""What the picture of a media file is, before anything is changed: its length and its trivial features."""

import math
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from avdf.data.audio.frames import film_stream
from avdf.data.audio.limits import LIMITS, MediaLimits
from avdf.data.audio.media import file_start_s, in_words, open_media
from avdf.errors import MediaError

_KEY_PICTURES = 4  # whose blockiness is measured
_BLOCK = 8  # pixels, of JPEG, MPEG-4 part 2 and H.264's large transform
_FLAT = 0.1  # grey levels: a picture without edges has no blocks


def film_of(path: Path, limits: MediaLimits = LIMITS) -> dict[str, Any]:
    """The values of FILM_COLUMNS (avdf/data/video/films.py); decodes the first four key pictures alone.

    Raises MediaError for a file without a picture, or one that is too short or too long.
    """
    with open_media(path, limits) as container:
        stream = film_stream(path, container, limits)
        codec, rate_hz = stream.codec_context, float(stream.average_rate or 0)
        codec.skip_frame = "NONKEY"
        begins: list[float] = []
        ends: list[float] = []
        num_bytes, measured = 0, list[float]()
        try:
            for packet in container.demux(stream):
                if len(measured) < _KEY_PICTURES:
                    measured += [blockiness(_luma(frame)) for frame in packet.decode() if _is_picture(frame)]
                if packet.size and packet.pts is not None:
                    shown_s = float((packet.duration or 0) * packet.time_base) or 1 / (rate_hz or 25)
                    begins.append(float(packet.pts * packet.time_base))
                    ends.append(begins[-1] + shown_s)
                    num_bytes += packet.size
        except (av.FFmpegError, ValueError) as error:
            raise MediaError(path, "unreadable", f"its video can't be read: {in_words(error)}") from error
        if not begins or not measured:
            raise MediaError(path, "unreadable", "its video can't be decoded: no key picture in it")
        duration_s = max(ends) - min(begins)
        if duration_s > limits.seconds:
            raise MediaError(path, "too long", f"its video lasts {duration_s:.3f} s")
        if duration_s < limits.shortest_s:
            raise MediaError(path, "unreadable", f"its video lasts {duration_s:.3f} s")
        return {
            "container": container.format.name,
            "video_codec": codec.name,
            "frame_rate_hz": rate_hz,
            "width_px": codec.width,
            "height_px": codec.height,
            "video_bit_rate": round(8 * num_bytes / duration_s),
            "num_pictures": len(begins),
            "blockiness": float(np.mean(measured)),
            "video_start_s": min(begins) - file_start_s(container),
            "video_duration_s": duration_s,
        }


def blockiness(luma: NDArray[np.uint8]) -> float:
    """(height, width) grey levels -> how much larger steps are between blocks of 8 x 8 pixels than elsewhere.

    The ratio of the mean absolute differences of neighbours across and within blocks, after B of Z. Wang,
    H. Sheikh and A. Bovik, ICIP 2002; 1 without blocks, and for a picture of fewer than 16 x 16 pixels.

    >>> blockiness(np.kron(np.eye(4, dtype=np.uint8), np.full((8, 8), 200, np.uint8))) > 100
    True
    """
    levels = luma.astype(np.float64)
    if min(levels.shape) < 2 * _BLOCK:
        return 1.0
    ratios = []
    for values in (levels, levels.T):
        steps = np.abs(np.diff(values, axis=1)).mean(axis=0)
        is_edge = np.arange(1, len(steps) + 1) % _BLOCK == 0
        ratios.append((steps[is_edge].mean() + _FLAT) / (steps[~is_edge].mean() + _FLAT))
    return math.sqrt(ratios[0] * ratios[1])


def _luma(frame: av.VideoFrame) -> NDArray[np.uint8]:
    # In one thread: those of a converter per frame would exceed the address space of a decoder's process.
    return frame.reformat(format="gray", threads=1).to_ndarray().astype(np.uint8, copy=False)


def _is_picture(frame: object) -> bool:
    return isinstance(frame, av.VideoFrame)
