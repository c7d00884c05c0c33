"""A log spectrum of low rank and few levels, with phases that are less true the higher the frequency.

It imitates the smooth, coarse spectra of trained acoustic models and the blurred phases of their vocoders.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from avdf.config.bounds import check_range
from avdf.fakers import FAKERS, Settings
from avdf.fakers._spectra import drawn, seeded, spectrum_of, waveform_of, window_of

_FLOOR_DB = -100.0  # relative to the strongest bin: quieter ones would rule the decomposition


@dataclass(frozen=True, kw_only=True)
class SpectralSvdConfig:
    """Ranges from which the settings of each copy are drawn, both ends included.

    `phase_jitter_rad` is the standard deviation of the phases' error at half the sample rate; it rises from 0
    in proportion to the frequency.
    """

    min_window_ms: float = 25.0
    max_window_ms: float = 64.0
    min_rank: int = 6
    max_rank: int = 24
    min_quantum_db: float = 0.5
    max_quantum_db: float = 4.0
    min_phase_jitter_rad: float = 0.3
    max_phase_jitter_rad: float = 2.5

    def __post_init__(self) -> None:
        check_range(self, "min_window_ms", "max_window_ms", lowest=4, highest=200)
        check_range(self, "min_rank", "max_rank", lowest=1, highest=1000)
        check_range(self, "min_quantum_db", "max_quantum_db", lowest=0.01, highest=40)
        check_range(self, "min_phase_jitter_rad", "max_phase_jitter_rad", lowest=0, highest=10)


@FAKERS.register("spectral_svd", SpectralSvdConfig)
class SpectralSvd:
    attack = "spectral_svd"
    kind = "signal"

    def __init__(self, config: SpectralSvdConfig) -> None:
        self.config = config

    def draw(self, rng: np.random.Generator) -> Settings:
        config = self.config
        return {
            "window_ms": drawn(rng, config.min_window_ms, config.max_window_ms),
            "rank": int(rng.integers(config.min_rank, config.max_rank + 1)),
            "quantum_db": drawn(rng, config.min_quantum_db, config.max_quantum_db),
            "phase_jitter_rad": drawn(rng, config.min_phase_jitter_rad, config.max_phase_jitter_rad),
        }

    def resynthesise(
        self, waveform: NDArray[np.float32], sample_rate_hz: int, settings: Settings, rng: np.random.Generator
    ) -> NDArray[np.floating[Any]]:
        """(sample,) -> (sample,)"""
        window = window_of(settings["window_ms"], sample_rate_hz)
        spectrum = spectrum_of(waveform, window)
        levels_db = 20 * torch.log10(spectrum.abs().clamp(min=1e-9))
        levels_db = levels_db.clamp(min=float(levels_db.max()) + _FLOOR_DB)
        mean_db = levels_db.mean(dim=1, keepdim=True)
        left, values, right = torch.linalg.svd(levels_db - mean_db, full_matrices=False)
        rank = settings["rank"]
        smooth_db = mean_db + (left[:, :rank] * values[:rank]) @ right[:rank]
        coarse_db = torch.round(smooth_db / settings["quantum_db"]) * settings["quantum_db"]
        spread = torch.linspace(0, settings["phase_jitter_rad"], len(spectrum))[:, None]
        with seeded(rng):
            phases = spectrum.angle() + spread * torch.randn(spectrum.shape)
        return waveform_of(torch.polar(10 ** (coarse_db / 20), phases), window, len(waveform))
