"""Detector folder + media files -> what it calls them. Needs no data set."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from avdf.data.audio.media import MEDIA_SUFFIXES, MediaError, read_audio
from avdf.data.audio.store import as_float32, as_int16
from avdf.data.dataset import even_starts, repeat_padded
from avdf.detector import Detector, load_detector
from avdf.errors import UserError
from avdf.files import file_names_under
from avdf.scoring import score_batch

_BATCH_SIZE = 64  # crops


@dataclass(frozen=True, kw_only=True)
class Predictor:
    """A loaded detector with the threshold it was frozen at."""

    detector: Detector
    threshold: float
    sample_rate_hz: int
    seconds: float
    skip_start_s: float
    num_crops: int
    device: torch.device


def load_predictor(folder: Path) -> Predictor:
    """Reads a detector folder. Raises UserError where it is none, or needs frames."""
    detector, facts = load_detector(folder)
    if "audio" not in detector.encoders:
        raise UserError(f"{folder}: the detector listens to no audio; prediction needs an audio encoder")
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return Predictor(
        detector=detector.to(device),
        threshold=float(facts["threshold"]["value"]),
        sample_rate_hz=int(facts["sample_rate_hz"]),
        seconds=float(facts["seconds"]),
        skip_start_s=float(facts["skip_start_s"]),
        num_crops=int(facts["num_crops"]),
        device=device,
    )


def media_files(paths: Sequence[Path]) -> list[Path]:
    """The files named, and all media files below the folders named. Raises UserError for neither."""
    files = []
    for path in paths:
        if path.is_dir():
            found = [file for suffix in MEDIA_SUFFIXES for file in file_names_under(path, suffix)]
            if not found:
                raise UserError(f"{path}: no media file in it (looked for {', '.join(MEDIA_SUFFIXES)})")
            files += sorted(found)
        else:
            files.append(path)
    return files


def predict(predictor: Predictor, files: Sequence[Path]) -> Iterator[dict[str, Any]]:
    """`{path, score, called_fake, threshold, seconds, segments, error}` of each file, in order.

    A file that can't be read has its `error` in words and null for what is unknown.
    """
    for path in files:
        try:
            yield _one(predictor, path)
        except MediaError as error:
            yield {
                "path": str(path),
                "score": None,
                "called_fake": None,
                "threshold": predictor.threshold,
                "seconds": None,
                "segments": [],
                "error": f"{error.reason} ({error.detail})",
            }


def _one(predictor: Predictor, path: Path) -> dict[str, Any]:
    audio = read_audio(path, predictor.sample_rate_hz)
    # Through 16 bits, as in training and scoring: the same file gets the same score everywhere.
    waveform = as_float32(as_int16(audio.waveform))
    skip = min(round(predictor.skip_start_s * predictor.sample_rate_hz), len(waveform) - 1)
    num_samples = round(predictor.seconds * predictor.sample_rate_hz)
    starts = skip + _starts(len(waveform) - skip, num_samples, predictor.num_crops)
    logits = _logits(predictor, waveform[skip:], starts - skip, num_samples)
    score = float(torch.sigmoid(logits.mean()))
    return {
        "path": str(path),
        "score": score,
        "called_fake": score >= predictor.threshold,
        "threshold": predictor.threshold,
        "seconds": audio.facts.duration_s,
        "segments": [
            {
                "start_s": float(start_s),
                "end_s": min(float(start_s) + predictor.seconds, audio.facts.duration_s),
                "score": float(torch.sigmoid(logit)),
            }
            for start_s, logit in zip(starts / predictor.sample_rate_hz, logits, strict=True)
        ],
        "error": None,
    }


def _starts(num_usable: int, num_samples: int, num_crops: int) -> NDArray[np.int64]:
    """(crop,) as in scoring; a file longer than that many crops gets more, so that all of it is heard."""
    return even_starts(num_usable, num_samples, max(num_crops, math.ceil(num_usable / num_samples)))


def _logits(
    predictor: Predictor, waveform: NDArray[np.float32], starts: NDArray[np.int64], num_samples: int
) -> torch.Tensor:
    """(crop,) float64; in batches, so that memory does not hang on the length of a file."""
    found = []
    for at in range(0, len(starts), _BATCH_SIZE):
        crops = [repeat_padded(waveform, int(start), num_samples) for start in starts[at : at + _BATCH_SIZE]]
        batch = {"waveform": torch.from_numpy(np.stack(crops))}
        found.append(score_batch(predictor.detector, batch, predictor.device))
    return torch.cat(found).double()
