"""16-bit samples: full scale, conversion, and whether there is anything to hear in them."""

import numpy as np
from numpy.typing import NDArray

from avdf.data.audio.limits import LIMITS, MediaLimits

_LEAST_BLOCKS = 4
FULL_SCALE = 32767  # the 16-bit sample of amplitude 1.0


def as_int16(waveform: NDArray[np.float32]) -> NDArray[np.int16]:
    """-1..1 -> 16-bit samples, rounded; amplitudes above full scale are clipped.

    >>> as_int16(np.array([0.0, 0.5, 1.0, -3.0], np.float32)).tolist()
    [0, 16384, 32767, -32767]
    """
    return np.clip(np.rint(waveform * FULL_SCALE), -FULL_SCALE, FULL_SCALE).astype(np.int16)


def as_float32(samples: NDArray[np.int16]) -> NDArray[np.float32]:
    """16-bit samples -> -1..1.

    >>> as_float32(np.array([-32767, 0, 32767], np.int16)).tolist()
    [-1.0, 0.0, 1.0]
    """
    return samples.astype(np.float32) / np.float32(FULL_SCALE)


def loudest_block_db(samples: NDArray[np.int16], rate_hz: int, block_s: float) -> float:
    """RMS of the loudest block in dB of full scale, without its mean; -infinity for a constant.

    A block, not the whole clip, so that one word in a long pause counts. The mean is a DC offset, which
    nobody hears. The first and the last block of a clip are left out if there are at least four: a
    resampler turns the start and the end of a DC offset into clicks.
    """
    size = max(round(block_s * rate_hz), 1)
    starts = range(0, len(samples), size)
    inner = starts[1:-1] if len(starts) >= _LEAST_BLOCKS else starts
    variances = (float(np.var(samples[start : start + size].astype(np.float32))) for start in inner)
    loudest = max(variances, default=0.0)
    return 10 * float(np.log10(loudest)) - 20 * float(np.log10(FULL_SCALE)) if loudest > 0 else -np.inf


def silence_of(samples: NDArray[np.int16], rate_hz: int, limits: MediaLimits = LIMITS) -> str | None:
    """Why a clip counts as silent, or None where there is something to hear."""
    level_db = loudest_block_db(samples, rate_hz, limits.level_block_s)
    if level_db == -np.inf:
        return "digital silence: every sample has the same value"
    if level_db < limits.silent_db:
        return f"its loudest {limits.level_block_s:g} s has {level_db:.0f} dB of full scale"
    return None
