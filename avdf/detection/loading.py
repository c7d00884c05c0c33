"""A detector folder -> a predictor, with PyTorch."""

from dataclasses import dataclass
from pathlib import Path

from avdf.config.bounds import check_between
from avdf.config.detector_json import DetectorFacts
from avdf.config.evaluation import Whole
from avdf.detection.answers import Rule
from avdf.detection.prediction import Predictor, Scorer
from avdf.errors import UserError

NO_CALIBRATION = "the detector was saved without a calibration; train it again, or read the score alone"


@dataclass(frozen=True, kw_only=True)
class Choices:
    """What a user may choose: how a file's score is made of its crops (default: as trained), prevalence."""

    whole: Whole | None = None
    prevalence: float | None = None

    def __post_init__(self) -> None:
        try:
            check_between(self, "prevalence")
        except ValueError as error:
            raise UserError(f"--{error}") from error


_AS_TRAINED = Choices()


def load_predictor(folder: Path, choices: Choices = _AS_TRAINED) -> Predictor:
    """Reads a detector folder, for the device that PyTorch finds.

    Raises UserError where it is none, needs frames, or lacks what was chosen.
    """
    from avdf.detection.torch_scorer import TorchScorer
    from avdf.detector_folder import load_detector
    from avdf.scoring import best_device

    detector, facts = load_detector(folder)
    if "audio" not in detector.encoders:
        raise UserError(f"{folder}: the detector has no audio encoder, which prediction needs")
    device = best_device()
    return predictor_of(facts, TorchScorer(detector.to(device), device), choices, folder)


def predictor_of(facts: DetectorFacts, scorer: Scorer, choices: Choices, folder: Path) -> Predictor:
    """A predictor of what detector.json says. Raises UserError for a `whole` without a threshold."""
    return Predictor(
        scorer=scorer,
        rule=_rule(facts, choices, folder),
        sample_rate_hz=facts.sample_rate_hz,
        seconds=facts.seconds,
        skip_start_s=facts.skip_start_s,
        num_crops=facts.num_crops,
        training_sound=facts.training_sound,
        weights_hash=facts.hashes.weights,
    )


def _rule(facts: DetectorFacts, choices: Choices, folder: Path) -> Rule:
    return Rule(
        threshold=facts.threshold.value,
        whole=facts.whole,
        calibration=facts.calibration,
        reason=facts.calibration_reason or NO_CALIBRATION,
        prevalence=choices.prevalence or facts.threshold.prevalence,
    )
