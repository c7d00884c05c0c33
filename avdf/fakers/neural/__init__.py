"""A trained neural codec or vocoder, from the folder that `avdf train_faker` has written.

configs/fakers has codecs with decoders of three kinds and a vocoder; docs/fakers.md describes them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import soxr
import torch
from numpy.typing import NDArray

from avdf.config.sources import PATH
from avdf.fakers import FAKERS, Settings
from avdf.fakers.neural.folder import heard_voices, load_faker

LEVEL = 0.1  # the root mean square of what the network hears
_PIECE_S, _MARGIN_S = 20.0, 0.5  # a long recording is coded in pieces, which overlap by a margin on each side


@dataclass(frozen=True, kw_only=True)
class NeuralConfig:
    """`folder` holds faker.json and faker.safetensors."""

    folder: str = field(metadata={PATH: True})


@FAKERS.register("neural", NeuralConfig)
class Neural:
    """`heard` are the voices that it was trained on: they may be in no validation or test split."""

    def __init__(self, config: NeuralConfig) -> None:
        folder = Path(config.folder)
        self._network, self._facts = load_faker(folder)
        self.heard = heard_voices(folder)
        self.attack, self.kind = self._facts.name, self._facts.kind
        self.facts = {"attack": self.attack, "weights": self._facts.hashes.weights}

    def draw(self, rng: np.random.Generator) -> Settings:
        network = self._facts.network
        if not network.num_codebooks:
            return {}
        return {"num_codebooks": int(rng.integers(network.min_codebooks, network.num_codebooks + 1))}

    def resynthesise(
        self, waveform: NDArray[np.float32], sample_rate_hz: int, settings: Settings, rng: np.random.Generator
    ) -> NDArray[np.floating[Any]]:
        """(sample,) -> (sample,)"""
        rate_hz = self._facts.sample_rate_hz
        heard = _resampled(waveform, sample_rate_hz, rate_hz)
        heard = heard * np.float32(LEVEL / max(float(heard.std()), 1e-6))
        made = np.concatenate(list(self._pieces(heard, settings.get("num_codebooks", 0))))
        return _resampled(made, rate_hz, sample_rate_hz)

    def _pieces(self, heard: NDArray[np.float32], num_codebooks: int) -> Iterator[NDArray[np.float32]]:
        hop = self._network.hop_length
        size, margin = (
            round(seconds * self._facts.sample_rate_hz / hop) * hop for seconds in (_PIECE_S, _MARGIN_S)
        )
        for start in range(0, len(heard), size):
            before = min(margin, start)
            piece = torch.from_numpy(heard[start - before : start + size + margin])
            with torch.inference_mode():
                made, _ = self._network(piece[None], num_codebooks)
            yield made[0, before : before + size].numpy()


def _resampled(waveform: NDArray[np.float32], from_hz: int, to_hz: int) -> NDArray[np.float32]:
    return waveform if from_hz == to_hz else soxr.resample(waveform, from_hz, to_hz)
