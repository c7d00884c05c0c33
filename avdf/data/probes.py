"""Trivial features of a clip (silence, loudness, bandwidth) that may reveal its class."""

import numpy as np
from numpy.typing import NDArray

from avdf.data.audio.levels import FULL_SCALE

PROBES = (
    "leading_silence_ms",
    "trailing_silence_ms",
    "loudness_db",
    "bandwidth_hz",
    "duration_s",
    "sample_rate_hz",
    "num_channels",
    "audio_bit_rate",
    "file_bit_rate",
    "frame_rate_hz",
    "audio_codec",
    "video_codec",
)  # columns of clips.csv; the last two are names, not numbers

_SILENT_DB = -40.0  # relative to the clip's loudness, so that gain does not matter; AAC's noise is below it
_BEYOND = 1e-4  # share of the energy above the bandwidth
_BLOCK = 1024  # samples
_LEAST_DB = -120.0  # digital silence


def probe(waveform: NDArray[np.int16], sample_rate_hz: int) -> dict[str, float]:
    """(sample,) 16-bit -> silence at both ends (ms), loudness (dB of full scale, RMS), bandwidth (Hz).

    Silence lasts up to the first sample within 40 dB of the loudness. The bandwidth is the frequency
    above which less than a ten-thousandth of the energy is.
    """
    samples = waveform.astype(np.float32) / np.float32(FULL_SCALE)
    rms = float(np.sqrt(np.mean(samples.astype(np.float64) ** 2))) if len(samples) else 0.0
    loud = np.flatnonzero(np.abs(samples) > rms * 10 ** (_SILENT_DB / 20))
    ends = (len(samples), len(samples)) if not len(loud) else (int(loud[0]), len(samples) - 1 - int(loud[-1]))
    return {
        "leading_silence_ms": ends[0] * 1000 / sample_rate_hz,
        "trailing_silence_ms": ends[1] * 1000 / sample_rate_hz,
        "loudness_db": max(20 * float(np.log10(rms)), _LEAST_DB) if rms > 0 else _LEAST_DB,
        "bandwidth_hz": _bandwidth_hz(samples, sample_rate_hz),
    }


def _bandwidth_hz(samples: NDArray[np.float32], sample_rate_hz: int) -> float:
    import scipy.fft

    short = np.pad(samples, (0, max(_BLOCK - len(samples), 0)))
    blocks = short[: len(short) // _BLOCK * _BLOCK].reshape(-1, _BLOCK)
    spectra = scipy.fft.rfft(blocks * np.hanning(_BLOCK).astype(np.float32), axis=1)
    power = (np.abs(spectra).astype(np.float64) ** 2).sum(axis=0)
    if not power.sum() > 0:
        return 0.0
    inside = np.cumsum(power) / power.sum() >= 1 - _BEYOND
    return float(np.argmax(inside)) * sample_rate_hz / _BLOCK
