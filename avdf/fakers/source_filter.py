"""Pulses and noise through a smooth, quantised spectral envelope: a vocoder of the kind of STRAIGHT.

Pulses below a maximum voiced frequency and noise above it: Y. Stylianou, Applying the harmonic plus noise
model in concatenative speech synthesis, IEEE TSAP 9, 2001.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from avdf.config.bounds import check_range
from avdf.fakers import FAKERS, Settings
from avdf.fakers._cepstra import log_of, minimum_phase, smoothed
from avdf.fakers._pitch import pitch_of, pulses_of
from avdf.fakers._spectra import OVERLAP, drawn, spectrum_of, waveform_of, window_of

_WINDOW_MS = 32.0
_SLOPE_HZ = 500.0  # over which pulses give way to noise


@dataclass(frozen=True, kw_only=True)
class SourceFilterConfig:
    """Ranges from which the settings of each copy are drawn, both ends included.

    `num_cepstra` describe the envelope, in steps of `quantum_db`. `voiced_below_hz` is the maximum voiced
    frequency: in voiced frames, pulses excite the filter below it and noise above.
    """

    min_num_cepstra: int = 24
    max_num_cepstra: int = 48
    min_quantum_db: float = 0.25
    max_quantum_db: float = 3.0
    min_voiced_below_hz: float = 3000.0
    max_voiced_below_hz: float = 7000.0

    def __post_init__(self) -> None:
        check_range(self, "min_num_cepstra", "max_num_cepstra", lowest=4, highest=256)
        check_range(self, "min_quantum_db", "max_quantum_db", lowest=0.01, highest=40)
        check_range(self, "min_voiced_below_hz", "max_voiced_below_hz", lowest=100, highest=24000)


@FAKERS.register("source_filter", SourceFilterConfig)
class SourceFilter:
    attack = "source_filter"
    kind = "signal"

    def __init__(self, config: SourceFilterConfig) -> None:
        self.config = config

    def draw(self, rng: np.random.Generator) -> Settings:
        config = self.config
        return {
            "num_cepstra": int(rng.integers(config.min_num_cepstra, config.max_num_cepstra + 1)),
            "quantum_db": drawn(rng, config.min_quantum_db, config.max_quantum_db),
            "voiced_below_hz": drawn(rng, config.min_voiced_below_hz, config.max_voiced_below_hz),
        }

    def resynthesise(
        self, waveform: NDArray[np.float32], sample_rate_hz: int, settings: Settings, rng: np.random.Generator
    ) -> NDArray[np.floating[Any]]:
        """(sample,) -> (sample,)"""
        window = window_of(_WINDOW_MS, sample_rate_hz)
        hop = len(window) // OVERLAP
        magnitudes = spectrum_of(waveform, window).abs()
        filters = _filters(magnitudes, settings["num_cepstra"], settings["quantum_db"])
        pitch_hz, voicing = pitch_of(waveform, sample_rate_hz, hop)
        pulses = spectrum_of(pulses_of(pitch_hz, len(waveform), sample_rate_hz, hop, rng), window)
        noise = spectrum_of(rng.standard_normal(len(waveform)), window)
        bins_hz = torch.linspace(0, sample_rate_hz / 2, len(filters))[:, None]
        below = torch.sigmoid((settings["voiced_below_hz"] - bins_hz) / (_SLOPE_HZ / 4))
        periodic = below * torch.from_numpy(voicing)[: filters.shape[1]]
        made = filters * (periodic.sqrt() * pulses + (1 - periodic).sqrt() * noise)
        # The smooth logarithm lies lower under harmonics than under noise: each frame keeps its power.
        gain = magnitudes.square().sum(dim=0) / made.abs().square().sum(dim=0).clamp(min=1e-20)
        return waveform_of(made * gain.sqrt(), window, len(waveform))


def _filters(magnitudes: Tensor, num_cepstra: int, quantum_db: float) -> Tensor:
    """(bin, frame) -> (bin, frame) complex: minimum-phase filters of the smooth, quantised magnitudes."""
    step = quantum_db * float(np.log(10)) / 20
    coarse = torch.round(smoothed(log_of(magnitudes), num_cepstra) / step) * step
    return torch.exp(minimum_phase(coarse))
