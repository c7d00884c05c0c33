"""Small media files for tests, written with PyAV, which needs no ffmpeg program."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

RATE_HZ = 16000
_FULL_SCALE = {"s16": 2**15 - 1, "s32": 2**31 - 1}
_BLOCK = 1024


def speech_like(num_samples: int, rate_hz: int = RATE_HZ) -> NDArray[np.float32]:
    """(2, sample): bursts of a rising tone, other ones in each channel; loud somewhere in every second."""
    time_s = np.arange(num_samples) / rate_hz
    tone = np.sin(2 * np.pi * (200 + 300 * (time_s % 4)) * time_s)
    bursts = np.sin(2 * np.pi * 3 * time_s) ** 2
    return np.asarray([0.5 * tone * bursts, 0.3 * tone * (1 - bursts)], dtype=np.float32)


def write_audio(
    path: Path,
    samples: NDArray[np.float32],
    codec: str,
    *,
    rate_hz: int = RATE_HZ,
    layout: str = "",
    starts_s: tuple[tuple[int, float], ...] = (),
    container: str | None = None,
    options: dict[str, str] | None = None,
) -> Path:
    """(channel, sample) -1..1 in a file; `starts_s` has (sample, seconds) that are added from there on."""
    with av.open(str(path), "w", format=container, options=options or {}) as out:
        add_audio(out, samples, codec, rate_hz=rate_hz, layout=layout, starts_s=starts_s)
    return path


def add_audio(
    out: av.container.OutputContainer,
    samples: NDArray[np.float32],
    codec: str,
    *,
    rate_hz: int = RATE_HZ,
    layout: str = "",
    starts_s: tuple[tuple[int, float], ...] = (),
) -> None:
    """Adds a stream with all of its samples to a container that has no packet yet."""
    layout = layout or {1: "mono", 2: "stereo"}.get(len(samples), f"{len(samples)}C")
    stream = out.add_stream(codec, rate=rate_hz, layout=layout)
    if codec == "wmav2":
        stream.bit_rate = 96000
    encode(out, stream, samples, starts_s)


def encode(
    out: av.container.OutputContainer,
    stream: av.AudioStream,
    samples: NDArray[np.float32],
    starts_s: tuple[tuple[int, float], ...] = (),
) -> None:
    """Encodes (channel, sample) -1..1 into a stream."""
    rate_hz, kind = stream.codec_context.sample_rate, stream.codec_context.format.name
    planar = kind.endswith("p")
    if kind.removesuffix("p") in _FULL_SCALE:
        full_scale = _FULL_SCALE[kind.removesuffix("p")]
        dtype = np.int16 if kind.startswith("s16") else np.int32
        values = np.clip(np.rint(samples.astype(np.float64) * full_scale), -full_scale, full_scale).astype(
            dtype
        )
    elif kind.startswith("u8"):
        values = np.clip(np.rint(samples * 127) + 128, 0, 255).astype(np.uint8)
    else:
        values = samples.astype(np.float64 if kind.startswith("dbl") else np.float32)
    for start in range(0, values.shape[1], _BLOCK):
        block = values[:, start : start + _BLOCK]
        if not planar:
            block = block.T.reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(block), format=kind, layout=stream.codec_context.layout
        )
        later_s = sum(seconds for sample, seconds in starts_s if start >= sample)
        frame.sample_rate, frame.time_base = rate_hz, Fraction(1, rate_hz)
        frame.pts = start + round(later_s * rate_hz)
        out.mux(stream.encode(frame))
    out.mux(stream.encode(None))


def write_mp4(
    path: Path,
    *,
    seconds: float = 2.0,
    rate_hz: int = 44100,
    num_channels: int = 2,
    audio: bool = True,
    video: bool = True,
    audio_start_s: float = 0.0,
    options: dict[str, str] | None = None,
) -> Path:
    """AAC and H.264, 24 frames a second of 64 x 48, each frame brighter than the one before."""
    with av.open(str(path), "w", options=options or {}) as out:
        # Both streams are added before the first packet: the header lists them.
        picture = out.add_stream("libx264", rate=24, options={"crf": "10"}) if video else None
        layout = "stereo" if num_channels == 2 else "mono"
        sound = out.add_stream("aac", rate=rate_hz, layout=layout) if audio else None
        if picture is not None:
            picture.width, picture.height, picture.pix_fmt = 64, 48, "yuv420p"
            for number in range(round(seconds * 24)):
                levels = np.full((48, 64, 3), 20 + 4 * (number % 50), np.uint8)
                frame = av.VideoFrame.from_ndarray(levels, format="rgb24")
                frame.pts, frame.time_base = number, Fraction(1, 24)
                out.mux(picture.encode(frame))
            out.mux(picture.encode(None))
        if sound is not None:
            samples = speech_like(round(seconds * rate_hz), rate_hz)[:num_channels]
            encode(out, sound, samples, ((0, audio_start_s),))
    return path


def cut(path: Path, share: float) -> Path:
    """Keeps the first `share` of a file."""
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    return path
