"""Encodes and decodes the frames with H.264, as every platform does."""

import io
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from avdf.channels import CHANNELS
from avdf.config.bounds import check_within
from avdf.errors import ConfigError

_MOST_PER_SECOND = 1000
_X264 = {
    "x264-params": "mbtree=0",  # its tree reads memory it has not written: bytes would vary
    "threads": "1",  # more would change the bytes
}


@dataclass(frozen=True, kw_only=True)
class VideoCodecConfig:
    crf: int = 35  # constant rate factor of x264: 0 keeps all, 23 is usual, 51 is worst

    def __post_init__(self) -> None:
        check_within(self, "crf", lowest=0, highest=51)


@CHANNELS.register("video_codec", VideoCodecConfig)
class VideoCodec:
    """x264 with its usual settings but one (no macroblock tree), colours at half the resolution.

    Frames of an odd height or width are extended by a row or column for it. Raises ConfigError if the FFmpeg
    of PyAV lacks the encoder.
    """

    modality = "video"

    def __init__(self, config: VideoCodecConfig) -> None:
        import av

        if "libx264" not in av.codecs_available:
            raise ConfigError("video_codec: the FFmpeg of PyAV has no libx264; leave it out")
        self.config = config

    def apply(
        self, frames: NDArray[np.uint8], per_second: float, rng: np.random.Generator
    ) -> NDArray[np.uint8]:
        """(frame, 3, height, width) -> the same shape"""
        height, width = frames.shape[2:]
        even = np.pad(frames, ((0, 0), (0, 0), (0, height % 2), (0, width % 2)), mode="edge")
        decoded = _decoded(_encoded(even, self.config.crf, per_second))
        return np.ascontiguousarray(decoded[:, :, :height, :width])


def _encoded(frames: NDArray[np.uint8], crf: int, per_second: float) -> io.BytesIO:
    import av

    file = io.BytesIO()
    with av.open(file, "w", format="matroska") as out:
        rate = Fraction(per_second).limit_denominator(_MOST_PER_SECOND)
        stream = out.add_stream("libx264", rate=rate, options={"crf": str(crf), **_X264})
        stream.height, stream.width = frames.shape[2:]
        stream.pix_fmt = "yuv420p"
        for number, frame in enumerate(frames):
            picture = av.VideoFrame.from_ndarray(
                np.ascontiguousarray(frame.transpose(1, 2, 0)), format="rgb24"
            )
            picture.pts, picture.time_base = number, 1 / rate
            out.mux(stream.encode(picture))
        out.mux(stream.encode(None))
    file.seek(0)
    return file


def _decoded(file: io.BytesIO) -> NDArray[np.uint8]:
    import av

    with av.open(file, "r") as container:
        pictures = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    return np.stack(pictures).transpose(0, 3, 1, 2).astype(np.uint8, copy=False)
