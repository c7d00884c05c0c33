"""Writes FLAC files: 16 bits, mono, without loss."""

from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from avdf.data.audio.levels import as_int16
from avdf.files import write_with

_BLOCK = 4096


def write_flac(path: Path, waveform: NDArray[np.float32], sample_rate_hz: int) -> None:
    """(sample,) -1..1, atomically. Raises UserError if it can't be written."""
    write_with(path, lambda temporary: _write(temporary, as_int16(waveform), sample_rate_hz))


def _write(path: Path, samples: NDArray[np.int16], sample_rate_hz: int) -> None:
    with av.open(str(path), "w", format="flac") as out:
        stream = out.add_stream("flac", rate=sample_rate_hz, layout="mono")
        stream.codec_context.thread_count = 1
        for start in range(0, len(samples), _BLOCK):
            frame = av.AudioFrame.from_ndarray(samples[None, start : start + _BLOCK], "s16", "mono")
            frame.sample_rate, frame.pts = sample_rate_hz, start
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
