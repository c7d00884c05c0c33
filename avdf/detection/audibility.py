"""Checks that a clip holds enough sound for a score; warns of sound that is scored but doubtful."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from avdf.data.audio.levels import FULL_SCALE, block_levels_db, silence_of
from avdf.data.audio.limits import LIMITS, MediaLimits
from avdf.data.audio.media import MediaError
from avdf.data.probes import probe

_PROBED_S = 60.0  # of a long file, from its middle


def check_audible(
    path: Path, usable: NDArray[np.int16], rate_hz: int, *, crop_s: float, limits: MediaLimits = LIMITS
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
    usable: NDArray[np.int16], rate_hz: int, *, crop_s: float, limits: MediaLimits = LIMITS
) -> list[str]:
    """Warnings in words: shorter than a crop, very quiet, clipped, narrow band."""
    warnings = []
    usable_s = len(usable) / rate_hz
    if usable_s < crop_s / 2:
        warnings.append(f"short: {usable_s:.2f} s, repeated to fill {crop_s:g} s")
    level_db = float(block_levels_db(usable, rate_hz, limits.level_block_s).max())
    if level_db < limits.quiet_db:
        block_s = limits.level_block_s
        warnings.append(f"very quiet: the loudest {block_s:g} s has {level_db:.0f} dB of full scale")
    clipped = float(np.mean(np.abs(usable) >= round(0.99 * FULL_SCALE)))
    if clipped > limits.clipped_share:
        warnings.append(f"clipped: {clipped:.1%} of the samples are at full scale")
    middle = max((len(usable) - round(_PROBED_S * rate_hz)) // 2, 0)
    bandwidth_hz = probe(usable[middle : len(usable) - middle], rate_hz)["bandwidth_hz"]
    if bandwidth_hz < min(limits.narrow_band_hz, 0.45 * rate_hz):
        warnings.append(f"narrow band: 99.99 % of the energy is below {bandwidth_hz:.0f} Hz")
    return warnings
