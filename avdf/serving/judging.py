"""One file -> its result, or a refusal in words: as `avdf predict`, in the decoders' processes."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avdf.data.audio.decoder import pooled_decoder
from avdf.detection.prediction import Predictor, predict
from avdf.errors import MediaError, UserError
from avdf.paths import printable
from avdf.serving.limits import RefusedError, ServingLimits

_TOO_MUCH = ("too long", "too large", "memory limit", "no room")  # reasons of a MediaError


@dataclass(frozen=True, kw_only=True)
class Judge:
    """A loaded detector, the folder that it is from, and the command of its decoders."""

    predictor: Predictor
    folder: Path
    limits: ServingLimits
    decoder: Sequence[str]

    def result_of(self, path: Path, name: str) -> dict[str, Any]:
        """The result of `predict` with its timeline, under the user's name of it. Raises RefusedError."""
        try:
            [result] = predict(
                self.predictor,
                [path],
                timeout_s=self.limits.decode_timeout,
                decoder=self.decoder,
                timeline=True,
            )
        except UserError as error:
            raise RefusedError(f"{printable(name)}: {error}", 422) from error
        if result["error"]:
            raise self._refusal(name, result["error"])
        return {**result, "path": name}

    def samples_of(self, path: Path, name: str) -> NDArray[np.int16]:
        """(sample,) of a file that was judged a moment ago, for a player. Raises RefusedError."""
        rate_hz = self.predictor.sample_rate_hz
        try:
            with pooled_decoder(rate_hz, self.limits.decode_timeout, self.decoder) as decoder:
                return decoder.read(path)[0]
        except MediaError as error:
            raise self._refusal(name, f"{error.reason} ({error.detail})") from error

    def _refusal(self, name: str, error: str) -> RefusedError:
        reason = error.partition(" (")[0]
        if reason == "too long":
            error = f"too long (more than {self.limits.max_seconds:g} s)"
        return RefusedError(f"{printable(name)}: {error}", 413 if reason in _TOO_MUCH else 422)
