"""Linear magnitudes with new phases, by the method of Griffin and Lim.

It imitates systems that predict a linear spectrogram, such as Tacotron (Y. Wang et al., Interspeech 2017).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avdf.config.bounds import check_range
from avdf.fakers import FAKERS, Settings
from avdf.fakers._griffin_lim import with_new_phases
from avdf.fakers._spectra import drawn, spectrum_of, window_of


@dataclass(frozen=True, kw_only=True)
class GriffinLimLinearConfig:
    """Ranges from which the settings of each copy are drawn, both ends included."""

    min_window_ms: float = 32.0
    max_window_ms: float = 80.0
    min_iterations: int = 8
    max_iterations: int = 60

    def __post_init__(self) -> None:
        check_range(self, "min_window_ms", "max_window_ms", lowest=4, highest=200)
        check_range(self, "min_iterations", "max_iterations", lowest=1, highest=1000)


@FAKERS.register("griffin_lim_linear", GriffinLimLinearConfig)
class GriffinLimLinear:
    attack = "griffin_lim_linear"
    kind = "signal"

    def __init__(self, config: GriffinLimLinearConfig) -> None:
        self.config = config

    def draw(self, rng: np.random.Generator) -> Settings:
        return {
            "window_ms": drawn(rng, self.config.min_window_ms, self.config.max_window_ms),
            "iterations": int(rng.integers(self.config.min_iterations, self.config.max_iterations + 1)),
        }

    def resynthesise(
        self, waveform: NDArray[np.float32], sample_rate_hz: int, settings: Settings, rng: np.random.Generator
    ) -> NDArray[np.floating[Any]]:
        """(sample,) -> (sample,)"""
        window = window_of(settings["window_ms"], sample_rate_hz)
        magnitudes = spectrum_of(waveform, window).abs()
        return with_new_phases(magnitudes, window, len(waveform), settings["iterations"], rng)
