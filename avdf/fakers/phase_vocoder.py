"""Speech made slower or faster and back again by a phase vocoder: the smear of sound that was processed.

J. L. Flanagan and R. M. Golden, Phase vocoder, Bell System Technical Journal 45, 1966; as torchaudio has it.
Phases advance along each bin by themselves, so that the bins of one harmonic fall apart (J. Laroche and M.
Dolson, Improved phase vocoder time-scale modification of audio, IEEE TSAP 7, 1999, section II).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torchaudio.functional import phase_vocoder

from avdf.config.bounds import check_range
from avdf.fakers import FAKERS, Settings
from avdf.fakers._spectra import OVERLAP, drawn, spectrum_of, waveform_of, window_of


@dataclass(frozen=True, kw_only=True)
class PhaseVocoderConfig:
    """Ranges from which the settings of each copy are drawn, both ends included.

    The speech is made longer or shorter by the factor `stretch`, and then as long as before.
    """

    min_window_ms: float = 20.0
    max_window_ms: float = 32.0
    min_stretch: float = 1.1
    max_stretch: float = 1.6

    def __post_init__(self) -> None:
        check_range(self, "min_window_ms", "max_window_ms", lowest=4, highest=200)
        check_range(self, "min_stretch", "max_stretch", lowest=1.01, highest=4)


@FAKERS.register("phase_vocoder", PhaseVocoderConfig)
class PhaseVocoder:
    attack = "phase_vocoder"
    kind = "signal"

    def __init__(self, config: PhaseVocoderConfig) -> None:
        self.config = config

    def draw(self, rng: np.random.Generator) -> Settings:
        return {
            "window_ms": drawn(rng, self.config.min_window_ms, self.config.max_window_ms),
            "stretch": drawn(rng, self.config.min_stretch, self.config.max_stretch),
            "first": str(rng.choice(("longer", "shorter"))),
        }

    def resynthesise(
        self, waveform: NDArray[np.float32], sample_rate_hz: int, settings: Settings, rng: np.random.Generator
    ) -> NDArray[np.floating[Any]]:
        """(sample,) -> (sample,)"""
        factor = settings["stretch"] if settings["first"] == "longer" else 1 / settings["stretch"]
        window = window_of(settings["window_ms"], sample_rate_hz)
        size = round(len(waveform) * factor)
        stretched = _with_length(waveform, size, len(waveform) / size, window)
        return _with_length(stretched, len(waveform), size / len(waveform), window)


def _with_length(
    waveform: NDArray[np.float32], num_samples: int, speed: float, window: Tensor
) -> NDArray[np.float32]:
    """(sample,) -> (num_samples,), `speed` times as fast."""
    hop = len(window) // OVERLAP
    advance = 2 * np.pi * hop * torch.arange(len(window) // 2 + 1)[:, None] / len(window)
    spectrum = phase_vocoder(spectrum_of(waveform, window), speed, advance)
    return waveform_of(spectrum, window, num_samples)
