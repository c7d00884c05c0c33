"""Band-pass filter, as of a telephone or a cheap microphone."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt

from avdf.augment import AUGMENTS
from avdf.config.bounds import check_probability, check_range

_ORDER = 6  # 36 dB per octave
_HIGHEST_SHARE = 0.99  # of half the sample rate; a filter with a higher cut-off is skipped


@dataclass(frozen=True, kw_only=True)
class BandLimitConfig:
    """Cut-off frequencies (-3 dB); 300 to 3400 Hz is telephone speech."""

    min_high_pass_hz: float = 20.0
    max_high_pass_hz: float = 300.0
    min_low_pass_hz: float = 3000.0
    max_low_pass_hz: float = 8000.0
    probability: float = 1.0

    def __post_init__(self) -> None:
        check_probability(self)
        check_range(self, "min_high_pass_hz", "max_high_pass_hz", lowest=1, highest=24000)
        check_range(self, "min_low_pass_hz", "max_low_pass_hz", lowest=1, highest=24000)
        if self.max_high_pass_hz >= self.min_low_pass_hz:
            raise ValueError(
                f"max_high_pass_hz must be below min_low_pass_hz, got {self.max_high_pass_hz} and "
                f"{self.min_low_pass_hz}"
            )


@dataclass(frozen=True)
class Drawn:
    high_pass_hz: float
    low_pass_hz: float


@AUGMENTS.register("band_limit", BandLimitConfig)
class BandLimit:
    """Butterworth filters; cut-offs are drawn log-uniformly. One above half the sample rate has no effect."""

    stage = "waveform"

    def __init__(self, config: BandLimitConfig) -> None:
        self.config = config

    def draw(self, rng: np.random.Generator, num_samples: int, sample_rate_hz: int) -> Drawn | None:
        config = self.config
        if rng.random() >= config.probability:
            return None
        high_pass = rng.uniform(np.log(config.min_high_pass_hz), np.log(config.max_high_pass_hz))
        low_pass = rng.uniform(np.log(config.min_low_pass_hz), np.log(config.max_low_pass_hz))
        return Drawn(high_pass_hz=float(np.exp(high_pass)), low_pass_hz=float(np.exp(low_pass)))

    def apply(self, waveform: NDArray[np.float32], drawn: Drawn, sample_rate_hz: int) -> NDArray[np.float32]:
        """(sample,) -> (sample,)"""
        filtered = waveform
        for kind, cut_off_hz in (("highpass", drawn.high_pass_hz), ("lowpass", drawn.low_pass_hz)):
            if cut_off_hz < _HIGHEST_SHARE * sample_rate_hz / 2:
                filtered = sosfilt(
                    butter(_ORDER, cut_off_hz, kind, fs=sample_rate_hz, output="sos"), filtered
                )
        return np.asarray(filtered, dtype=np.float32)
