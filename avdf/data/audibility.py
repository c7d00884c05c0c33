"""Checks that a clip holds enough sound for a score; warns of sound that is scored but doubtful."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from avdf.data.audio.levels import FULL_SCALE, block_levels_db, silence_of
from avdf.data.audio.limits import LIMITS, MediaLimits
from avdf.data.audio.stored import Samples
from avdf.errors import MediaError

_STEADY_S = 2.0  # a vowel may be steady for a second
_PART = 1 << 20  # samples: a long file is not copied as a whole


def check_audible(
    path: Path, usable: Samples, rate_hz: int, *, crop_s: float, limits: MediaLimits = LIMITS
) -> None:
    """Raises MediaError for silence, and for a clip that a crop of `crop_s` would repeat too often.

    `usable` (sample,) is what the detector is given: the clip after the start that it leaves out.
    """
    usable_s = len(usable) / rate_hz
    shortest_s = max(limits.shortest_s, crop_s / limits.most_repeats)
    if usable_s < shortest_s:
        raise MediaError(path, "too short", f"{usable_s:.2f} s of usable audio; at least {shortest_s:g} s")
    if (why := silence_of(usable, rate_hz, limits)) is not None:
        raise MediaError(path, "silent", why)


def doubts(
    usable: Samples,
    rate_hz: int,
    *,
    crop_s: float,
    bandwidth_hz: float,
    limits: MediaLimits = LIMITS,
) -> list[str]:
    """Warnings in words of a clip before it is scored: shorter than a crop, and those of `level_doubts`."""
    usable_s = len(usable) / rate_hz
    short = [f"short: {usable_s:.2f} s, repeated to fill {crop_s:g} s"] if usable_s < crop_s / 2 else []
    return short + level_doubts(usable, rate_hz, bandwidth_hz, limits)


def level_doubts(
    samples: Samples, rate_hz: int, bandwidth_hz: float, limits: MediaLimits = LIMITS
) -> list[str]:
    """Warnings in words: very quiet, steady, clipped, narrow band. `bandwidth_hz` is that of `probe`."""
    warnings = []
    block_s = limits.level_block_s
    levels_db = block_levels_db(samples, rate_hz, block_s)
    level_db = float(levels_db.max())
    if level_db < limits.quiet_db:
        warnings.append(f"very quiet: the loudest {block_s:g} s has {level_db:.0f} dB of full scale")
    is_long = len(samples) >= _STEADY_S * rate_hz
    if is_long and (span_db := _span_db(levels_db[:-1], limits)) < limits.steady_db:
        warnings.append(f"steady: its level varies by {span_db:.1f} dB, as that of noise or of a tone")
    clipped = _clipped_share(samples)
    if clipped > limits.clipped_share:
        warnings.append(f"clipped: {clipped:.1%} of the samples are at full scale")
    if bandwidth_hz < min(limits.narrow_band_hz, 0.45 * rate_hz):
        warnings.append(f"narrow band: 99.99 % of the energy is below {bandwidth_hz:.0f} Hz")
    return warnings


def _clipped_share(samples: Samples) -> float:
    near = round(0.99 * FULL_SCALE)
    parts = (samples[start : start + _PART] for start in range(0, len(samples), _PART))
    return sum(int(np.count_nonzero((part >= near) | (part <= -near))) for part in parts) / len(samples)


def _span_db(levels_db: NDArray[np.float64], limits: MediaLimits) -> float:
    """The span that holds 90 % of the levels; what is silent counts as equally so."""
    low_db, high_db = np.percentile(np.maximum(levels_db, limits.silent_db), (5, 95))
    return float(high_db - low_db)
