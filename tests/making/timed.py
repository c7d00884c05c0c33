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
    size: tuple[int, int] = (_BITS * _BAR, 32),
    half_turn: bool = False,
) -> Path:
    """Frame n, shown from `times_s[n]` on, has the bits of n as bars; a beep from `beep_s` on.

    All times are those of the file, whose sound begins at `audio_start_s`. `size` is (width, height); with
    `half_turn` the pictures are stored upside down, and the file says that they are to be turned.
    """
    width, height = size
    base = Fraction(1, 90000)
    with av.open(str(path), "w") as out:
        picture = out.add_stream(codec, rate=Fraction(30), options={"crf": "5"})
        is_odd = width % 2 or height % 2  # which H.264 stores without halving the colours alone
        picture.width, picture.height = size
        picture.pix_fmt = "yuv444p" if is_odd and codec == "libx264" else "yuv420p"
        picture.codec_context.time_base = base if codec == "libx264" else Fraction(1, 1000)
        sound = out.add_stream("aac", rate=RATE_HZ, layout="mono")
        for number, time_s in enumerate(times_s):
            bits = (number >> np.arange(_BITS)) & 1
            bars = 255 * bits[np.arange(width) * _BITS // width].astype(np.uint8)
            shown = np.broadcast_to(bars[None, :, None], (height, width, 3))
            shown = shown[::-1, ::-1] if half_turn else shown
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(shown), format="rgb24")
            frame.time_base = picture.codec_context.time_base
            frame.pts = round(time_s / float(frame.time_base))
            out.mux(picture.encode(frame))
        out.mux(picture.encode(None))
        clock_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ + audio_start_s
        is_on = (clock_s >= beep_s) & (clock_s < beep_s + 0.4)
        samples = (0.4 * is_on * np.sin(2 * np.pi * 1000 * clock_s)).astype(np.float32)
        encode(out, sound, samples[None], ((0, audio_start_s),))
    return _turned(path) if half_turn else path


def _turned(path: Path) -> Path:
    """The same file with a display matrix of half a turn in the header of its first track."""
    content = bytearray(path.read_bytes())
    place = content.index(b"tkhd") + 44
    for offset in (0, 16):
        content[place + offset : place + offset + 4] = (-(1 << 16)).to_bytes(4, "big", signed=True)
    path.write_bytes(content)
    return path


def number_in(frame: NDArray[np.uint8]) -> int:
    """The number that a frame (3, 32, 64) shows."""
    bars = frame.mean(axis=(0, 1)).reshape(_BITS, _BAR)[:, 2:-2].mean(axis=1)
    return int(((bars > 128) << np.arange(_BITS)).sum())
