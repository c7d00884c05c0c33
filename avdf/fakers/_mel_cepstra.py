"""Spectral envelopes as cepstra on a warped frequency axis, and their minimum-phase filters.

T. Fukada, K. Tokuda, T. Kobayashi and S. Imai, An adaptive algorithm for mel-cepstral analysis of speech,
ICASSP 1992.
"""

import numpy as np
from numpy.typing import NDArray

_FLOOR = 1e-9  # of the highest power
_ITERATIONS = 20


def mel_cepstra_of(power: NDArray[np.float64], order: int, alpha: float) -> NDArray[np.float64]:
    """(frame, bin) power spectra -> (frame, order + 1) cepstra of the log power of the envelope.

    They make the sum over the circle of power / envelope + log envelope least, which follows peaks more than
    gaps. That is the likelihood of a generalised linear model (gamma, logarithmic link): it is found by
    Fisher scoring, from least squares on the logarithm.
    """
    power = np.maximum(power, max(_FLOOR * float(power.max()), 1e-30))
    angles = _warped(power.shape[1], alpha)
    basis = np.cos(angles[:, None] * np.arange(order + 1))
    weights = np.r_[0.5, np.ones(len(basis) - 2), 0.5]  # all but the ends are on the circle twice
    fit = np.linalg.solve((basis.T * weights) @ basis, basis.T * weights).T
    cepstra = np.log(power) @ fit
    cepstra[:, 0] += 1  # from above, the steps are small
    for _ in range(_ITERATIONS):
        ratio = power * np.exp(-cepstra @ basis.T)
        step = (ratio - 1) @ fit
        curve = (step @ basis.T) ** 2 * weights
        # Along the step, its length is that of Newton.
        length = curve.sum(axis=1) / np.maximum((curve * ratio).sum(axis=1), 1e-30)
        cepstra += np.minimum(length, 1)[:, None] * step
    made: NDArray[np.float64] = cepstra
    return made


def filters_of(cepstra: NDArray[np.float64], alpha: float, num_bins: int) -> NDArray[np.complex128]:
    """(frame, order + 1) cepstra of log power -> (frame, num_bins) filters of that power.

    A warped delay is causal and stable, so that the sum and its exponential are of minimum phase.
    """
    turns = np.exp(-1j * _warped(num_bins, alpha) * np.arange(cepstra.shape[1])[:, None])
    made: NDArray[np.complex128] = np.exp(cepstra @ turns / 2)
    return made


def _warped(num_bins: int, alpha: float) -> NDArray[np.float64]:
    """(bin,) angles in rad, from 0 to pi: minus the phase of an all-pass filter of first order."""
    angles = np.linspace(0, np.pi, num_bins)
    warped: NDArray[np.float64] = angles + 2 * np.arctan2(alpha * np.sin(angles), 1 - alpha * np.cos(angles))
    return warped
