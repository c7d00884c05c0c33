"""Writes frames and a waveform as an mp4 file whose bytes depend on nothing else."""

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import soxr
from numpy.typing import NDArray

FRAME_RATE_HZ = 25
_H264 = {
    "preset": "superfast",
    "crf": "34",
    "x264-params": "bframes=0:rc-lookahead=0:ref=1",  # a third of the time, a few kB more
    "threads": "1",  # more would change the bytes
}
_AAC = {"aac_coder": "fast"}  # a quarter of the default's time
_BITEXACT = {"fflags": "+bitexact"}  # no version and no date in the file
_AAC_BITS_PER_S = 48000


def write_film(
    path: Path,
    frames: Iterable[NDArray[np.uint8]],
    waveform: NDArray[np.float64],
    *,
    waveform_hz: int,
    rate_hz: int,
    num_channels: int,
) -> None:
    """Writes H.264 of (224, 224, 3) RGB frames and AAC of a (sample,) -1..1 waveform at `rate_hz`."""
    with av.open(str(path), "w", format="mp4", options=_BITEXACT) as container:
        video = container.add_stream("libx264", rate=FRAME_RATE_HZ, options=_H264)
        layout = "stereo" if num_channels == 2 else "mono"
        audio = container.add_stream("aac", rate=rate_hz, layout=layout, options=_AAC)
        audio.bit_rate = _AAC_BITS_PER_S
        video.width = video.height = 224
        video.pix_fmt = "yuv420p"
        for stream in (video, audio):
            stream.codec_context.flags |= av.codec.context.Flags.bitexact.value
        for number, rgb in enumerate(frames):
            planes = np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2YUV_I420), np.uint8)
            picture = av.VideoFrame.from_ndarray(planes, format="yuv420p")
            picture.pts, picture.time_base = number, Fraction(1, FRAME_RATE_HZ)
            container.mux(video.encode(picture))
        container.mux(video.encode(None))
        container.mux(audio.encode(_sound(waveform, waveform_hz, rate_hz, num_channels)))
        container.mux(audio.encode(None))


def _sound(waveform: NDArray[np.float64], waveform_hz: int, rate_hz: int, num_channels: int) -> av.AudioFrame:
    samples = soxr.resample(waveform.astype(np.float32), waveform_hz, rate_hz)
    channels = np.repeat(samples[None], num_channels, axis=0)
    sound = av.AudioFrame.from_ndarray(
        np.ascontiguousarray(channels), format="fltp", layout="stereo" if num_channels == 2 else "mono"
    )
    sound.sample_rate, sound.pts, sound.time_base = rate_hz, 0, Fraction(1, rate_hz)
    return sound
