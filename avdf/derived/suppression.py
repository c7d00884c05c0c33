"""Copies of recordings whose noise was suppressed first: speech that was synthesised has no background.

A copy of the recording itself is never cleaner than it, so a detector trained on such pairs alone takes a
clean studio for real. These copies are cleaner than what they stand beside.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from avdf.channels import build_channel
from avdf.derived.plan import PlannedCopy

_STREAM = 77  # random numbers other than those of the faker and its settings
_DEPTH_DB, _FACTOR = (20.0, 60.0), (1.0, 2.5)  # what `noise_suppression` is given, drawn uniformly


def suppression_of(copy: PlannedCopy, share: float) -> dict[str, Any] | None:
    """The channel that the recording goes through before this copy is made; None for 1 - `share` of them."""
    rng = np.random.default_rng([_STREAM, *copy.seed])
    if rng.random() >= share:
        return None
    depth_db, factor = float(rng.uniform(*_DEPTH_DB)), float(rng.uniform(*_FACTOR))
    return {"name": "noise_suppression", "depth_db": depth_db, "factor": factor}


def without_noise(
    waveform: NDArray[np.float32], rate_hz: int, channel: dict[str, Any]
) -> NDArray[np.float32]:
    """(sample,) -> (sample,) through the channel of `suppression_of`, which draws nothing itself."""
    return build_channel(channel, "noise").apply(waveform, rate_hz, np.random.default_rng(0))
