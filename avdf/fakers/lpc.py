"""Linear prediction whose residual has a few levels, as in early speech codecs.

B. S. Atal and S. L. Hanauer, Speech analysis and synthesis by linear prediction of the speech wave,
JASA 50, 1971.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy import fft
from scipy.linalg import solve_toeplitz
from scipy.signal import lfilter

from avdf.config.bounds import check_range
from avdf.fakers import FAKERS, Settings
from avdf.fakers._spectra import drawn

_WHITENING = 1e-4  # of the power, as white noise: keeps the predictor of a tone stable
_RANGE = 1.5  # standard deviations of the residual that the outermost levels lie at


@dataclass(frozen=True, kw_only=True)
class LpcConfig:
    """Ranges from which the settings of each copy are drawn, both ends included."""

    min_frame_ms: float = 20.0
    max_frame_ms: float = 40.0
    min_order: int = 16
    max_order: int = 24
    min_num_levels: int = 2
    max_num_levels: int = 5

    def __post_init__(self) -> None:
        check_range(self, "min_frame_ms", "max_frame_ms", lowest=4, highest=200)
        check_range(self, "min_order", "max_order", lowest=1, highest=64)
        check_range(self, "min_num_levels", "max_num_levels", lowest=2, highest=256)


@FAKERS.register("lpc", LpcConfig)
class Lpc:
    """Frames that overlap by half are predicted, quantised, synthesised, and added with a sine window."""

    attack = "lpc"
    kind = "signal"

    def __init__(self, config: LpcConfig) -> None:
        self.config = config

    def draw(self, rng: np.random.Generator) -> Settings:
        return {
            "frame_ms": drawn(rng, self.config.min_frame_ms, self.config.max_frame_ms),
            "order": int(rng.integers(self.config.min_order, self.config.max_order + 1)),
            "num_levels": int(rng.integers(self.config.min_num_levels, self.config.max_num_levels + 1)),
        }

    def resynthesise(
        self, waveform: NDArray[np.float32], sample_rate_hz: int, settings: Settings, rng: np.random.Generator
    ) -> NDArray[np.floating[Any]]:
        """(sample,) -> (sample,)"""
        hop = max(round(settings["frame_ms"] * sample_rate_hz / 2000), settings["order"] + 1)
        num_hops = -(-len(waveform) // hop) + 1
        padded = np.zeros((num_hops + 1) * hop)
        padded[hop : hop + len(waveform)] = waveform
        window = np.sin((np.arange(2 * hop) + 0.5) * np.pi / (2 * hop))
        frames = sliding_window_view(padded, 2 * hop)[::hop] * window
        total = np.zeros_like(padded)
        for number, frame in enumerate(frames):
            if frame.any():
                made = _coded(frame, settings["order"], settings["num_levels"])
                total[number * hop : (number + 2) * hop] += window * made
        return total[hop : hop + len(waveform)]


def _coded(frame: NDArray[np.float64], order: int, num_levels: int) -> NDArray[np.float64]:
    """(sample,) -> (sample,) of the same power, its residual quantised."""
    power = fft.irfft(np.abs(fft.rfft(frame, 2 * len(frame))) ** 2)[: order + 1]
    power[0] *= 1 + _WHITENING
    inverse = np.concatenate([[1.0], -solve_toeplitz(power[:order], power[1:])])
    residual = lfilter(inverse, [1.0], frame)
    made = np.asarray(lfilter([1.0], inverse, _quantised(residual, num_levels)), np.float64)
    scale = float(np.sum(frame**2)) / max(float(np.sum(made**2)), 1e-30)
    return made * math.sqrt(scale)


def _quantised(values: NDArray[np.float64], num_levels: int) -> NDArray[np.float64]:
    """Each value as the nearest of `num_levels` evenly spaced ones, around 0."""
    outermost = _RANGE * float(values.std())
    step = 2 * outermost / (num_levels - 1)
    if step == 0:
        return values
    return np.rint((np.clip(values, -outermost, outermost) + outermost) / step) * step - outermost
