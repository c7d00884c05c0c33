"""Smooth spectra by cutting their cepstra, and the filters of minimum phase that have such a spectrum."""

import torch
from torch import Tensor

_FLOOR = 1e-5  # of the strongest bin


def log_of(magnitudes: Tensor) -> Tensor:
    """Natural logarithms; what is far below the strongest bin is lifted to a floor."""
    return torch.log(magnitudes.clamp(min=float(magnitudes.max()) * _FLOOR))


def smoothed(levels: Tensor, num_cepstra: int) -> Tensor:
    """(bin, frame) log magnitudes -> (bin, frame), varying over frequency as that many cepstra can."""
    cepstra = torch.fft.irfft(levels, dim=0)
    cepstra[num_cepstra : len(cepstra) - num_cepstra + 1] = 0
    smooth: Tensor = torch.fft.rfft(cepstra, dim=0).real
    return smooth


def minimum_phase(levels: Tensor) -> Tensor:
    """(bin, frame) log magnitudes -> (bin, frame) complex: the same, and as imaginary part the phases in rad.

    The exponential of the result is a causal filter whose energy comes first (A. V. Oppenheim and R. W.
    Schafer, Discrete-time signal processing, chapter on the cepstrum).
    """
    cepstra = torch.fft.irfft(levels, dim=0)
    half = len(cepstra) // 2
    cepstra[1:half] *= 2
    cepstra[half + 1 :] = 0
    filters: Tensor = torch.fft.rfft(cepstra, dim=0)
    return filters
