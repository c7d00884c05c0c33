"""By how much a copy is later than its parent."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.signal import correlate

_WINDOW_S = 0.025  # of the envelopes that are compared
_MOST_MS = 20.0  # a longer lag is a maximum elsewhere, not the delay of a filter


def lag_ms(parent: NDArray[np.float32], copy: NDArray[np.floating[Any]], sample_rate_hz: int) -> float:
    """(sample,), (sample,) -> milliseconds, from the maximum of the cross-correlation of the envelopes."""
    window = np.hanning(max(round(_WINDOW_S * sample_rate_hz), 3))
    before, after = (
        envelope - envelope.mean()
        for envelope in (np.convolve(np.abs(sound), window, "same") for sound in (parent, copy))
    )
    return 1000 * (int(np.argmax(correlate(after, before))) - len(parent) + 1) / sample_rate_hz


def aligned(
    parent: NDArray[np.float32], copy: NDArray[np.floating[Any]], sample_rate_hz: int
) -> NDArray[np.floating[Any]]:
    """(sample,), (as many samples or more,) -> (sample,) the copy without its lag."""
    num_samples = len(parent)
    lag = lag_ms(parent, copy[:num_samples], sample_rate_hz)
    shift = round(lag * sample_rate_hz / 1000) if abs(lag) <= _MOST_MS else 0
    moved = np.pad(copy, (max(-shift, 0), max(shift, 0)))[max(shift, 0) :]
    return moved[:num_samples]
