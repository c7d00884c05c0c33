"""What is measured of a clip where it is decoded: probes, doubts, and the landmarks of its recording."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avdf.data.audibility import level_doubts
from avdf.data.audio.levels import as_float32, as_int16
from avdf.data.probes import probe
from avdf.data.recordings.fingerprint import RATE_HZ, landmarks


@dataclass(frozen=True)
class ClipMeasurement:
    """`pairs`: (pair, 2) hash and frame of the landmarks; `doubts`: warnings in words, "" for none."""

    probes: dict[str, float]
    doubts: str
    pairs: NDArray[np.int32]

    def header(self) -> dict[str, Any]:
        """All but the pairs, and how many there are."""
        return {"probes": self.probes, "doubts": self.doubts, "num_pairs": len(self.pairs)}


def measure_clip(waveform: NDArray[np.int16], sample_rate_hz: int) -> ClipMeasurement:
    """Measures the samples (sample,) of a clip."""
    probes = probe(waveform, sample_rate_hz)
    doubts = level_doubts(waveform, sample_rate_hz, probes["bandwidth_hz"])
    marks = landmarks(at_fingerprint_rate(waveform, sample_rate_hz))
    pairs = np.stack([marks.hashes, marks.frames], axis=1).astype("<i4")
    return ClipMeasurement(probes, "; ".join(doubts), pairs)


def at_fingerprint_rate(waveform: NDArray[np.int16], sample_rate_hz: int) -> NDArray[np.int16]:
    """(sample,) at any rate -> (sample,) at RATE_HZ, at which recordings are compared."""
    if sample_rate_hz == RATE_HZ:
        return waveform
    import soxr  # here: a process that only reads measurements does without

    return as_int16(soxr.resample(as_float32(waveform), sample_rate_hz, RATE_HZ))


def measurement_of(header: dict[str, Any], pairs: NDArray[np.int32]) -> ClipMeasurement:
    """A measurement from what `ClipMeasurement.header` gave, and the pairs."""
    return ClipMeasurement(header["probes"], header["doubts"], pairs)
