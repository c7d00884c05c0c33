"""What the sound of a file is like: the measures that tell how far it is from a detector's training."""

import numpy as np
from numpy.typing import NDArray

from avdf.data.audio.levels import block_levels_db
from avdf.data.audio.stored import Samples
from avdf.data.probes import probe

PROBED_S = 60.0  # of a long file, from its middle
_BLOCK_S = 0.05
_QUIETEST = 10.0  # percentile of the blocks
_LEAST_DB = -100.0  # digital silence


def sound_measures(samples: Samples, rate_hz: int) -> dict[str, float]:
    """(sample,) -> bandwidth_hz, loudness_db (of full scale), noise_db, of the middle minute.

    `noise_db`: the level of the quietest tenth of the blocks of 50 ms, relative to the loudness. Speech that
    was recorded in silence has -60 dB and less, and noise alone 0 dB.
    """
    middle = middle_minute(samples, rate_hz)
    probes = probe(middle, rate_hz)
    quiet_db = float(
        np.percentile(np.maximum(block_levels_db(middle, rate_hz, _BLOCK_S), _LEAST_DB), _QUIETEST)
    )
    return {
        "bandwidth_hz": probes["bandwidth_hz"],
        "loudness_db": probes["loudness_db"],
        "noise_db": quiet_db - probes["loudness_db"],
    }


def middle_minute(samples: Samples, rate_hz: int) -> NDArray[np.int16]:
    """The middle 60 s of (sample,) at most."""
    before = max((len(samples) - round(PROBED_S * rate_hz)) // 2, 0)
    return samples[before : len(samples) - before]
