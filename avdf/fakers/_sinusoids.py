"""Sums of sinusoids at the multiples of a pitch that changes, with amplitudes that change.

R. J. McAulay and T. F. Quatieri, Speech analysis/synthesis based on a sinusoidal representation, IEEE TASSP
34, 1986; here the phases follow the pitch, as all frequencies are multiples of it.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def at_samples(values: NDArray[Any], hop: int, num_samples: int) -> NDArray[Any]:
    """(frame,) -> (sample,): a line from each frame to the next, `hop` samples on; the last value stays."""
    values = np.append(values, values[-1])
    lines = values[:-1, None] + np.diff(values)[:, None] * (np.arange(hop) / hop)
    return lines.reshape(-1)[:num_samples]


def at_places(levels: NDArray[Any], places: NDArray[np.float64]) -> NDArray[Any]:
    """(bin, frame), (harmonic, frame) places in bins -> (harmonic, frame): lines between bins."""
    low = np.clip(places.astype(int), 0, len(levels) - 2)
    part = np.clip(places - low, 0, 1)
    frames = np.arange(levels.shape[1])
    found: NDArray[Any] = levels[low, frames] * (1 - part) + levels[low + 1, frames] * part
    return found


def sum_of_harmonics(
    amplitudes: NDArray[np.complex128], turns: NDArray[np.float64], hop: int
) -> NDArray[np.float64]:
    """(harmonic, frame) amplitudes with phases, (sample,) turns of the pitch -> (sample,)"""
    turn = np.exp(2j * np.pi * turns)
    power, total = np.ones_like(turn), np.zeros(len(turn))
    for of_harmonic in amplitudes:
        power *= turn
        if of_harmonic.any():
            total += (at_samples(of_harmonic, hop, len(turn)) * power).real
    return total
