"""The training recordings that the encoder hears as most like a crop, from the run of a detector."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from avdf.data.audio.levels import as_float32
from avdf.data.crops import repeat_padded
from avdf.detector import Detector
from avdf.errors import UserError
from avdf.explanation.attribution import device_of
from avdf.run_folder import RunFolder

MOST_RECORDINGS = 500  # of training, a sample by the seed of the run
NUM_NEAREST = 3
_BATCH_SIZE = 16


@dataclass(frozen=True, kw_only=True)
class Neighbours:
    """The nearest training clips, the nearest first, out of `num_heard`; or none and the reason."""

    nearest: list[dict[str, Any]]
    num_heard: int = 0
    num_recordings: int = 0
    reason: str = ""


def neighbours_of(detector: Detector, run: RunFolder | None, crop: NDArray[np.float32]) -> Neighbours:
    """The three nearest of the training recordings by the cosine of the encoder's vectors.

    Each recording is heard once, in its middle. `run` is the run that made the detector, with its data.
    """
    if run is None:
        return Neighbours(nearest=[], reason="the detector is not in the folder of its run")
    from avdf.experiment.data import load_data
    from avdf.experiment.record import data_hash_of

    config = run.config()
    try:
        clips = load_data(config, data_hash=data_hash_of(run)).splits["train"]
    except UserError as error:
        return Neighbours(nearest=[], reason=f"the data of the run can't be read ({error})")
    recordings = np.flatnonzero(~clips.table["track"].duplicated().to_numpy())
    chosen = recordings
    if len(recordings) > MOST_RECORDINGS:
        chosen = np.sort(
            np.random.default_rng(config.seed).choice(recordings, MOST_RECORDINGS, replace=False)
        )
    vectors = _vectors(detector, [_middle(clips.after_skip(int(index)), len(crop)) for index in chosen])
    likeness = vectors @ _vectors(detector, [crop])[0]
    order = np.argsort(-likeness, kind="stable")[:NUM_NEAREST]
    nearest = [
        {
            "clip": clips.name(int(chosen[place])),
            "is_fake": bool(clips.is_fake[chosen[place]]),
            "cosine": float(likeness[place]),
        }
        for place in order
    ]
    return Neighbours(nearest=nearest, num_heard=len(chosen), num_recordings=len(recordings))


def _middle(samples: NDArray[np.int16], num_samples: int) -> NDArray[np.float32]:
    return as_float32(repeat_padded(samples, max((len(samples) - num_samples) // 2, 0), num_samples))


def _vectors(detector: Detector, crops: list[NDArray[np.float32]]) -> NDArray[np.float64]:
    """(crop, dim) of length 1."""
    found = []
    for first in range(0, len(crops), _BATCH_SIZE):
        waveform = torch.from_numpy(np.stack(crops[first : first + _BATCH_SIZE])).to(device_of(detector))
        with torch.inference_mode():
            _, vectors = detector(detector.extract({"waveform": waveform}), with_vectors=True)
        found.append(vectors.double().cpu().numpy())
    stacked = np.concatenate(found)
    norms = np.linalg.norm(stacked, axis=1, keepdims=True)
    scaled: NDArray[np.float64] = stacked / np.maximum(norms, 1e-12)
    return scaled
