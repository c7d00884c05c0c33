"""Phases for magnitudes, by iteration.

D. W. Griffin and J. S. Lim, Signal estimation from modified short-time Fourier transform, IEEE TASSP 32,
1984; with the momentum of N. Perraudin et al., A fast Griffin-Lim algorithm, WASPAA 2013.
"""

import numpy as np
from numpy.typing import NDArray
from torch import Tensor
from torchaudio.functional import griffinlim

from avdf.fakers._spectra import OVERLAP, seeded

_MOMENTUM = 0.99


def with_new_phases(
    magnitudes: Tensor, window: Tensor, num_samples: int, iterations: int, rng: np.random.Generator
) -> NDArray[np.float32]:
    """(bin, frame) magnitudes -> (num_samples,) a waveform that has about these, its first phases random."""
    size = len(window)
    with seeded(rng):
        waveform: NDArray[np.float32] = griffinlim(
            magnitudes,
            window=window,
            n_fft=size,
            hop_length=size // OVERLAP,
            win_length=size,
            power=1.0,
            n_iter=iterations,
            momentum=_MOMENTUM,
            length=num_samples,
            rand_init=True,
        ).numpy()
    return waveform
