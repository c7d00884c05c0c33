"""Short-time spectra that several fakers share, and random numbers of PyTorch drawn from numpy's."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

OVERLAP = 4  # windows over each sample


def window_of(window_ms: float, sample_rate_hz: int) -> Tensor:
    """(sample,) a Hann window of that length, rounded to a multiple of twice OVERLAP."""
    unit = 2 * OVERLAP
    return torch.hann_window(max(unit * round(window_ms * sample_rate_hz / 1000 / unit), unit))


def spectrum_of(waveform: NDArray[np.floating[Any]], window: Tensor) -> Tensor:
    """(sample,) -> (bin, frame) complex64; a frame is centred on every quarter of a window."""
    samples = torch.from_numpy(np.asarray(waveform, np.float32))
    size = len(window)
    return torch.stft(samples, size, size // OVERLAP, window=window, return_complex=True)


def waveform_of(spectrum: Tensor, window: Tensor, num_samples: int) -> NDArray[np.float32]:
    """(bin, frame) -> (num_samples,): the signal whose spectrum is nearest, by least squares."""
    size = len(window)
    waveform: NDArray[np.float32] = torch.istft(
        spectrum, size, size // OVERLAP, window=window, length=num_samples
    ).numpy()
    return waveform


@contextmanager
def seeded(rng: np.random.Generator) -> Iterator[None]:
    """Seeds PyTorch's random numbers from `rng` within the block, and restores their state afterwards."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(rng.integers(2**63)))
        yield


def drawn(rng: np.random.Generator, lowest: float, highest: float) -> float:
    """A number between the two, of two decimals, so that a table can state it exactly."""
    return round(float(rng.uniform(lowest, highest)), 2)
