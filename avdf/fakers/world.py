"""The WORLD vocoder with a coarse envelope; needs the package pyworld-prebuilt (extra `fakers`).

M. Morise, F. Yokomori and K. Ozawa, WORLD: a vocoder-based high-quality speech synthesis system for real-time
applications, IEICE Transactions on Information and Systems E99-D, 2016.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avdf.config.bounds import check_range
from avdf.fakers import FAKERS, Settings
from avdf.fakers._spectra import drawn

_FRAME_MS = 5.0


@dataclass(frozen=True, kw_only=True)
class WorldConfig:
    """Ranges from which the settings of each copy are drawn, both ends included.

    The envelope is coded with `num_cepstra` mel cepstra, then rounded to steps of `quantum_db`.
    """

    min_num_cepstra: int = 24
    max_num_cepstra: int = 60
    min_quantum_db: float = 0.1
    max_quantum_db: float = 2.0

    def __post_init__(self) -> None:
        check_range(self, "min_num_cepstra", "max_num_cepstra", lowest=4, highest=256)
        check_range(self, "min_quantum_db", "max_quantum_db", lowest=0.01, highest=40)


@FAKERS.register("world", WorldConfig)
class World:
    """Pitch by DIO or by Harvest, envelope by CheapTrick, aperiodicity by D4C."""

    attack = "world"
    kind = "signal"

    def __init__(self, config: WorldConfig) -> None:
        import pyworld  # at once: a package that is missing is named before any work

        self.config = config
        self._pyworld = pyworld

    def draw(self, rng: np.random.Generator) -> Settings:
        return {
            "num_cepstra": int(rng.integers(self.config.min_num_cepstra, self.config.max_num_cepstra + 1)),
            "quantum_db": drawn(rng, self.config.min_quantum_db, self.config.max_quantum_db),
            "pitch": str(rng.choice(("dio", "harvest"))),
        }

    def resynthesise(
        self, waveform: NDArray[np.float32], sample_rate_hz: int, settings: Settings, rng: np.random.Generator
    ) -> NDArray[np.floating[Any]]:
        """(sample,) -> (sample,)"""
        world, samples = self._pyworld, waveform.astype(np.float64)
        track = world.dio if settings["pitch"] == "dio" else world.harvest
        rough_hz, times_s = track(samples, sample_rate_hz, frame_period=_FRAME_MS)
        pitch_hz = world.stonemask(samples, rough_hz, times_s, sample_rate_hz)
        envelope = world.cheaptrick(samples, pitch_hz, times_s, sample_rate_hz)
        aperiodicity = world.d4c(samples, pitch_hz, times_s, sample_rate_hz)
        size = 2 * (envelope.shape[1] - 1)
        coded = world.code_spectral_envelope(envelope, sample_rate_hz, settings["num_cepstra"])
        levels_db = 10 * np.log10(world.decode_spectral_envelope(coded, sample_rate_hz, size))
        coarse_db = np.rint(levels_db / settings["quantum_db"]) * settings["quantum_db"]
        made: NDArray[np.float64] = world.synthesize(
            pitch_hz, 10 ** (coarse_db / 10), aperiodicity, sample_rate_hz, _FRAME_MS
        )
        return made
