"""By how much a copy is later than its parent."""

import numpy as np
from numpy.typing import NDArray
from scipy.signal import correlate

_WINDOW_S = 0.025  # of the envelopes that are compared


def lag_ms(parent: NDArray[np.float32], copy: NDArray[np.float32], sample_rate_hz: int) -> float:
    """(sample,), (sample,) -> milliseconds, from the maximum of the cross-correlation of the envelopes."""
    window = np.hanning(max(round(_WINDOW_S * sample_rate_hz), 3))
    before, after = (
        envelope - envelope.mean()
        for envelope in (np.convolve(np.abs(sound), window, "same") for sound in (parent, copy))
    )
    return 1000 * (int(np.argmax(correlate(after, before))) - len(parent) + 1) / sample_rate_hz
