"""16-bit samples: full scale, conversion, and whether there is anything to hear in them."""

import numpy as np
from numpy.typing import NDArray

from avdf.data.audio.limits import LIMITS, MediaLimits
from avdf.data.audio.stored import Samples

FULL_SCALE = 32767  # the 16-bit sample of amplitude 1.0
_BLOCKS_AT_ONCE = 256


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


def block_levels_db(samples: Samples, rate_hz: int, block_s: float) -> NDArray[np.float64]:
    """(block,) RMS of each block in dB of full scale, without its mean; -infinity for a constant.

    The mean is a DC offset, which is inaudible.
    """
    size = max(round(block_s * rate_hz), 1)
    variances = [np.zeros(0, np.float32)]
    for start in range(0, len(samples), size * _BLOCKS_AT_ONCE):  # a long file is not copied as a whole
        part = samples[start : start + size * _BLOCKS_AT_ONCE].astype(np.float32)
        whole, rest = np.split(part, [len(part) // size * size])
        variances.append(whole.reshape(-1, size).var(axis=1))
        if len(rest):
            variances.append(rest.var(keepdims=True))
    with np.errstate(divide="ignore"):
        levels_db: NDArray[np.float64] = 10 * np.log10(np.concatenate(variances) / FULL_SCALE**2)
    return levels_db


def silence_of(samples: Samples, rate_hz: int, limits: MediaLimits = LIMITS) -> str | None:
    """Why a clip counts as silent, or None where there is enough to hear.

    Blocks are judged, not the whole clip, so that one word in a long pause counts.
    """
    levels_db = block_levels_db(samples, rate_hz, limits.level_block_s)
    loudest_db = float(levels_db.max(initial=-np.inf))
    if loudest_db == -np.inf:
        return "digital silence: every sample has the same value"
    if loudest_db < limits.silent_db:
        return f"its loudest {limits.level_block_s:g} s has {loudest_db:.0f} dB of full scale"
    audible_s = float((levels_db >= limits.silent_db).sum()) * limits.level_block_s
    if audible_s < limits.audible_s - 1e-9:
        return f"only {audible_s:.1f} s of it is above {limits.silent_db:g} dB of full scale"
    return None
