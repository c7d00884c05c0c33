"""Codecs of the package transformers (extra `fakers`); weights are fetched from a hub at their first use."""

import math
from collections.abc import Callable, Sequence
from pathlib import PurePath
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from avdf.errors import ConfigError
from avdf.fakers import Settings
from avdf.fakers._pieces import in_pieces, resampled

_LEVEL = 0.1  # the root mean square of what the network hears


class HubCodec:
    """`choices` of a loaded model are the values of the argument `setting` that a copy draws one of.

    Nothing but safetensors is read, and no code of the hub is run. Raises ConfigError if there is no model.
    """

    kind = "codec"

    def __init__(
        self, model_class: Any, model: str, setting: str, choices: Callable[[Any], Sequence[float]]
    ) -> None:
        from transformers.utils import logging

        logging.disable_progress_bar()  # one per process that loads a file; downloads have their own
        try:
            self._network = model_class.from_pretrained(model, use_safetensors=True).eval()
        except (OSError, ValueError) as error:
            why = f"({str(error).strip().splitlines()[0][:200]})"
            remedy = "it is fetched once from the hub, or give a folder"
            raise ConfigError(f"model: {model!r} can't be loaded {why}; {remedy}") from error
        self.attack = PurePath(model).name
        self.facts = {"revision": getattr(self._network.config, "_commit_hash", None)}
        self._setting, self._choices = setting, list(choices(self._network.config))

    def draw(self, rng: np.random.Generator) -> Settings:
        return {self._setting: self._choices[int(rng.integers(len(self._choices)))]}

    def resynthesise(
        self, waveform: NDArray[np.float32], sample_rate_hz: int, settings: Settings, rng: np.random.Generator
    ) -> NDArray[np.floating[Any]]:
        """(sample,) -> (sample,)"""
        config = self._network.config
        rate_hz, hop_length = int(config.sampling_rate), int(config.sampling_rate / config.frame_rate)
        heard = resampled(waveform, sample_rate_hz, rate_hz)
        heard = heard * np.float32(_LEVEL / max(float(heard.std()), 1e-6))

        def code(piece: NDArray[np.float32]) -> NDArray[np.float32]:
            # Convolutions without padding give less than they get, so two more frames of silence follow.
            size = (math.ceil(len(piece) / hop_length) + 2) * hop_length
            padded = torch.from_numpy(np.pad(piece, (0, size - len(piece))))
            with torch.inference_mode():
                made = self._network(padded[None, None], **settings).audio_values
            sound: NDArray[np.float32] = made.reshape(-1).numpy()
            return sound

        return resampled(in_pieces(heard, rate_hz, hop_length, code), rate_hz, sample_rate_hz)
