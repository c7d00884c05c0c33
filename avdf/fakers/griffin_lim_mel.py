"""A mel spectrogram turned back into a waveform by the method of Griffin and Lim.

It imitates systems that predict a mel spectrogram and have no trained vocoder.
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from avdf.config.bounds import check_range
from avdf.fakers import FAKERS, Settings
from avdf.fakers._griffin_lim import with_new_phases
from avdf.fakers._spectra import drawn, spectrum_of, window_of

_TOPS_HZ = (7000, 8000)
_FLOOR = 1e-3  # of the mean of the smooth inverse: least-squares magnitudes below it are set to it


@dataclass(frozen=True, kw_only=True)
class GriffinLimMelConfig:
    """Ranges from which the settings of each copy are drawn, both ends included."""

    min_window_ms: float = 32.0
    max_window_ms: float = 80.0
    min_num_mels: int = 40
    max_num_mels: int = 128
    min_iterations: int = 8
    max_iterations: int = 60

    def __post_init__(self) -> None:
        check_range(self, "min_window_ms", "max_window_ms", lowest=4, highest=200)
        check_range(self, "min_num_mels", "max_num_mels", lowest=4, highest=512)
        check_range(self, "min_iterations", "max_iterations", lowest=1, highest=1000)


@FAKERS.register("griffin_lim_mel", GriffinLimMelConfig)
class GriffinLimMel:
    """Mels up to 7 or 8 kHz, inverted smoothly or by least squares; above them there is nothing."""

    attack = "griffin_lim_mel"
    kind = "signal"

    def __init__(self, config: GriffinLimMelConfig) -> None:
        self.config = config

    def draw(self, rng: np.random.Generator) -> Settings:
        return {
            "window_ms": drawn(rng, self.config.min_window_ms, self.config.max_window_ms),
            "num_mels": int(rng.integers(self.config.min_num_mels, self.config.max_num_mels + 1)),
            "top_hz": int(rng.choice(_TOPS_HZ)),
            "iterations": int(rng.integers(self.config.min_iterations, self.config.max_iterations + 1)),
            "inverse": str(rng.choice(("smooth", "least_squares"))),
        }

    def resynthesise(
        self, waveform: NDArray[np.float32], sample_rate_hz: int, settings: Settings, rng: np.random.Generator
    ) -> NDArray[np.floating[Any]]:
        """(sample,) -> (sample,)"""
        window = window_of(settings["window_ms"], sample_rate_hz)
        power = spectrum_of(waveform, window).abs().square()
        bank = _bank(
            len(power), settings["num_mels"], min(settings["top_hz"], sample_rate_hz // 2), sample_rate_hz
        )
        mels = bank @ power
        rebuilt = _smooth_inverse(bank) @ mels
        if settings["inverse"] == "least_squares":
            rebuilt = torch.maximum(torch.linalg.pinv(bank) @ mels, _FLOOR * rebuilt)
        return with_new_phases(rebuilt.sqrt(), window, len(waveform), settings["iterations"], rng)


@lru_cache(maxsize=8)
def _bank(num_bins: int, num_mels: int, top_hz: int, sample_rate_hz: int) -> Tensor:
    """(mel, bin) triangles on the mel scale of O'Shaughnessy, each at least two bins wide."""
    bins_hz = torch.linspace(0, sample_rate_hz / 2, num_bins)
    top = 2595 * math.log10(1 + top_hz / 700)
    edges_hz = 700 * (10 ** (torch.linspace(0, top, num_mels + 2) / 2595) - 1)
    low, middle, high = edges_hz[:-2, None], edges_hz[1:-1, None], edges_hz[2:, None]
    rise, fall = (width.clamp(min=float(bins_hz[1])) for width in (middle - low, high - middle))
    return torch.minimum((bins_hz - middle) / rise + 1, (middle - bins_hz) / fall + 1).clamp(min=0)


def _smooth_inverse(bank: Tensor) -> Tensor:
    """(bin, mel): a bin is the mean of its triangles, each the mean of its bins."""
    return (bank / bank.sum(dim=0).clamp(min=1e-9)).T / bank.sum(dim=1)
