"""A saved detector on media files. Needs no data set; loads no torch where another runtime scores."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from avdf.config.training_sound import TrainingSound
from avdf.data.audio.decoder import COMMAND, Decoded
from avdf.data.audio.limits import DECODE_TIMEOUT_S
from avdf.data.audio.stored import after
from avdf.data.hearing import Hearing
from avdf.detection.answers import NO_ANSWER, Rule, answer_of, in_words, sigmoid
from avdf.detection.crops import Crops, crops_in_batches, whole_file_starts
from avdf.detection.decoding import Decoding, decoded_in_order
from avdf.detection.distance import distance_from
from avdf.detection.modalities import COLUMNS, modality_answer, modality_words
from avdf.detection.seeing import Seeing
from avdf.detection.timeline import STEP_S, scores_of_steps, stretches_of, window_starts
from avdf.errors import MediaError
from avdf.paths import utf8_path

if TYPE_CHECKING:
    from avdf.detection.eyes import Eyes

NO_SOUND = "the detector was saved without the quantiles of its training's sound"


class Scorer(Protocol):
    """(crop, sample) float32, -1 to 1 -> (crop,) logits. Raises UserError if one is NaN or infinite."""

    def __call__(self, crops: NDArray[np.float32]) -> NDArray[np.float64]: ...


@dataclass(frozen=True, kw_only=True)
class Predictor:
    """A loaded detector with the rule that it calls files by."""

    scorer: Scorer
    rule: Rule
    sample_rate_hz: int
    seconds: float  # of a crop
    skip_start_s: float
    num_crops: int
    training_sound: TrainingSound | None = None
    weights_hash: str = ""  # sha256
    eyes: "Eyes | None" = None  # of a detector that looks at frames; it scores instead of `scorer`

    @property
    def seeing(self) -> Seeing | None:
        """How files are decoded for a detector that looks at frames."""
        if self.eyes is None:
            return None
        hears = "audio" in self.eyes.modalities
        return Seeing(frames=self.eyes.frames, hears=hears, needs_both=self.eyes.compares)

    @property
    def threshold(self) -> float:
        """A file is called fake at a score of at least this."""
        return self.rule.threshold

    @property
    def facts(self) -> dict[str, Any]:
        """What is the same in every result."""
        return {
            "threshold": self.rule.threshold,
            "whole": self.rule.whole,
            "prevalence": self.rule.prevalence,
            "detector": self.weights_hash[:12],
        }


def predict(
    predictor: Predictor,
    files: Iterable[Path],
    *,
    workers: int = 1,
    timeout_s: float = DECODE_TIMEOUT_S,
    decoder: Sequence[str] = COMMAND,
    timeline: bool = False,
) -> Iterator[dict[str, Any]]:
    """A dict per file, in order; docs/using_a_detector.md lists its keys.

    Files are decoded by `workers` processes of the command `decoder`, each file within `timeout_s`. A file
    that can't be read or heard has its `error` in words, and None for what is unknown. With `timeline` a
    dict also has `timeline` and `stretches`. A detector that sees calls a file that lacks sound or picture by
    the other one.
    """
    hearing = Hearing(skip_start_s=predictor.skip_start_s, crop_s=predictor.seconds)
    decoding = Decoding(workers=workers, timeout_s=timeout_s, command=tuple(decoder), seeing=predictor.seeing)
    for path, outcome in decoded_in_order(files, predictor.sample_rate_hz, hearing, decoding):
        if isinstance(outcome, MediaError):
            failed = _failed(predictor, path, outcome)
            yield {**failed, "timeline": [], "stretches": []} if timeline else failed
        else:
            result = _result(predictor, path, outcome, hearing)
            yield {**result, **_timeline(predictor, outcome, hearing)} if timeline else result


def _result(predictor: Predictor, path: Path, decoded: Decoded, hearing: Hearing) -> dict[str, Any]:
    samples, info = decoded
    rate_hz = predictor.sample_rate_hz
    skipped = hearing.num_skipped(len(samples), rate_hz)
    num_samples = round(predictor.seconds * rate_hz)
    starts = whole_file_starts(len(samples) - skipped, num_samples, predictor.num_crops)
    by_name = _logits(predictor, decoded, skipped, starts)
    logits = by_name["score"]
    answer = answer_of(logits, predictor.rule)
    distance, reasons = _distance(predictor, info)
    if answer["llr"] is None:
        reasons["llr"] = reasons["probability_fake"] = predictor.rule.reason
    seen, clause = {}, ""
    if predictor.eyes is not None:
        seen = modality_answer(by_name, info, predictor.rule.whole, predictor.threshold)
        clause = modality_words(seen, info, predictor.eyes.modalities)
    return {
        "path": utf8_path(path),
        **answer,
        **seen,
        **predictor.facts,
        "words": in_words(answer, predictor.rule, distance["words"] if distance else (), clause),
        "training_distance": distance,
        "seconds": info["duration_s"],
        "segments": _segments((skipped + starts) / rate_hz, logits, predictor.seconds, info["duration_s"]),
        "warnings": info["warnings"] + info["doubts"],
        "reasons": reasons,
        "error": None,
    }


def _distance(predictor: Predictor, info: dict[str, Any]) -> tuple[dict[str, Any] | None, dict[str, str]]:
    """How far a file's sound is from that of the training, or the reason why nobody knows."""
    if predictor.training_sound is None:
        return None, {"training_distance": NO_SOUND}
    if info.get("unheard"):
        return None, {"training_distance": f"the file's sound was not read: {info['unheard']}"}
    measures = {**info["measures"], "duration_s": info["duration_s"]}
    return distance_from(predictor.training_sound, measures, info["audio_codec"]), {}


def _timeline(predictor: Predictor, decoded: Decoded, hearing: Hearing) -> dict[str, Any]:
    """`timeline`: scores of every half second; `stretches`: those that are called fake."""
    samples, info = decoded
    rate_hz, num_samples = predictor.sample_rate_hz, round(predictor.seconds * predictor.sample_rate_hz)
    skipped = hearing.num_skipped(len(samples), rate_hz)
    starts = window_starts(len(samples) - skipped, num_samples, round(STEP_S * rate_hz))
    logits = _logits(predictor, decoded, skipped, starts)["score"]
    steps = scores_of_steps((skipped + starts) / rate_hz, logits, predictor.seconds, info["duration_s"])
    return {"timeline": steps, "stretches": stretches_of(steps, predictor.threshold)}


def _failed(predictor: Predictor, path: Path, error: MediaError) -> dict[str, Any]:
    return {
        "path": utf8_path(path),
        **NO_ANSWER,
        **(dict.fromkeys((*COLUMNS, "speaks_for_fake")) if predictor.eyes else {}),
        **predictor.facts,
        "words": None,
        "training_distance": None,
        "seconds": None,
        "segments": [],
        "warnings": [],
        "reasons": {},
        "error": f"{error.reason} ({error.detail})",
    }


def _segments(
    starts_s: NDArray[np.float64], logits: NDArray[np.float64], crop_s: float, file_s: float
) -> list[dict[str, float]]:
    return [
        {"start_s": start_s, "end_s": min(start_s + crop_s, file_s), "score": score}
        for start_s, score in zip(starts_s.tolist(), sigmoid(logits).tolist(), strict=True)
    ]


def _logits(
    predictor: Predictor, decoded: Decoded, skipped: int, starts: NDArray[np.int64]
) -> dict[str, NDArray[np.float64]]:
    """(crop,) logits by name: `score`, and with eyes those of the modalities."""
    samples, info = decoded
    num_samples = round(predictor.seconds * predictor.sample_rate_hz)
    if predictor.eyes is not None:
        crops = Crops(starts, num_samples, skipped, predictor.sample_rate_hz)
        return predictor.eyes.logits(samples, info, crops)
    batches = crops_in_batches(after(samples, skipped), starts, num_samples)
    return {"score": np.concatenate([predictor.scorer(crops) for crops in batches])}
