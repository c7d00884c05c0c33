"""Takes stationary noise away, as telephones and meeting programs do.

Spectral subtraction with a floor (M. Berouti, R. Schwartz and J. Makhoul, Enhancement of speech corrupted by
acoustic noise, ICASSP 1979). The noise of each frequency is a low quantile of its powers over the whole
waveform (V. Stahl, A. Fischer and R. Bippus, Quantile based noise estimation, ICASSP 2000).
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from avdf.channels import CHANNELS
from avdf.config.bounds import check_within

_WINDOW_S = 0.032
_OVERLAP = 4  # windows that cover each sample
_QUANTILE = 0.2  # of the powers of a frequency over time: up to there it is noise alone
_QUANTILE_OF_NOISE = -math.log(1 - _QUANTILE)  # in units of its mean: powers of noise are exponential
_SMOOTHED_FRAMES = 5  # powers are averaged over 40 ms, so that the rest does not twitter


@dataclass(frozen=True, kw_only=True)
class NoiseSuppressionConfig:
    """`depth_db`: by how much noise is quieter at most. `factor`: how many times its power is taken away."""

    depth_db: float = 20.0
    factor: float = 1.5

    def __post_init__(self) -> None:
        check_within(self, "depth_db", lowest=0, highest=80)
        check_within(self, "factor", lowest=0, highest=20)


@CHANNELS.register("noise_suppression", NoiseSuppressionConfig)
class NoiseSuppression:
    def __init__(self, config: NoiseSuppressionConfig) -> None:
        self.config = config

    def apply(
        self, waveform: NDArray[np.float32], sample_rate_hz: int, rng: np.random.Generator
    ) -> NDArray[np.float32]:
        """(sample,) -> (sample,)"""
        size = max(round(_WINDOW_S * sample_rate_hz) // _OVERLAP, 1) * _OVERLAP
        transform = signal.ShortTimeFFT(
            signal.windows.hann(size, sym=False), size // _OVERLAP, sample_rate_hz, fft_mode="onesided"
        )
        padded = np.pad(waveform.astype(np.float64), (0, max(size - len(waveform), 0)))
        spectrum = transform.stft(padded)
        power = np.abs(spectrum) ** 2
        noise = np.quantile(power, _QUANTILE, axis=1, keepdims=True) / _QUANTILE_OF_NOISE
        smooth = signal.convolve(power, np.full((1, _SMOOTHED_FRAMES), 1 / _SMOOTHED_FRAMES), mode="same")
        left = 1 - self.config.factor * noise / np.maximum(smooth, 1e-20)
        gain = np.sqrt(np.clip(left, 10 ** (-self.config.depth_db / 10), 1))
        heard: NDArray[np.float32] = transform.istft(spectrum * gain, k1=len(padded))[: len(waveform)]
        return heard.astype(np.float32)
