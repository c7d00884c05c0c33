"""A trained neural codec or vocoder, from the folder that `avdf train_faker` has written.

configs/fakers has codecs with decoders of three kinds and a vocoder; docs/fakers.md describes them.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from avdf.config.sources import PATH
from avdf.fakers import FAKERS, Settings
from avdf.fakers._pieces import in_pieces, resampled
from avdf.fakers.neural.folder import heard_voices, load_faker

LEVEL = 0.1  # the root mean square of what the network hears


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
        rate_hz, num_codebooks = self._facts.sample_rate_hz, settings.get("num_codebooks", 0)
        heard = resampled(waveform, sample_rate_hz, rate_hz)
        heard = heard * np.float32(LEVEL / max(float(heard.std()), 1e-6))

        def code(piece: NDArray[np.float32]) -> NDArray[np.float32]:
            with torch.inference_mode():
                made, _ = self._network(torch.from_numpy(piece)[None], num_codebooks)
            sound: NDArray[np.float32] = made[0].numpy()
            return sound

        return resampled(in_pieces(heard, rate_hz, self._network.hop_length, code), rate_hz, sample_rate_hz)
