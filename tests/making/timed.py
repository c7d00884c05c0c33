"""Films whose frames show their own number in bars, and whose sound beeps once."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from making.media import encode
from numpy.typing import NDArray

RATE_HZ = 16000
_BITS, _BAR = 8, 8  # bars of 8 pixels: the numbers 0 to 255


def write_timed(
    path: Path,
    times_s: NDArray[np.float64],
    *,
    beep_s: float,
    seconds: float = 3.0,
    audio_start_s: float = 0.0,
    codec: str = "libx264",
) -> Path:
    """Frame n, shown from `times_s[n]` on, has the bits of n as bars; a beep from `beep_s` on.

    All times are those of the file, whose sound begins at `audio_start_s`.
    """
    base = Fraction(1, 90000)
    with av.open(str(path), "w") as out:
        picture = out.add_stream(codec, rate=Fraction(30), options={"crf": "5"})
        picture.width, picture.height, picture.pix_fmt = _BITS * _BAR, 32, "yuv420p"
        picture.codec_context.time_base = base if codec == "libx264" else Fraction(1, 1000)
        sound = out.add_stream("aac", rate=RATE_HZ, layout="mono")
        for number, time_s in enumerate(times_s):
            bits = (number >> np.arange(_BITS)) & 1
            bars = np.repeat(255 * bits, _BAR).astype(np.uint8)
            shown = np.broadcast_to(bars[None, :, None], (32, _BITS * _BAR, 3))
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(shown), format="rgb24")
            frame.time_base = picture.codec_context.time_base
            frame.pts = round(time_s / float(frame.time_base))
            out.mux(picture.encode(frame))
        out.mux(picture.encode(None))
        clock_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ + audio_start_s
        is_on = (clock_s >= beep_s) & (clock_s < beep_s + 0.4)
        samples = (0.4 * is_on * np.sin(2 * np.pi * 1000 * clock_s)).astype(np.float32)
        encode(out, sound, samples[None], ((0, audio_start_s),))
    return path


def number_in(frame: NDArray[np.uint8]) -> int:
    """The number that a frame (3, 32, 64) shows."""
    bars = frame.mean(axis=(0, 1)).reshape(_BITS, _BAR)[:, 2:-2].mean(axis=1)
    return int(((bars > 128) << np.arange(_BITS)).sum())
