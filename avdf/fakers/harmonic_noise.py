"""Sinusoids at the multiples of the pitch, and noise: neither pulses nor a filter for the voice.

R. J. McAulay and T. F. Quatieri, Speech analysis/synthesis based on a sinusoidal representation, IEEE TASSP
34, 1986; Y. Stylianou, Applying the harmonic plus noise model in concatenative speech synthesis, IEEE TSAP 9,
2001 (maximum voiced frequency, noise that follows the periods). The envelope goes through one peak per
harmonic: D. B. Paul, The spectral envelope estimation vocoder, IEEE TASSP 29, 1981.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import expit
from torch import Tensor

from avdf.config.bounds import check_range
from avdf.fakers import FAKERS, Settings
from avdf.fakers._cepstra import log_of, minimum_phase, smoothed
from avdf.fakers._pitch import pitch_of
from avdf.fakers._sinusoids import at_places, at_samples, sum_of_harmonics
from avdf.fakers._spectra import OVERLAP, drawn, spectrum_of, waveform_of, window_of

_PHASES = ("minimum", "zero", "random")
_UNVOICED_HZ = 150.0  # the distance of peaks where there is no pitch
_SLOPE_HZ = 300.0  # over which sinusoids give way to noise


@dataclass(frozen=True, kw_only=True)
class HarmonicNoiseConfig:
    """Ranges from which the settings of each copy are drawn, both ends included.

    `num_cepstra` describe the envelope. In voiced frames there are sinusoids below `voiced_below_hz`, the
    maximum voiced frequency, and noise above it, whose amplitude falls by the share `noise_dip` between two
    periods. The sinusoids have the phases of a minimum-phase filter, none, or random ones.
    """

    min_window_ms: float = 20.0
    max_window_ms: float = 40.0
    min_num_cepstra: int = 24
    max_num_cepstra: int = 64
    min_voiced_below_hz: float = 2500.0
    max_voiced_below_hz: float = 7000.0
    min_noise_dip: float = 0.0
    max_noise_dip: float = 0.9

    def __post_init__(self) -> None:
        check_range(self, "min_window_ms", "max_window_ms", lowest=4, highest=200)
        check_range(self, "min_num_cepstra", "max_num_cepstra", lowest=4, highest=256)
        check_range(self, "min_voiced_below_hz", "max_voiced_below_hz", lowest=100, highest=24000)
        check_range(self, "min_noise_dip", "max_noise_dip", lowest=0, highest=1)


@FAKERS.register("harmonic_noise", HarmonicNoiseConfig)
class HarmonicNoise:
    attack = "harmonic_noise"
    kind = "signal"

    def __init__(self, config: HarmonicNoiseConfig) -> None:
        self.config = config

    def draw(self, rng: np.random.Generator) -> Settings:
        config = self.config
        return {
            "window_ms": drawn(rng, config.min_window_ms, config.max_window_ms),
            "num_cepstra": int(rng.integers(config.min_num_cepstra, config.max_num_cepstra + 1)),
            "voiced_below_hz": drawn(rng, config.min_voiced_below_hz, config.max_voiced_below_hz),
            "noise_dip": drawn(rng, config.min_noise_dip, config.max_noise_dip),
            "phases": str(rng.choice(_PHASES)),
        }

    def resynthesise(
        self, waveform: NDArray[np.float32], sample_rate_hz: int, settings: Settings, rng: np.random.Generator
    ) -> NDArray[np.floating[Any]]:
        """(sample,) -> (sample,)"""
        window = window_of(settings["window_ms"], sample_rate_hz)
        hop = len(window) // OVERLAP
        magnitudes = spectrum_of(waveform, window).abs()
        pitch_hz, _ = pitch_of(waveform, sample_rate_hz, hop)
        is_voiced, pitch_hz = pitch_hz > 0, _bridged(pitch_hz)
        turns = rng.random() + np.cumsum(at_samples(pitch_hz, hop, len(waveform))) / sample_rate_hz
        bin_hz = sample_rate_hz / len(window)
        levels = smoothed(_through_peaks(log_of(magnitudes), pitch_hz / bin_hz), settings["num_cepstra"])

        numbers = np.arange(1, int(sample_rate_hz / 2 / pitch_hz.min()) + 1)[:, None]
        amplitudes = _filters(levels, numbers * pitch_hz / bin_hz, settings["phases"], rng)
        share = is_voiced * _below(numbers * pitch_hz, settings["voiced_below_hz"])
        share[numbers * pitch_hz > sample_rate_hz / 2] = 0
        amplitudes *= 2 * np.sqrt(share) / float(window.sum())  # as loud in the window as the bin was
        voice = sum_of_harmonics(amplitudes, turns, hop)

        bins_hz = np.linspace(0, sample_rate_hz / 2, len(levels))[:, None]
        share = 1 - is_voiced * _below(bins_hz, settings["voiced_below_hz"])
        white = rng.standard_normal(len(waveform))
        noise = _noise(levels.exp(), magnitudes, torch.from_numpy(share).float(), window, white)
        return voice + noise * _dips(
            turns, settings["noise_dip"] * at_samples(is_voiced * 1.0, hop, len(turns))
        )


def _bridged(pitch_hz: NDArray[np.float64]) -> NDArray[np.float64]:
    """(frame,) pitch, 0 where unvoiced -> the same with lines through unvoiced frames."""
    frames, is_voiced = np.arange(len(pitch_hz)), pitch_hz > 0
    if not is_voiced.any():
        return np.full(len(pitch_hz), _UNVOICED_HZ)
    return np.interp(frames, frames[is_voiced], pitch_hz[is_voiced])


def _through_peaks(levels: Tensor, spacing: NDArray[np.float64]) -> Tensor:
    """(bin, frame) log magnitudes -> (bin, frame): lines through the highest bin around each harmonic.

    `spacing` (frame,) is the pitch in bins.
    """
    bins, made = np.arange(len(levels)), np.empty(levels.shape, np.float32)
    for frame, distance in enumerate(spacing):
        places = np.arange(1, int((len(levels) - 1) / distance) + 1) * distance
        edges = np.append(places, places[-1] + distance) - distance / 2
        edges = np.minimum(edges.astype(int), len(levels) - 1)
        highest = np.maximum.reduceat(levels[:, frame].numpy(), edges)[:-1]
        made[:, frame] = np.interp(bins, places, highest)
    return torch.from_numpy(made)


def _filters(
    levels: Tensor, places: NDArray[np.float64], phases: str, rng: np.random.Generator
) -> NDArray[np.complex128]:
    """(bin, frame) log magnitudes, (harmonic, frame) places in bins -> (harmonic, frame) complex"""
    filters = minimum_phase(levels) if phases == "minimum" else levels + 0j
    made: NDArray[np.complex128] = np.exp(at_places(filters.numpy(), places))
    if phases == "random":
        made *= np.exp(2j * np.pi * rng.random((len(places), 1)))
    return made


def _below(frequencies_hz: NDArray[np.float64], limit_hz: float) -> NDArray[np.float64]:
    """The share of the power that is periodic: 1 far below the limit, 0 far above it."""
    share: NDArray[np.float64] = expit((limit_hz - frequencies_hz) / (_SLOPE_HZ / 4))
    return share


def _noise(
    filters: Tensor, magnitudes: Tensor, share: Tensor, window: Tensor, white: NDArray[np.float64]
) -> NDArray[np.float32]:
    """(sample,) noise that has `share` of the power of each bin.

    Each frame is as loud as its magnitudes in the mean of the logarithms: by power, a hum would set it.
    """
    made = spectrum_of(white, window) * filters
    louder = share * (log_of(magnitudes) - made.abs().clamp(min=1e-20).log())
    gain = torch.exp(louder.sum(dim=0) / share.sum(dim=0).clamp(min=1e-6))
    return waveform_of(made * gain * share.sqrt(), window, len(white))


def _dips(turns: NDArray[np.float64], depth: NDArray[np.float64]) -> NDArray[np.float64]:
    """(sample,) factors of mean square 1, which fall by the share `depth` up to the middle of a period."""
    distance = 1 - np.abs(2 * (turns % 1) - 1)
    factors: NDArray[np.float64] = (1 - depth * distance) / np.sqrt(1 - depth + depth**2 / 3)
    return factors
