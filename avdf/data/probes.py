"""Trivial features of a clip (silence, loudness, size of the picture) that may reveal its class."""

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from avdf.data.audio.levels import as_float32

MEASURED_PROBES = ("leading_silence_ms", "trailing_silence_ms", "loudness_db", "bandwidth_hz")
SOUND_PROBES = (*MEASURED_PROBES, "duration_s")  # of what is heard; all others are of the file
PROBES = (
    *SOUND_PROBES,
    "sample_rate_hz",
    "num_channels",
    "audio_bit_rate",
    "file_bit_rate",
    "frame_rate_hz",
    "audio_codec",
    "video_codec",
)  # columns of clips.csv; the last two are names, not numbers
# Of clip tables that were made with frames: what is known of a picture without looking at it.
PICTURE_PROBES = (
    "container",  # a name
    "width_px",
    "height_px",
    "video_bit_rate",
    "num_pictures",
    "blockiness",
    "has_audio",
    "has_video",
    "has_face",
)

_SILENT_DB = -40.0  # relative to the clip's loudness, so that gain does not matter; AAC's noise is below it
_BEYOND = 1e-4  # share of the energy above the bandwidth
_BLOCK = 1024  # samples
_LEAST_DB = -120.0  # digital silence
_PART = 1024 * _BLOCK  # 65 s at 16 kHz: a long file is not copied as a whole


def probes_in(columns: Iterable[str]) -> list[str]:
    """Those of a clip table: of its sound, and of its picture where it was looked for.

    >>> probes_in(["clip", *PROBES, "blockiness"])[-2:]
    ['video_codec', 'blockiness']
    """
    have = set(columns)
    return [*PROBES, *(name for name in PICTURE_PROBES if name in have)]


def probe(waveform: NDArray[np.int16], sample_rate_hz: int) -> dict[str, float]:
    """(sample,) 16-bit -> silence at both ends (ms), loudness (dB of full scale, RMS), bandwidth (Hz).

    Silence lasts up to the first sample within 40 dB of the loudness. The bandwidth is the frequency
    above which less than a ten-thousandth of the energy is.
    """
    energy, power = 0.0, np.zeros(_BLOCK // 2 + 1)
    for _, samples in _parts(waveform):
        energy += float(np.sum(samples.astype(np.float64) ** 2))
        power += _power(samples, padded=len(samples) == len(waveform))
    rms = float(np.sqrt(energy / len(waveform))) if len(waveform) else 0.0
    leading, trailing = _silent_ends(waveform, rms * 10 ** (_SILENT_DB / 20))
    return {
        "leading_silence_ms": leading * 1000 / sample_rate_hz,
        "trailing_silence_ms": trailing * 1000 / sample_rate_hz,
        "loudness_db": max(20 * float(np.log10(rms)), _LEAST_DB) if rms > 0 else _LEAST_DB,
        "bandwidth_hz": _bandwidth_bin(power) * sample_rate_hz / _BLOCK,
    }


def _parts(waveform: NDArray[np.int16]) -> Iterator[tuple[int, NDArray[np.float32]]]:
    for start in range(0, len(waveform), _PART):
        yield start, as_float32(waveform[start : start + _PART])


def _silent_ends(waveform: NDArray[np.int16], level: float) -> tuple[int, int]:
    """Number of samples before the first and after the last that is above the level."""
    first = last = None
    for start, samples in _parts(waveform):
        loud = np.flatnonzero(np.abs(samples) > level)
        if len(loud):
            first, last = start + int(loud[0]) if first is None else first, start + int(loud[-1])
    if first is None or last is None:
        return len(waveform), len(waveform)
    return first, len(waveform) - 1 - last


def _power(samples: NDArray[np.float32], *, padded: bool) -> NDArray[np.float64]:
    """(bin,) the sum of the power of all whole blocks; `padded`: of one block at least."""
    import scipy.fft

    short = np.pad(samples, (0, max(_BLOCK - len(samples), 0) if padded else 0))
    blocks = short[: len(short) // _BLOCK * _BLOCK].reshape(-1, _BLOCK)
    spectra = scipy.fft.rfft(blocks * np.hanning(_BLOCK).astype(np.float32), axis=1)
    power: NDArray[np.float64] = (np.abs(spectra).astype(np.float64) ** 2).sum(axis=0)
    return power


def _bandwidth_bin(power: NDArray[np.float64]) -> float:
    if not power.sum() > 0:
        return 0.0
    return float(np.argmax(np.cumsum(power) / power.sum() >= 1 - _BEYOND))
