"""A detector and one file -> everything that the page of an explanation shows."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avdf.data.audio.decoder import pooled_decoder
from avdf.data.audio.levels import as_float32
from avdf.data.audio.limits import DECODE_TIMEOUT_S
from avdf.data.crops import repeat_padded
from avdf.data.hearing import Hearing
from avdf.detection.loading import load_predictor
from avdf.detection.prediction import Predictor, predict
from avdf.detection.torch_scorer import TorchScorer
from avdf.errors import MediaError, UserError
from avdf.explanation.attribution import (
    Faithfulness,
    Map,
    faithfulness,
    features_of,
    grad_cam,
    integrated_gradients,
)
from avdf.explanation.changes import under_changes
from avdf.explanation.neighbours import Neighbours, neighbours_of
from avdf.run_folder import RunFolder
from avdf.sharing.hub import detector_path

Samples = NDArray[np.int16]
_BY_SOUND_ALONE = "the detector sees as well; this page is of its sound alone: avdf predict calls it by both"
_NOT_READ = "the data of the training is not read here"


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """What is known of a file: `result` as `avdf predict --json` prints it, maps of its most fake crop.

    `samples` (sample,) after the skipped start, from `start_s` of the file on. `features` (bin, frame) and
    the maps are of the crop that begins at `crop_start_s` and lasts `crop_s`.
    """

    path: Path
    result: dict[str, Any]
    sample_rate_hz: int
    samples: Samples
    start_s: float
    crop_start_s: float
    crop_s: float
    features: NDArray[np.float32]
    gradients: Map
    cam: Map | None
    checks: Faithfulness
    changes: list[dict[str, Any]]
    neighbours: Neighbours
    audit: dict[str, Any] | None  # of the run that made the detector


def explain(folder: Path, path: Path, *, seed: int = 0, with_training: bool = True) -> Explanation:
    """Explains the call of one file by the detector in a folder, or in the folder of its run.

    Without `with_training` the data of the run is not read, and no training clip is named.
    Raises UserError where there is no detector with ears, and for a file that can't be read or heard.
    """
    folder = detector_path(folder)
    run = _run_of(folder)
    predictor = load_predictor(folder)
    scorer = predictor.scorer
    assert isinstance(scorer, TorchScorer)
    if "audio" not in scorer.detector.encoders:
        raise UserError(f"{folder}: the detector hears nothing; only what is heard can be explained")
    if predictor.eyes is not None and predictor.eyes.compares:
        raise UserError(f"{folder}: the detector compares sound and picture; neither alone can be explained")
    hears_alone = replace(predictor, eyes=None)
    result = _result(hears_alone, path, sees=predictor.eyes is not None)
    rate_hz, num_samples = predictor.sample_rate_hz, round(predictor.seconds * predictor.sample_rate_hz)
    samples = _samples(path, rate_hz)
    hearing = Hearing(skip_start_s=predictor.skip_start_s, crop_s=predictor.seconds)
    skipped = hearing.num_skipped(len(samples), rate_hz)
    usable = samples[skipped:]
    most_fake = max(result["segments"], key=lambda segment: segment["score"])
    start = max(round(most_fake["start_s"] * rate_hz) - skipped, 0)
    crop = as_float32(repeat_padded(usable, start, num_samples))
    features = features_of(scorer.detector, crop)
    gradients = integrated_gradients(scorer.detector, features)
    return Explanation(
        path=path,
        result=result,
        sample_rate_hz=rate_hz,
        samples=usable,
        start_s=skipped / rate_hz,
        crop_start_s=most_fake["start_s"],
        crop_s=predictor.seconds,
        features=features[0].cpu().numpy(),
        gradients=gradients,
        cam=grad_cam(scorer.detector, features),
        checks=faithfulness(scorer.detector, features, gradients, seed=seed),
        changes=under_changes(hears_alone, usable, seed=seed),
        neighbours=neighbours_of(scorer.detector, run, crop)
        if with_training
        else Neighbours(nearest=[], reason=_NOT_READ),
        audit=run.audit_content() if run and run.is_done else None,
    )


def _result(predictor: Predictor, path: Path, *, sees: bool) -> dict[str, Any]:
    """The result of the sound of a file. Raises UserError for one that can't be read or heard."""
    (result,) = predict(predictor, [path])
    if result["error"]:
        raise UserError(f"{path}: {result['error']}")
    if not sees:
        return result
    words = f"by its sound alone {result['words']}"  # avdf predict may call the film otherwise
    return {**result, "words": words, "warnings": [_BY_SOUND_ALONE, *result["warnings"]]}


def _run_of(folder: Path) -> RunFolder | None:
    """The run that a folder detector/ lies in."""
    run = RunFolder(folder.resolve().parent)
    return run if run.is_begun and run.detector.resolve() == folder.resolve() else None


def _samples(path: Path, rate_hz: int) -> Samples:
    """All samples of a file that was heard a moment ago."""
    with pooled_decoder(rate_hz, DECODE_TIMEOUT_S) as decoder:
        try:
            return decoder.read(path)[0]
        except MediaError as error:
            raise UserError(f"{path}: {error.reason} ({error.detail})") from error
