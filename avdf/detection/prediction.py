"""A saved detector on media files. Needs no data set."""

import math
import os
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from avdf.config.evaluation import Whole
from avdf.data.audibility import check_audible, doubts
from avdf.data.audio.decoder import COMMAND, Decoded, Decoder, close_idle, pooled_decoder
from avdf.data.audio.levels import as_float32
from avdf.data.audio.limits import DECODE_TIMEOUT_S
from avdf.data.audio.media import MediaError
from avdf.data.crops import even_starts, repeat_padded
from avdf.detector import Detector
from avdf.detector_folder import load_detector
from avdf.errors import UserError
from avdf.scoring import best_device, score_batch, whole_scores

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
    whole: Whole
    device: torch.device


def load_predictor(folder: Path) -> Predictor:
    """Reads a detector folder. Raises UserError where it is none, or needs frames."""
    detector, facts = load_detector(folder)
    if "audio" not in detector.encoders:
        raise UserError(f"{folder}: the detector has no audio encoder, which prediction needs")
    device = best_device()
    return Predictor(
        detector=detector.to(device),
        threshold=facts.threshold.value,
        sample_rate_hz=facts.sample_rate_hz,
        seconds=facts.seconds,
        skip_start_s=facts.skip_start_s,
        num_crops=facts.num_crops,
        whole=facts.whole,
        device=device,
    )


def predict(
    predictor: Predictor,
    files: Sequence[Path],
    *,
    workers: int = 1,
    timeout_s: float = DECODE_TIMEOUT_S,
    decoder: Sequence[str] = COMMAND,
) -> Iterator[dict[str, Any]]:
    """`{path, score, called_fake, threshold, seconds, segments, warnings, error}` per file, in order.

    Files are decoded by `workers` processes of the command `decoder`, each file within `timeout_s`.
    A file that can't be read or heard has its `error` in words, and null for what is unknown.
    """
    for path, outcome in _decoded(predictor.sample_rate_hz, files, workers, timeout_s, tuple(decoder)):
        try:
            if isinstance(outcome, MediaError):
                raise outcome
            yield _result(predictor, path, outcome)
        except MediaError as error:
            yield {
                "path": _text(path),
                "score": None,
                "called_fake": None,
                "threshold": predictor.threshold,
                "seconds": None,
                "segments": [],
                "warnings": [],
                "error": f"{error.reason} ({error.detail})",
            }


def _decoded(
    rate_hz: int, files: Sequence[Path], workers: int, timeout_s: float, command: tuple[str, ...]
) -> Iterator[tuple[Path, Decoded | MediaError]]:
    """The files in order, decoded at most `workers` + 1 files ahead: long files don't fill the memory."""

    busy: list[Decoder] = []

    def read(path: Path) -> Decoded | MediaError:
        with pooled_decoder(rate_hz, timeout_s, command) as decoder:
            busy.append(decoder)
            try:
                return decoder.read(path)
            except MediaError as error:
                return error
            finally:
                busy.remove(decoder)

    waiting: deque[tuple[Path, Future[Decoded | MediaError]]] = deque()
    with ThreadPoolExecutor(max_workers=max(workers, 1)) as threads:
        try:
            for path in files:
                waiting.append((path, threads.submit(read, path)))
                if len(waiting) > max(workers, 1):
                    oldest, future = waiting.popleft()
                    yield oldest, future.result()
            while waiting:
                oldest, future = waiting.popleft()
                yield oldest, future.result()
        finally:
            threads.shutdown(wait=False, cancel_futures=True)
            for decoder in list(busy):  # after Ctrl-C: a thread waits for the answer of each
                decoder.close()
            threads.shutdown(wait=True)
            close_idle()


def _result(predictor: Predictor, path: Path, decoded: Decoded) -> dict[str, Any]:
    """The score of a file. Raises MediaError where there is too little to hear."""
    samples, info = decoded
    rate_hz = predictor.sample_rate_hz
    skip = min(round(predictor.skip_start_s * rate_hz), len(samples))
    usable = samples[skip:]
    check_audible(path, usable, rate_hz, crop_s=predictor.seconds)
    num_samples = round(predictor.seconds * rate_hz)
    starts = _starts(len(usable), num_samples, predictor.num_crops)
    logits = _logits(predictor, usable, starts, num_samples)
    score = float(whole_scores(logits, predictor.whole))
    return {
        "path": _text(path),
        "score": score,
        "called_fake": score >= predictor.threshold,
        "threshold": predictor.threshold,
        "seconds": info["duration_s"],
        "segments": [
            {
                "start_s": float(start_s),
                "end_s": min(float(start_s) + predictor.seconds, info["duration_s"]),
                "score": float(torch.sigmoid(logit)),
            }
            for start_s, logit in zip((skip + starts) / rate_hz, logits, strict=True)
        ],
        "warnings": info["warnings"] + doubts(usable, rate_hz, crop_s=predictor.seconds),
        "error": None,
    }


def _text(path: Path) -> str:
    """A path as valid UTF-8: bytes of a name that are not are escaped."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _starts(num_usable: int, num_samples: int, num_crops: int) -> NDArray[np.int64]:
    """(crop,) as in scoring, but one crop of a file that is no longer than a crop.

    A file longer than that many crops gets more of them, so that all of it is scored.
    """
    if num_usable <= num_samples:
        return np.zeros(1, np.int64)
    return even_starts(num_usable, num_samples, max(num_crops, math.ceil(num_usable / num_samples)))


def _logits(
    predictor: Predictor, usable: NDArray[np.int16], starts: NDArray[np.int64], num_samples: int
) -> torch.Tensor:
    """(crop,) float64; in batches, so that the memory does not depend on the length of a file."""
    logits = []
    for first in range(0, len(starts), _BATCH_SIZE):
        # From 16 bits, as in training and scoring: the same file gets the same score everywhere.
        crops = [
            as_float32(repeat_padded(usable, int(start), num_samples))
            for start in starts[first : first + _BATCH_SIZE]
        ]
        batch = {"waveform": torch.from_numpy(np.stack(crops))}
        logits.append(score_batch(predictor.detector, batch, predictor.device))
    return torch.cat(logits).double()
