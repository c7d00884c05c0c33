"""RawBoost: convolutive, impulsive and stationary noise (Tak et al., arXiv 2111.04433, section 3)."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from avdf.augment import AUGMENTS
from avdf.augment._rawboost import Filter, Notch, convolutive, impulsive, stationary
from avdf.config.bounds import check_positive, check_probability, check_range, check_within

Algorithm = Literal["lnl", "isd", "ssi"]


@dataclass(frozen=True, kw_only=True)
class RawboostConfig:
    """Defaults and symbols (after the #) of section 4.1 of the paper.

    `lnl`: linear and non-linear convolutive noise; `isd`: impulsive, signal-dependent; `ssi`: stationary,
    signal-independent. The algorithms are applied in the order in which they are named.
    """

    algorithms: list[Algorithm] = field(default_factory=lambda: ["lnl", "isd"])
    num_notches: int = 5  # N_notch
    min_centre_hz: float = 20.0  # f_c
    max_centre_hz: float = 8000.0
    min_width_hz: float = 100.0  # delta f
    max_width_hz: float = 1000.0
    min_taps: int = 10  # N_fil
    max_taps: int = 100
    num_orders: int = 5  # N_f: the waveform, its square, ... each through its own filter
    min_first_gain_db: float = 0.0  # g_cn of the first order
    max_first_gain_db: float = 0.0
    min_higher_gain_db: float = -20.0  # g_cn of the others
    max_higher_gain_db: float = -5.0
    max_impulsive_share: float = 0.1  # P_rel (a percentage in the paper): share of all samples
    impulsive_gain: float = 2.0  # g_sd
    min_snr_db: float = 10.0  # SNR
    max_snr_db: float = 40.0
    probability: float = 1.0

    def __post_init__(self) -> None:
        check_probability(self)
        if not self.algorithms or len(set(self.algorithms)) < len(self.algorithms):
            raise ValueError(f"algorithms must name lnl, isd or ssi, each once, got {list(self.algorithms)}")
        check_within(self, "num_notches", lowest=1, highest=20)
        check_within(self, "num_orders", lowest=1, highest=10)
        check_range(self, "min_centre_hz", "max_centre_hz", lowest=1, highest=24000)
        check_range(self, "min_width_hz", "max_width_hz", lowest=1, highest=24000)
        check_range(self, "min_taps", "max_taps", lowest=3, highest=1000)
        check_range(self, "min_first_gain_db", "max_first_gain_db", lowest=-60, highest=60)
        check_range(self, "min_higher_gain_db", "max_higher_gain_db", lowest=-60, highest=60)
        check_range(self, "min_snr_db", "max_snr_db", lowest=-20, highest=100)
        check_positive(self, "max_impulsive_share", highest=1)
        check_positive(self, "impulsive_gain", highest=20)


@dataclass(frozen=True)
class Drawn:
    lnl: tuple[Filter, ...]  # one per order
    impulsive_share: float
    impulse_seed: int
    ssi: Filter
    snr_db: float
    noise_seed: int


@AUGMENTS.register("rawboost", RawboostConfig)
class Rawboost:
    """The algorithms named in the config, in their order."""

    stage = "waveform"

    def __init__(self, config: RawboostConfig) -> None:
        self.config = config

    def draw(self, rng: np.random.Generator, num_samples: int, sample_rate_hz: int) -> Drawn | None:
        config = self.config
        if rng.random() >= config.probability:
            return None
        first, higher = (
            (config.min_first_gain_db, config.max_first_gain_db),
            (config.min_higher_gain_db, config.max_higher_gain_db),
        )
        gains = [rng.uniform(*(higher if order else first)) for order in range(config.num_orders)]
        return Drawn(
            lnl=tuple(Filter(self._notches(rng, sample_rate_hz), float(gain)) for gain in gains),
            impulsive_share=float(rng.uniform(0, config.max_impulsive_share)),
            impulse_seed=int(rng.integers(2**32)),
            ssi=Filter(self._notches(rng, sample_rate_hz), 0.0),
            snr_db=float(rng.uniform(config.min_snr_db, config.max_snr_db)),
            noise_seed=int(rng.integers(2**32)),
        )

    def apply(self, waveform: NDArray[np.float32], drawn: Drawn, sample_rate_hz: int) -> NDArray[np.float32]:
        """(sample,) -> (sample,); scaled down to a peak of 1 after an algorithm that exceeds it."""
        altered = waveform.astype(np.float64)
        for name in self.config.algorithms:
            if name == "lnl":
                altered = convolutive(altered, drawn.lnl, sample_rate_hz)
            elif name == "isd":
                gain = self.config.impulsive_gain
                altered = impulsive(altered, drawn.impulsive_share, gain, drawn.impulse_seed)
            else:
                altered = stationary(altered, drawn.ssi, drawn.snr_db, drawn.noise_seed, sample_rate_hz)
            altered /= max(float(np.abs(altered).max(initial=0)), 1.0)
        return altered.astype(np.float32)

    def _notches(self, rng: np.random.Generator, sample_rate_hz: int) -> tuple[Notch, ...]:
        config = self.config
        highest_hz = min(config.max_centre_hz, sample_rate_hz / 2)
        return tuple(
            Notch(
                centre_hz=float(rng.uniform(min(config.min_centre_hz, highest_hz), highest_hz)),
                width_hz=float(rng.uniform(config.min_width_hz, config.max_width_hz)),
                num_taps=int(rng.integers(config.min_taps, config.max_taps, endpoint=True)),
            )
            for _ in range(config.num_notches)
        )
