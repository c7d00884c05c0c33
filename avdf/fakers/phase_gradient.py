"""The magnitudes of the recording with phases that are computed from them, without iteration.

Z. Průša, P. Balazs and P. L. Søndergaard, A noniterative method for reconstruction of phase from STFT
magnitude, IEEE/ACM TASLP 25, 2017: phase-gradient heap integration.
"""

from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from avdf.config.bounds import check_range
from avdf.fakers import FAKERS, Settings
from avdf.fakers._spectra import OVERLAP, drawn, spectrum_of, waveform_of, window_of

_HANN = 0.25645  # a Hann window of length L is nearest to exp(-pi t^2 / (this L^2))


@dataclass(frozen=True, kw_only=True)
class PhaseGradientConfig:
    """Ranges from which the settings of each copy are drawn, both ends included.

    Phases are random where a magnitude is more than `depth_db` below the highest one.
    """

    min_window_ms: float = 16.0
    max_window_ms: float = 64.0
    min_depth_db: float = 30.0
    max_depth_db: float = 80.0

    def __post_init__(self) -> None:
        check_range(self, "min_window_ms", "max_window_ms", lowest=4, highest=200)
        check_range(self, "min_depth_db", "max_depth_db", lowest=1, highest=120)


@FAKERS.register("phase_gradient", PhaseGradientConfig)
class PhaseGradient:
    attack = "phase_gradient"
    kind = "signal"

    def __init__(self, config: PhaseGradientConfig) -> None:
        self.config = config

    def draw(self, rng: np.random.Generator) -> Settings:
        return {
            "window_ms": drawn(rng, self.config.min_window_ms, self.config.max_window_ms),
            "depth_db": drawn(rng, self.config.min_depth_db, self.config.max_depth_db),
        }

    def resynthesise(
        self, waveform: NDArray[np.float32], sample_rate_hz: int, settings: Settings, rng: np.random.Generator
    ) -> NDArray[np.floating[Any]]:
        """(sample,) -> (sample,)"""
        window = window_of(settings["window_ms"], sample_rate_hz)
        magnitudes = spectrum_of(waveform, window).abs()
        lowest = float(magnitudes.max()) * 10 ** (-settings["depth_db"] / 20)
        levels = np.log(np.maximum(magnitudes.T.numpy().astype(np.float64), lowest / 10))
        steps = _steps(levels, len(window), len(window) // OVERLAP)
        phases = rng.uniform(-np.pi, np.pi, levels.shape)
        phases = _integrated(levels, levels > np.log(lowest), *steps, phases)
        return waveform_of(torch.polar(magnitudes, torch.from_numpy(phases.T).float()), window, len(waveform))


def _steps(
    levels: NDArray[np.float64], size: int, hop: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(frame, bin) log magnitudes -> (frame, bin) by how much phases rise per frame and per bin, in rad.

    The two formulas hold for the Gaussian window that is nearest to the Hann window; phases count from the
    start of a frame, which adds half a turn per bin.
    """
    spread = _HANN * size**2
    over_time: NDArray[np.float64] = np.gradient(levels, axis=0)
    over_bins: NDArray[np.float64] = np.gradient(levels, axis=1)
    per_frame = hop * (2 * np.pi * np.arange(levels.shape[1]) / size + size / spread * over_bins)
    per_bin = np.pi - spread / (hop * size) * over_time
    return per_frame, per_bin


def _integrated(
    levels: NDArray[np.float64],
    is_loud: NDArray[np.bool_],
    per_frame: NDArray[np.float64],
    per_bin: NDArray[np.float64],
    phases: NDArray[np.float64],
) -> NDArray[np.float64]:
    """(frame, bin) phases: those of loud bins from their loudest neighbours, the others as they are.

    Each is one step from the phase of a neighbour, the mean of the gradients at both; a heap gives the
    loudest bin that has unknown neighbours. A stretch of loud bins among quiet ones starts with its loudest.
    """
    width = levels.shape[1] + 2  # with a margin of quiet bins, so that each has four neighbours
    flat = [np.pad(values, 1).ravel() for values in (levels, per_frame / 2, per_bin / 2, phases)]
    quietness, over_time, over_bins, made = (values.tolist() for values in (-flat[0], *flat[1:]))
    is_open = bytearray(np.pad(is_loud, 1).ravel().tobytes())
    heap: list[tuple[float, int]] = []
    for loudest in np.argsort(-flat[0], kind="stable")[: int(is_loud.sum())].tolist():
        if is_open[loudest]:
            is_open[loudest] = 0
            heappush(heap, (quietness[loudest], loudest))
        while heap:
            _, here = heappop(heap)
            for there, slope, sign in (
                (here + width, over_time, 1),
                (here - width, over_time, -1),
                (here + 1, over_bins, 1),
                (here - 1, over_bins, -1),
            ):
                if is_open[there]:
                    is_open[there] = 0
                    made[there] = made[here] + sign * (slope[here] + slope[there])
                    heappush(heap, (quietness[there], there))
    return np.reshape(made, (-1, width))[1:-1, 1:-1]
