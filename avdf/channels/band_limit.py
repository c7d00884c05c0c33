"""High-pass and low-pass filters, as of a telephone or a cheap microphone."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt

from avdf.channels import CHANNELS
from avdf.config.bounds import check_within

_ORDER = 6  # 36 dB per octave
_HIGHEST_SHARE = 0.99  # of half the sample rate; a filter with a higher cut-off is skipped


@dataclass(frozen=True, kw_only=True)
class BandLimitConfig:
    """Cut-off frequencies (-3 dB), null for none; 300 to 3400 Hz is the band of a telephone."""

    high_pass_hz: float | None = 300.0
    low_pass_hz: float | None = 3400.0

    def __post_init__(self) -> None:
        check_within(self, "high_pass_hz", "low_pass_hz", lowest=1, highest=24000)


@CHANNELS.register("band_limit", BandLimitConfig)
class BandLimit:
    """Butterworth filters. One above half the sample rate has no effect."""

    def __init__(self, config: BandLimitConfig) -> None:
        self.config = config

    def apply(
        self, waveform: NDArray[np.float32], sample_rate_hz: int, rng: np.random.Generator
    ) -> NDArray[np.float32]:
        """(sample,) -> (sample,)"""
        filtered = waveform
        for kind, cut_off_hz in (
            ("highpass", self.config.high_pass_hz),
            ("lowpass", self.config.low_pass_hz),
        ):
            if cut_off_hz is not None and cut_off_hz < _HIGHEST_SHARE * sample_rate_hz / 2:
                sections = butter(_ORDER, cut_off_hz, kind, fs=sample_rate_hz, output="sos")
                filtered = sosfilt(sections, filtered)
        return np.asarray(filtered, dtype=np.float32)
