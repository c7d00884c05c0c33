"""Pulses and noise through a filter that follows mel-cepstra, sample by sample: the vocoder of HMM synthesis.

T. Fukada, K. Tokuda, T. Kobayashi and S. Imai, An adaptive algorithm for mel-cepstral analysis of speech,
ICASSP 1992 (the analysis); S. Imai, Cepstral analysis synthesis on the mel frequency scale, ICASSP 1983 (the
filter; the responses of frames stand for the recursive one); T. Yoshimura et al., Mixed excitation for
HMM-based speech synthesis, Eurospeech 2001 (voicing in five bands).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy import fft
from scipy.ndimage import uniform_filter1d

from avdf.config.bounds import check_range
from avdf.fakers import FAKERS, Settings
from avdf.fakers._alignment import aligned
from avdf.fakers._mel_cepstra import filters_of, mel_cepstra_of
from avdf.fakers._pitch import pitch_of, pulses_of
from avdf.fakers._sinusoids import at_samples
from avdf.fakers._spectra import drawn

_HOP_S, _WINDOW_S = 0.005, 0.032
_RESPONSE_S = 0.06  # the filters' responses have died away by then
_FRAMES_AT_ONCE = 256  # so that a long recording needs little memory
_EDGES_HZ = (0, 1000, 2000, 4000, 6000)  # of the bands of mixed excitation; the last one is open


@dataclass(frozen=True, kw_only=True)
class CepstralVocoderConfig:
    """Ranges from which the settings of each copy are drawn, both ends included.

    Cepstra up to `order` describe the envelope, on a frequency axis that `alpha` warps (0 is linear, 0.42 is
    close to mel at 16 kHz). `smooth_ms` is the length of a mean over time, as the tracks of a statistical
    model are smooth. Voiced frames are excited by pulses alone, or in each of five bands by pulses and noise.
    """

    min_order: int = 24
    max_order: int = 40
    min_alpha: float = 0.3
    max_alpha: float = 0.5
    min_smooth_ms: float = 5.0
    max_smooth_ms: float = 30.0

    def __post_init__(self) -> None:
        check_range(self, "min_order", "max_order", lowest=1, highest=256)
        check_range(self, "min_alpha", "max_alpha", lowest=0, highest=0.9)
        check_range(self, "min_smooth_ms", "max_smooth_ms", lowest=0, highest=500)


@FAKERS.register("cepstral_vocoder", CepstralVocoderConfig)
class CepstralVocoder:
    attack = "cepstral_vocoder"
    kind = "signal"

    def __init__(self, config: CepstralVocoderConfig) -> None:
        self.config = config

    def draw(self, rng: np.random.Generator) -> Settings:
        config = self.config
        return {
            "order": int(rng.integers(config.min_order, config.max_order + 1)),
            "alpha": drawn(rng, config.min_alpha, config.max_alpha),
            "smooth_ms": drawn(rng, config.min_smooth_ms, config.max_smooth_ms),
            "excitation": str(rng.choice(("pulses", "mixed"))),
        }

    def resynthesise(
        self, waveform: NDArray[np.float32], sample_rate_hz: int, settings: Settings, rng: np.random.Generator
    ) -> NDArray[np.floating[Any]]:
        """(sample,) -> (sample,)"""
        hop = round(_HOP_S * sample_rate_hz)
        size = 2 * round(_WINDOW_S * sample_rate_hz / 2)
        cepstra = mel_cepstra_of(_power(waveform, size, hop), settings["order"], settings["alpha"])
        num_smooth = 2 * round(settings["smooth_ms"] / 1000 / _HOP_S / 2) + 1  # odd, so that nothing is late
        cepstra = uniform_filter1d(cepstra, num_smooth, axis=0, mode="nearest")
        pitch_hz, _ = pitch_of(waveform, sample_rate_hz, hop)
        pulses = pulses_of(pitch_hz, len(waveform), sample_rate_hz, hop, rng)
        noise = rng.standard_normal(len(waveform))
        if settings["excitation"] == "pulses":
            excitation = _mixed(pulses, noise, (pitch_hz > 0).astype(np.float64), hop)
        else:
            excitation = np.zeros(len(waveform))
            bands = (_in_bands(sound, sample_rate_hz) for sound in (waveform, pulses, noise))
            for heard, band_pulses, band_noise in zip(*bands, strict=True):
                periodic = _periodic(heard, pitch_hz, sample_rate_hz, hop)
                excitation += _mixed(band_pulses, band_noise, periodic, hop)
        response = round(_RESPONSE_S * sample_rate_hz)
        made = _filtered(excitation, cepstra, settings["alpha"], hop, response)
        return aligned(waveform, made, sample_rate_hz)  # sound leaves filters of minimum phase later


def _power(waveform: NDArray[np.float32], size: int, hop: int) -> NDArray[np.float64]:
    """(sample,) -> (frame, bin): white noise of variance 1 has 1; centred on every `hop` samples."""
    window = np.blackman(size)
    frames = sliding_window_view(np.pad(waveform.astype(np.float64), size // 2), size)[::hop]
    spectra = fft.rfft(frames * window, fft.next_fast_len(size, real=True))
    power: NDArray[np.float64] = np.abs(spectra) ** 2 / np.sum(window**2)
    return power


def _mixed(
    pulses: NDArray[np.float64], noise: NDArray[np.float64], periodic: NDArray[np.float64], hop: int
) -> NDArray[np.float64]:
    """(sample,), (sample,), (frame,) the share of the power that is periodic -> (sample,)"""
    share = at_samples(periodic, hop, len(pulses))
    mixed: NDArray[np.float64] = np.sqrt(share) * pulses + np.sqrt(1 - share) * noise
    return mixed


def _in_bands(sound: NDArray[np.floating[Any]], sample_rate_hz: int) -> Iterator[NDArray[np.float64]]:
    """(sample,) -> one (sample,) per band; their sum is the sound."""
    spectrum = fft.rfft(sound.astype(np.float64))
    bands = np.digitize(fft.rfftfreq(len(sound), 1 / sample_rate_hz), _EDGES_HZ)
    for band in range(1, len(_EDGES_HZ) + 1):
        yield fft.irfft(np.where(bands == band, spectrum, 0), len(sound))


def _periodic(
    sound: NDArray[np.float64], pitch_hz: NDArray[np.float64], sample_rate_hz: int, hop: int
) -> NDArray[np.float64]:
    """(frame,) the correlation of two stretches of 32 ms one period apart, 0 where unvoiced."""
    is_voiced = pitch_hz > 0
    lags = np.rint(sample_rate_hz / pitch_hz[is_voiced]).astype(int)
    made = np.zeros(len(pitch_hz))
    if not is_voiced.any():
        return made
    size = round(_WINDOW_S * sample_rate_hz)
    margin = size + int(lags.max())
    padded = np.pad(sound, margin)
    starts = margin + np.flatnonzero(is_voiced) * hop - (size + lags) // 2
    places = starts[:, None] + np.arange(size)
    first, second = padded[places], padded[places + lags[:, None]]
    power = np.sum(first**2, axis=1) * np.sum(second**2, axis=1)
    made[is_voiced] = np.clip(np.sum(first * second, axis=1) / np.sqrt(np.maximum(power, 1e-30)), 0, 1)
    return made


def _filtered(
    excitation: NDArray[np.float64], cepstra: NDArray[np.float64], alpha: float, hop: int, response: int
) -> NDArray[np.float64]:
    """(sample,), (frame, order + 1) -> (sample,), and the last responses after it.

    At each sample the two nearest filters are crossfaded.
    """
    size = fft.next_fast_len(2 * hop + response, real=True)
    fade = np.concatenate([np.arange(hop), hop - np.arange(hop)]) / hop
    pieces = sliding_window_view(np.pad(excitation, (hop, 2 * hop)), 2 * hop)[::hop]
    total = np.zeros(len(excitation) + size + 3 * hop)
    for start in range(0, len(cepstra), _FRAMES_AT_ONCE):
        filters = filters_of(cepstra[start : start + _FRAMES_AT_ONCE], alpha, size // 2 + 1)
        spectra = fft.rfft(pieces[start : start + len(filters)] * fade, size)
        for frame, sound in enumerate(fft.irfft(spectra * filters, size), start):
            total[frame * hop : frame * hop + size] += sound
    return total[hop:]
